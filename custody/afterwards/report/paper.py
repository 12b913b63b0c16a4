"""What is printed as tagged A4 by reportlab: page numbers, paragraphs, tables, a drill's frame."""

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import SimpleDocTemplate

from custody.afterwards.report.tags import Element, Tagged, TaggedCanvas, TaggedTable

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


# Returns all that is printed, each part as the next of the whole.
Content = Callable[[Element], list[Any]]


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


def printed(content: Content, *, title: str, foot: str, drill: bool) -> bytes:
    """Return a PDF file with this content. ``foot`` stands on every page, beside its number."""
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
        title=title,
        author="Befreg reserv",
        lang=get_language() or "",
        initialFontName=PLAIN,
        pdfVersion=(1, 7),
    )
    structure = Element("Document")
    pages = partial(_Numbered, structure=structure, title=title, drill=drill, foot=foot)
    document.build(content(structure), canvasmaker=pages)
    return paper.getvalue()


def paragraph(text: str, style: ParagraphStyle, element: Element) -> Tagged:
    """Return a paragraph of plain text; escaped, since reportlab reads markup."""
    paragraph = Tagged(escape(text), style)
    paragraph.element = element
    return paragraph


def table(
    whole: Element,
    widths: list[float],
    rows: Sequence[tuple[str, ...]],
    heads: tuple[str, ...] = (),
    first: ParagraphStyle = BODY,
) -> TaggedTable:
    """Return a table; its heads stand on each of its pages, and a row's first cell is its head.

    A row that is longer than a page goes on on the next: reportlab would make no report at all.
    """
    structure = whole.add("Table")
    cells = []
    if heads:
        line = structure.add("TR")
        cells.append([paragraph(head, HEAD, line.add("TH", scope="Column")) for head in heads])
    for named, *values in rows:
        line = structure.add("TR")
        head = paragraph(named, first, line.add("TH", scope="Row"))
        cells.append([head, *(paragraph(value, BODY, line.add("TD")) for value in values)])
    return TaggedTable(
        cells,
        colWidths=widths,
        style=LINES,
        hAlign="LEFT",
        repeatRows=1 if heads else 0,
        splitInRow=1,
    )
