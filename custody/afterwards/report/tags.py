"""The structure of a PDF, for screen readers: PDF/UA-1, as EN 301 549 asks in chapter 10.

reportlab writes what is seen; here is what that is. Whatever is drawn belongs to an element of the
structure, or is an artifact, as page numbers and lines are. Elements are made in reading order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, Table

Kind = Literal["Document", "H1", "H2", "P", "Table", "TR", "TH", "TD", "Figure"]
HEADINGS = {"H1": 0, "H2": 1}
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass
class Element:
    """A part of the structure; ``drawn`` says where: pages, and the places marked there."""

    kind: Kind
    scope: Literal["", "Row", "Column"] = ""  # of which cells a TH is the head
    alt: str = ""
    children: "list[Element]" = field(default_factory=list)
    drawn: list[tuple[int, int]] = field(default_factory=list)
    box: tuple[float, float, float, float] | None = None

    def add(
        self, kind: Kind, *, scope: Literal["", "Row", "Column"] = "", alt: str = ""
    ) -> "Element":
        """Return a new element, the last within this one."""
        self.children.append(Element(kind, scope, alt))
        return self.children[-1]


class Tagged(Paragraph):  # type: ignore[misc]  # reportlab ships no types
    """A paragraph of an element. Drawn once more, as heads on each page are, it is an artifact."""

    element: Element
    _once = False

    def split(self, width: float, height: float) -> list["Tagged"]:
        """Return the parts on either side of the page's end, which are of one element."""
        parts: list[Tagged] = super().split(width, height)
        for part in parts:
            part.element = self.element
        return parts

    def draw(self) -> None:
        """Draw it as a part of its element."""
        with self.canv.artifact() if self._once else self.canv.marked(self.element):
            super().draw()
        if self.element.kind in HEADINGS and not self._once:
            self.canv.keep_heading(self.getPlainText(), HEADINGS[self.element.kind], self.height)
        self._once = True


class TaggedTable(Table):  # type: ignore[misc]
    """A table whose lines are artifacts; its cells are paragraphs with elements of their own."""

    def _drawLines(self) -> None:  # noqa: N802 - reportlab's name
        with self.canv.artifact():
            super()._drawLines()


class TaggedDrawing(Drawing):  # type: ignore[misc]
    """A drawing, which is one figure."""

    def of(self, element: Element) -> "TaggedDrawing":
        """Let it be drawn as this element."""
        self.__dict__["element"] = element  # past reportlab, which knows its attributes
        return self

    def draw(self, *args: Any) -> None:
        """Draw it as its element, which says where it stands."""
        element: Element = self.__dict__["element"]
        left, bottom = self.canv.absolutePosition(0, 0)
        element.box = (left, bottom, left + self.width, bottom + self.height)
        with self.canv.marked(element):
            super().draw(*args)


@dataclass(frozen=True)
class _Heading:
    """Where a bookmark leads to."""

    text: str
    level: int
    page: int
    top: float


class TaggedCanvas(Canvas):  # type: ignore[misc]
    """Writes the structure with the pages, which are kept back until their number is known."""

    def __init__(
        self, *args: Any, structure: Element, title: str, lang: str, **options: Any
    ) -> None:
        super().__init__(*args, lang=lang, **options)
        self.setViewerPreference("DisplayDocTitle", "true")
        self._structure, self._title, self._lang = structure, title, lang
        self._pages: list[dict[str, Any]] = []
        self._marks: dict[int, list[Element]] = {}  # of each page, by the number of the mark
        self._headings: list[_Heading] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page back until it is known how many there are."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page, its bookmarks, and what all of them are made of."""
        for number, page in enumerate(self._pages):
            self.__dict__.update(page)
            with self.artifact():
                self.frame(number + 1, len(self._pages))
            self._add_bookmarks(number)
            super().showPage()
        self._write_structure()
        super().save()

    def frame(self, number: int, count: int) -> None:
        """Write what stands on every page; for others to fill in."""

    @contextmanager
    def marked(self, element: Element) -> Iterator[None]:
        """Let what is drawn in the block be a part of the element."""
        page = len(self._pages)
        marks = self._marks.setdefault(page, [])
        element.drawn.append((page, len(marks)))
        self._code.append(f"/{element.kind} <</MCID {len(marks)}>> BDC")
        marks.append(element)
        yield
        self._code.append("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Let what is drawn in the block be nothing that is read."""
        self._code.append("/Artifact BMC")
        yield
        self._code.append("EMC")

    def keep_heading(self, text: str, level: int, height: float) -> None:
        """Remember a heading that was drawn here, for its bookmark."""
        _left, top = self.absolutePosition(0, height)
        self._headings.append(_Heading(text, level, len(self._pages), top))

    def _add_bookmarks(self, page: int) -> None:
        for place, heading in enumerate(self._headings):
            if heading.page == page:
                self.bookmarkPage(f"heading-{place}", fit="XYZ", left=0, top=heading.top)
                self.addOutlineEntry(heading.text, f"heading-{place}", heading.level)

    def _write_structure(self) -> None:
        document = self._doc
        pages = document.Pages.pages
        for number, page in enumerate(pages):
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, pdfdoc.PDFName("S")
        root = pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("StructTreeRoot")})
        root.__RefOnly__ = 1
        references: dict[int, Any] = {}
        kid = self._element(self._structure, document.Reference(root), references)
        root["K"] = pdfdoc.PDFArray([kid])
        marks = pdfdoc.PDFArray([])
        for number in range(len(pages)):
            of_page = [references[id(element)] for element in self._marks.get(number, [])]
            marks.sequence += [number, pdfdoc.PDFArray(of_page)]
        root["ParentTree"] = pdfdoc.PDFDictionary({"Nums": marks})
        catalog = document.Catalog
        catalog.StructTreeRoot = root
        catalog.MarkInfo = pdfdoc.PDFDictionary({"Marked": pdfdoc.PDFtrue})
        about = XMP.format(title=escape(self._title), language=escape(self._lang))
        catalog.Metadata = pdfdoc.XMP(creator=lambda _document: about.encode())

    def _element(self, element: Element, parent: Any, references: dict[int, Any]) -> Any:
        """Return the reference to an element that is written with all that is within it."""
        written = pdfdoc.PDFDictionary(
            {"Type": pdfdoc.PDFName("StructElem"), "S": pdfdoc.PDFName(element.kind), "P": parent}
        )
        written.__RefOnly__ = 1
        reference = references[id(element)] = self._doc.Reference(written)
        kids = [self._element(child, reference, references) for child in element.children]
        written["K"] = pdfdoc.PDFArray([*kids, *map(self._mark, element.drawn)])
        if element.alt:
            written["Alt"] = pdfdoc.PDFString(element.alt)
        if attributes := _attributes(element):
            written["A"] = pdfdoc.PDFDictionary(attributes)
        return reference

    def _mark(self, drawn: tuple[int, int]) -> Any:
        page, number = drawn
        where = self._doc.Reference(self._doc.Pages.pages[page])
        return pdfdoc.PDFDictionary({"Type": pdfdoc.PDFName("MCR"), "Pg": where, "MCID": number})


def _attributes(element: Element) -> dict[str, Any]:
    if element.scope:
        return {"O": pdfdoc.PDFName("Table"), "Scope": pdfdoc.PDFName(element.scope)}
    if element.box:
        box = pdfdoc.PDFArray(list(element.box))
        return {"O": pdfdoc.PDFName("Layout"), "BBox": box, "Placement": pdfdoc.PDFName("Block")}
    return {}
