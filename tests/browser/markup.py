"""A page as it is sent, without a browser: which kinds of elements it has, and what is wrong.

Every state is read so in `make test`. What is asked needs no layout: who listens to a page, or sees
a small part of it, goes by its headings, its labels and what its elements are called.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from tests.served import ROOT

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LANDMARKS = {"header", "footer", "nav", "main", "aside", "section"}
SPEAKING = {*HEADINGS, "button", "summary", "legend", "label", "title"}
FIELDS = {"input", "select", "textarea"}
BUTTONS = {"submit", "button"}
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "form", "popovertarget")
ATTRIBUTE = re.compile(r"\[([a-z-]+)\s*([~|^$*]?=)?")
# By which the browser's own sheet and its Tab key go; true: by what they say.
OF_THE_BROWSER = {
    **dict.fromkeys(["disabled", "hidden", "href", "multiple", "open", "popover"], False),
    **dict.fromkeys(["role", "tabindex"], True),
}


@dataclass
class Element:
    """An element with what is in it; words are elements without a name."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: "list[Element]" = field(default_factory=list)
    words: str = ""

    def walk(
        self, *, passing_over: "Callable[[Element], bool] | None" = None
    ) -> "Iterator[Element]":
        """Yield the element and all that is in it, in their order, but nothing passed over."""
        if self.name:
            yield self
        for each in self.inside:
            if not (passing_over and passing_over(each)):
                yield from each.walk(passing_over=passing_over)

    def says(self) -> str:
        """Return what is read out of the element without looking elsewhere."""
        said = self.attributes.get("aria-label") or self.attributes.get("alt") or self.words
        return said.strip() or "".join(each.says() for each in self.inside).strip()


class _Reader(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open = [Element("")]
        self.crossed: list[str] = []
        self.feed(markup)
        self.close()
        self.crossed += [f"<{each.name}> is never closed" for each in self.open[1:]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1].name == tag:
            self.open.pop()
        else:
            self.crossed.append(f"</{tag}> closes <{self.open[-1].name}>")

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(Element("", words=data))


class Markup:
    """A page as it was sent."""

    def __init__(self, markup: str) -> None:
        reader = _Reader(markup)
        page = reader.open[0]
        self._crossed = reader.crossed
        self._all = list(page.walk())
        self._at_once = list(page.walk(passing_over=_is_unseen))
        self._in_order = list(page.walk(passing_over=_is_apart))
        self._by_id = {each.attributes["id"]: each for each in self._all if "id" in each.attributes}

    def kinds(self) -> set[str]:
        """Return by what style sheets can tell its elements: names, types, classes, attributes."""
        found = set()
        for each in self._all:
            found.add(f"{each.name} {each.attributes.get('type', '')}")
            found |= {f"{each.name}.{name}" for name in each.attributes.get("class", "").split()}
            for name, value in each.attributes.items():
                if name in named():
                    found.add(f"{each.name}[{name}{'=' + value if named()[name] else ''}]")
        return found

    def faults(self) -> list[str]:
        """Return what is wrong with the page, in words."""
        return [*self._crossed, *self._outline(), *self._landmarks(), *self._ids(), *self._names()]

    def language(self) -> str:
        """Return the language that it says it is in."""
        return next((each.attributes.get("lang", "") for each in self._all), "")

    def _outline(self) -> Iterator[str]:
        levels = [HEADINGS.index(each.name) for each in self._in_order if each.name in HEADINGS]
        for before, level in zip([-1, *levels], levels, strict=False):
            if level > before + 1:
                yield f"h{level + 1} after {f'h{before + 1}' if levels[0] != level else 'nothing'}"
        for name in ("title", "main", "h1"):
            if (count := sum(each.name == name for each in self._in_order)) != 1:
                yield f"{count} of <{name}>"

    def _landmarks(self) -> Iterator[str]:
        found = [
            (each.name, self._called(each)) for each in self._at_once if each.name in LANDMARKS
        ]
        for (name, called), count in Counter(found).items():
            if count > 1 and (called or name != "section"):
                yield f"{count} of <{name}> called “{called}”"

    def _ids(self) -> Iterator[str]:
        ids = Counter(each.attributes["id"] for each in self._all if "id" in each.attributes)
        yield from (
            f"{count} elements with the id {each}" for each, count in ids.items() if count > 1
        )
        for each in self._at_once:
            for name in REFERRING:
                for target in each.attributes.get(name, "").split():
                    if target not in ids:
                        yield f"<{each.name} {name}={target}> leads nowhere"

    def _names(self) -> Iterator[str]:
        labels = [each for each in self._all if each.name == "label"]
        labelled = {each.attributes.get("for") for each in labels}
        in_labels = {id(each) for label in labels for each in label.walk()}
        for each in self._at_once:
            attributes = each.attributes
            if each.name == "img" and "alt" not in attributes:
                yield f"<img src={attributes.get('src')}> without words"
            is_link = each.name == "a" and "href" in attributes
            if (each.name in SPEAKING or is_link) and not self._called(each):
                yield f"<{each.name} {attributes}> without words"
            if each.name not in FIELDS or attributes.get("type") in BUTTONS or self._called(each):
                continue
            if attributes.get("id", "") not in labelled and id(each) not in in_labels:
                yield f"<{each.name} name={attributes.get('name')}> without a label"

    def _called(self, element: Element) -> str:
        """Return what the element is called by a screen reader, labels of fields apart."""
        if by := element.attributes.get("aria-labelledby", "").split():
            return " ".join(self._by_id[each].says() for each in by if each in self._by_id)
        if element.name in LANDMARKS | FIELDS:
            return element.attributes.get("aria-label", "")
        return element.says() or element.attributes.get("title", "")


def _is_unseen(element: Element) -> bool:
    """Tell whether nobody meets the element before something is pressed, if at all."""
    hidden = "hidden" in element.attributes or "popover" in element.attributes
    return hidden or element.attributes.get("type") == "hidden"


def _is_apart(element: Element) -> bool:
    """Tell whether the element is no part of the page's outline: an alert is read out by itself."""
    return _is_unseen(element) or element.name == "svg" or element.attributes.get("role") == "alert"


@cache
def named() -> dict[str, bool]:
    """Return the attributes that sheets name, and whether a sheet asks for what they say."""
    found = dict(OF_THE_BROWSER)
    for sheet in (ROOT / "static").rglob("*.css"):
        for name, says in ATTRIBUTE.findall(sheet.read_text(encoding="utf-8")):
            found[name] = found.get(name, False) or bool(says)
    return found
