"""The report on paper: the page's own sections and drawing, as tagged A4 by reportlab."""

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.graphics import shapes
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer

from befreg_reserv.times import moment
from custody.afterwards.report.drawing import Drawing, draw
from custody.afterwards.report.figures import Report
from custody.afterwards.report.tags import (
    Element,
    Tagged,
    TaggedCanvas,
    TaggedDrawing,
    TaggedTable,
)
from custody.afterwards.report.words import (
    Section,
    axis,
    curve_heads,
    curve_note,
    curve_rows,
    sections,
    title,
)

PLAIN, BOLD = "Vera", "Vera-Bold"  # free, with å, ä and ö, and embedded in the file
FONTS = {PLAIN: "Vera.ttf", BOLD: "VeraBd.ttf"}
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
QR_SIDE = 45 * mm  # of a seal's note, some 65 modules

BODY = ParagraphStyle("body", fontName=PLAIN, fontSize=9, leading=12)
QUIET = ParagraphStyle("quiet", BODY, textColor=colors.HexColor("#444444"))
HEAD = ParagraphStyle("head", BODY, fontName=BOLD)
TITLE = ParagraphStyle("title", BODY, fontName=BOLD, fontSize=16, leading=20)
HEADING = ParagraphStyle(
    "heading",
    BODY,
    fontName=BOLD,
    fontSize=11,
    leading=14,
    spaceBefore=10,
    spaceAfter=4,
    keepWithNext=1,  # never the last on its page
)
LINES = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#999999")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 6),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]


class _Numbered(TaggedCanvas):
    """Writes on every page its number, the number of pages, and whether it is about a drill."""

    def __init__(self, *args: Any, drill: bool, foot: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._drill, self._foot = drill, foot

    def frame(self, number: int, count: int) -> None:
        """Write the foot, and a drill's frame."""
        self.setFont(PLAIN, 8)
        page = _("Page %(number)d of %(count)d") % {"number": number, "count": count}
        self.drawString(MARGIN, 10 * mm, self._foot)
        self.drawRightString(A4[0] - MARGIN, 10 * mm, page)
        if self._drill:
            self.setFont(BOLD, 16)
            self.drawCentredString(A4[0] / 2, A4[1] - 13.5 * mm, _("DRILL"))
            self.setDash(8, 5)
            self.setLineWidth(3)
            self.rect(6 * mm, 6 * mm, A4[0] - 12 * mm, A4[1] - 12 * mm)


def pdf(report: Report) -> bytes:
    """Return the report as a PDF file."""
    for name, file in FONTS.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            folder = Path(reportlab.__file__).parent / "fonts"
            pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    paper = BytesIO()
    document = SimpleDocTemplate(
        paper,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=_file_title(report),
        author="Befreg reserv",
        lang=get_language() or "",
        initialFontName=PLAIN,
        pdfVersion=(1, 7),
    )
    made = _("As it stood %(time)s") % {"time": moment(report.at)}
    structure = Element("Document")
    pages = partial(
        _Numbered,
        structure=structure,
        title=_file_title(report),
        drill=report.outage.drill,
        foot=f"{title(report)} · {made}",
    )
    document.build(_content(report, made, structure), canvasmaker=pages)
    return paper.getvalue()


def _file_title(report: Report) -> str:
    return f"{_('DRILL')} – {title(report)}" if report.outage.drill else title(report)


def _content(report: Report, made: str, whole: Element) -> list[Any]:
    """Return all that is printed, each part as the next of the whole."""
    return [
        _paragraph(title(report), TITLE, whole.add("H1")),
        _paragraph(made, QUIET, whole.add("P")),
        *(part for section in sections(report) for part in _section(section, whole)),
        KeepTogether(
            [
                _paragraph(_("Over time"), HEADING, whole.add("H2")),
                _paragraph(_legend(), QUIET, whole.add("P")),
                _shapes(report, whole.add("Figure", alt=_in_words())),
            ]
        ),
        _paragraph(curve_note(), QUIET, whole.add("P")),
        Spacer(1, 2 * mm),
        _table(whole, [WIDTH / 3] * 3, list(curve_rows(report.curve)), curve_heads()),
    ]


def _section(section: Section, whole: Element) -> list[Any]:
    heading = _paragraph(section.title, HEADING, whole.add("H2"))
    if section.facts:
        body = [_table(whole, [WIDTH * 0.4, WIDTH * 0.6], section.facts, first=QUIET)]
    elif section.rows:
        count = len(section.heads)
        widths = [WIDTH * 0.32] + [WIDTH * 0.68 / (count - 1)] * (count - 1)
        body = [_table(whole, widths, section.rows, section.heads)]
    else:
        said = section.sentences or [section.nothing]
        body = [_paragraph(text, BODY, whole.add("P")) for text in said]
    note = [_paragraph(section.note, QUIET, whole.add("P"))] if section.note else []
    if not section.code:
        return [heading, *body, *note]
    figure = whole.add("Figure", alt=_("QR code of the seal"))
    return [heading, *body, *note, Spacer(1, 2 * mm), _qr(section.code, figure)]


def _qr(text: str, element: Element) -> TaggedDrawing:
    sheet = TaggedDrawing(QR_SIDE, QR_SIDE, hAlign="LEFT").of(element)
    sheet.add(QrCodeWidget(text, barWidth=QR_SIDE, barHeight=QR_SIDE))
    return sheet


def _paragraph(text: str, style: ParagraphStyle, element: Element) -> Tagged:
    """Return a paragraph of plain text; escaped, since reportlab reads markup."""
    paragraph = Tagged(escape(text), style)
    paragraph.element = element
    return paragraph


def _table(
    whole: Element,
    widths: list[float],
    rows: Sequence[tuple[str, ...]],
    heads: tuple[str, ...] = (),
    first: ParagraphStyle = BODY,
) -> TaggedTable:
    """Return a table; its heads stand on each of its pages, and a row's first cell is its head.

    A row that is longer than a page goes on on the next: reportlab would make no report at all.
    """
    table = whole.add("Table")
    cells = []
    if heads:
        line = table.add("TR")
        cells.append([_paragraph(head, HEAD, line.add("TH", scope="Column")) for head in heads])
    for named, *values in rows:
        line = table.add("TR")
        head = _paragraph(named, first, line.add("TH", scope="Row"))
        cells.append([head, *(_paragraph(value, BODY, line.add("TD")) for value in values)])
    return TaggedTable(
        cells,
        colWidths=widths,
        style=LINES,
        hAlign="LEFT",
        repeatRows=1 if heads else 0,
        splitInRow=1,
    )


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
