"""A number as Code 128 and as QR code: dark modules as one SVG path, so no style is needed."""

from dataclasses import dataclass
from typing import Any, Final

from reportlab.graphics.barcode import createBarcodeDrawing

# The white zone that must surround a code, in modules: a scanner finds no code without it.
CODE_128_QUIET: Final = 10  # left and right; ISO/IEC 15417
QR_QUIET: Final = 4  # on all sides; ISO/IEC 18004
# ISO/IEC 15417 advises at least 15 % of the length; a number is 154 modules long.
CODE_128_HEIGHT: Final = 24
# A quarter of the code may be smudged. A number fits the smallest code (21 modules) even so.
QR_CORRECTION: Final = "Q"


@dataclass(frozen=True, slots=True)
class Bars:
    """A code with its quiet zone: size in modules, and ``d``, the SVG path of the dark modules."""

    width: int
    height: int
    d: str


def code128(text: str) -> Bars:
    """Return ``text`` as Code 128. Raises ValueError for what isn't ASCII."""
    drawing = createBarcodeDrawing(
        "Code128",
        value=text,
        barWidth=1,
        barHeight=CODE_128_HEIGHT,
        quiet=False,
        humanReadable=False,
    )
    return _bars(drawing, beside=CODE_128_QUIET)


def qr(text: str) -> Bars:
    """Return ``text`` as an ordinary QR code, never Micro QR, which few scanners read."""
    drawing = createBarcodeDrawing("QR", value=text, barLevel=QR_CORRECTION, barBorder=0)
    return _bars(drawing, beside=QR_QUIET, above=QR_QUIET)


def _bars(drawing: Any, *, beside: int, above: int = 0) -> Bars:
    [group] = drawing.expandUserNodes().contents
    # The rectangle without colour is the paper.
    dark = [shape for shape in group.contents if shape.fillColor is not None]
    # The narrowest bar of Code 128 is one module wide, every run of a QR code one high.
    module = min(min(shape.width, shape.height) for shape in dark)
    width, height = round(drawing.width / module), round(drawing.height / module)

    def path(bar: Any) -> str:
        x, y, w, h = (round(side / module) for side in (bar.x, bar.y, bar.width, bar.height))
        # A drawing's y grows upwards, an SVG's downwards.
        return f"M{beside + x} {above + height - y - h}h{w}v{h}h-{w}z"

    return Bars(width + 2 * beside, height + 2 * above, "".join(map(path, dark)))
