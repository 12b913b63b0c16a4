"""The report on paper: the page's own sections and drawing, set as A4 with reportlab."""

from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from django.utils.translation import gettext as _
from reportlab.graphics import shapes
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from befreg_reserv.times import moment
from custody.afterwards.report.drawing import Drawing, draw
from custody.afterwards.report.figures import Report
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


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab ships no types
    """Writes on every page its number, the number of pages, and whether it is about a drill."""

    def __init__(self, *args: Any, drill: bool, foot: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._drill, self._foot = drill, foot
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page back until it is known how many there are."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with its number."""
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self._frame(number, len(self._pages))
            super().showPage()
        super().save()

    def _frame(self, number: int, count: int) -> None:
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
    )
    made = _("As it stood %(time)s") % {"time": moment(report.at)}
    pages = partial(_Numbered, drill=report.outage.drill, foot=f"{title(report)} · {made}")
    document.build(_content(report, made), canvasmaker=pages)
    return paper.getvalue()


def _file_title(report: Report) -> str:
    return f"{_('DRILL')} – {title(report)}" if report.outage.drill else title(report)


def _content(report: Report, made: str) -> list[Any]:
    figures = [_row(row, BODY) for row in curve_rows(report.curve)]
    return [
        _paragraph(title(report), TITLE),
        _paragraph(made, QUIET),
        *(part for section in sections(report) for part in _section(section)),
        KeepTogether(
            [_paragraph(_("Over time"), HEADING), _paragraph(_legend(), QUIET), _shapes(report)]
        ),
        _paragraph(curve_note(), QUIET),
        Spacer(1, 2 * mm),
        _table([_row(curve_heads(), HEAD), *figures], [WIDTH / 3] * 3, heads=1),
    ]


def _section(section: Section) -> list[Any]:
    heading = _paragraph(section.title, HEADING)
    if section.facts:
        facts = [
            [_paragraph(name, QUIET), _paragraph(value, BODY)] for name, value in section.facts
        ]
        body = [_table(facts, [WIDTH * 0.4, WIDTH * 0.6])]
    elif section.rows:
        count = len(section.heads)
        widths = [WIDTH * 0.32] + [WIDTH * 0.68 / (count - 1)] * (count - 1)
        rows = [_row(section.heads, HEAD), *(_row(row, BODY) for row in section.rows)]
        body = [_table(rows, widths, heads=1)]
    else:
        body = [_paragraph(text, BODY) for text in section.sentences or [section.nothing]]
    return [heading, *body, *([_paragraph(section.note, QUIET)] if section.note else [])]


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Return a paragraph of plain text; escaped, since reportlab reads markup."""
    return Paragraph(escape(text), style)


def _row(cells: tuple[str, ...], style: ParagraphStyle) -> list[Paragraph]:
    return [_paragraph(cell, style) for cell in cells]


def _table(rows: list[list[Paragraph]], widths: list[float], *, heads: int = 0) -> Table:
    """Return a table; its ``heads`` first rows stand on each of its pages.

    A row that is longer than a page goes on on the next: reportlab would make no report at all.
    """
    return Table(rows, colWidths=widths, style=LINES, hAlign="LEFT", repeatRows=heads, splitInRow=1)


def _legend() -> str:
    return _("Bars: numbers handed out. Dashed line: numbers open at the time.")


def _shapes(report: Report) -> shapes.Drawing:
    """Return the page's drawing; reportlab counts upwards, the page downwards."""
    drawing: Drawing = draw(report.curve)
    scale = WIDTH / drawing.width
    group = shapes.Group(transform=(scale, 0, 0, -scale, 0, drawing.height * scale))
    sheet = shapes.Drawing(WIDTH, drawing.height * scale)
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
