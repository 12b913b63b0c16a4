"""The report on paper: the page's own sections and drawing, as tagged A4 by reportlab."""

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from reportlab.graphics import shapes
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Spacer

from befreg_reserv.times import moment
from custody.afterwards.report.drawing import Drawing, draw
from custody.afterwards.report.figures import Report
from custody.afterwards.report.paper import (
    BODY,
    HEADING,
    PLAIN,
    QUIET,
    TITLE,
    WIDTH,
    paragraph,
    printed,
    table,
)
from custody.afterwards.report.tags import Element, TaggedDrawing
from custody.afterwards.report.words import (
    Section,
    axis,
    curve_heads,
    curve_note,
    curve_rows,
    sections,
    title,
)

QR_SIDE = 45 * mm  # of a seal's note, some 65 modules


def pdf(report: Report) -> bytes:
    """Return the report as a PDF file."""
    made = _("As it stood %(time)s") % {"time": moment(report.at)}
    return printed(
        partial(_content, report, made),
        title=_file_title(report),
        foot=f"{title(report)} · {made}",
        drill=report.outage.drill,
    )


def _file_title(report: Report) -> str:
    return f"{_('DRILL')} – {title(report)}" if report.outage.drill else title(report)


def _content(report: Report, made: str, whole: Element) -> list[Any]:
    """Return all that is printed, each part as the next of the whole."""
    return [
        paragraph(title(report), TITLE, whole.add("H1")),
        paragraph(made, QUIET, whole.add("P")),
        *(part for section in sections(report) for part in _section(section, whole)),
        KeepTogether(
            [
                paragraph(_("Over time"), HEADING, whole.add("H2")),
                paragraph(_legend(), QUIET, whole.add("P")),
                _shapes(report, whole.add("Figure", alt=_in_words())),
            ]
        ),
        paragraph(curve_note(), QUIET, whole.add("P")),
        Spacer(1, 2 * mm),
        table(whole, [WIDTH / 3] * 3, list(curve_rows(report.curve)), curve_heads()),
    ]


def _section(section: Section, whole: Element) -> list[Any]:
    heading = paragraph(section.title, HEADING, whole.add("H2"))
    if section.facts:
        body = [table(whole, [WIDTH * 0.4, WIDTH * 0.6], section.facts, first=QUIET)]
    elif section.rows:
        count = len(section.heads)
        widths = [WIDTH * 0.32] + [WIDTH * 0.68 / (count - 1)] * (count - 1)
        body = [table(whole, widths, section.rows, section.heads)]
    else:
        said = section.sentences or [section.nothing]
        body = [paragraph(text, BODY, whole.add("P")) for text in said]
    note = [paragraph(section.note, QUIET, whole.add("P"))] if section.note else []
    if not section.code:
        return [heading, *body, *note]
    figure = whole.add("Figure", alt=_("QR code of the seal"))
    return [heading, *body, *note, Spacer(1, 2 * mm), _qr(section.code, figure)]


def _qr(text: str, element: Element) -> TaggedDrawing:
    sheet = TaggedDrawing(QR_SIDE, QR_SIDE, hAlign="LEFT").of(element)
    sheet.add(QrCodeWidget(text, barWidth=QR_SIDE, barHeight=QR_SIDE))
    return sheet


def _legend() -> str:
    return _("Bars: numbers handed out. Dashed line: numbers open at the time.")


def _in_words() -> str:
    return _(
        "Bars: numbers handed out. Dashed line: numbers open at the time. "
        "The same figures stand in the table below."
    )


def _shapes(report: Report, element: Element) -> TaggedDrawing:
    """Return the page's drawing; reportlab counts upwards, the page downwards."""
    drawing: Drawing = draw(report.curve)
    scale = WIDTH / drawing.width
    group = shapes.Group(transform=(scale, 0, 0, -scale, 0, drawing.height * scale))
    sheet = TaggedDrawing(WIDTH, drawing.height * scale).of(element)
    for level in drawing.up:
        ends = (drawing.left, level.at, drawing.right, level.at)
        group.add(shapes.Line(*ends, strokeColor=colors.lightgrey, strokeWidth=0.5))
        sheet.add(_label(drawing.left - 6, level.at + 4, str(level.label), scale, drawing, "end"))
    for bar in drawing.bars:
        group.add(
            shapes.Rect(bar.x, bar.y, bar.width, bar.height, fillColor=colors.lightgrey,
                        strokeColor=colors.black, strokeWidth=0.8)
        )  # fmt: skip
    points = [coordinate for point in drawing.line for coordinate in point]
    group.add(
        shapes.PolyLine(points, strokeColor=colors.black, strokeWidth=2, strokeDashArray=[6, 3])
    )
    sheet.add(group)
    for at, text in axis(drawing.across):
        sheet.add(_label(at, drawing.bottom + 18, text, scale, drawing, "start"))
    return sheet


def _label(
    x: float, y: float, text: str, scale: float, room: Drawing, anchor: str
) -> shapes.String:
    up = (room.height - y) * scale
    return shapes.String(x * scale, up, text, fontName=PLAIN, fontSize=7, textAnchor=anchor)
