"""Which kinds of elements the pages of a run have shown so far.

A page that shows no new one differs from those before by its words: which colours it has, how it
looks narrow, in the dark, in large letters, and under the focus was seen there. One whose markup
as it was sent has nothing new either is spared every look: what axe goes by in words, how elements
are labelled and what stands beside and before them, it was asked where they were shown first.
"""

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from tests.served import ROOT

SOURCE = Path(__file__).with_name("kinds.js").read_text(encoding="utf-8")
OF_OPEN_PAGE = f"(named) => {{ {SOURCE} return ofOpenPage(named); }}"
OF_MARKUP = f"([pages, ...by]) => {{ {SOURCE} return pages.map((page) => ofMarkup(page, ...by)); }}"
# Keeps the elements of these kinds for whoever looks at them alone.
KEEP = "(fresh) => { window.fresh = fresh.flatMap((kind) => kinds.get(kind)); }"
NAMED = re.compile(r"\[([a-z-]+)\s*([~|^$*]?=)?")
# By which the browser's own sheet and its Tab key go; true: by what they say.
OF_THE_BROWSER = {
    **dict.fromkeys(["disabled", "hidden", "href", "multiple", "open", "popover"], False),
    **dict.fromkeys(["role", "tabindex"], True),
}


@cache
def named() -> dict[str, bool]:
    """Return the attributes that sheets name, and whether a sheet asks for what they say."""
    found = dict(OF_THE_BROWSER)
    for sheet in (ROOT / "static").rglob("*.css"):
        for name, says in NAMED.findall(sheet.read_text(encoding="utf-8")):
            found[name] = found.get(name, False) or bool(says)
    return found


# What a screen reader is told by, and whether by what it says; by most, that something is said.
SPOKEN = {
    **dict.fromkeys(["alt", "aria-label", "for", "placeholder", "title"], False),
    **dict.fromkeys(["aria-labelledby", "aria-describedby", "aria-controls"], False),
    **dict.fromkeys(["aria-current", "aria-expanded", "aria-hidden", "aria-invalid"], True),
    **dict.fromkeys(["aria-live", "aria-autocomplete", "aria-selected", "aria-atomic"], True),
    **dict.fromkeys(["autocomplete", "lang", "role", "scope", "tabindex", "headers"], True),
}


class Kinds:
    """The kinds that a run has met, in whichever of its processes: they are kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def new(self, page: Page) -> set[str]:
        """Return the kinds of the page that no page before had; from now on they are known.

        Their elements are ``fresh`` in the page.
        """
        shown = set(page.evaluate(OF_OPEN_PAGE, named()))
        with self._known() as known:
            new = shown - known
            known.update(new)
        if new:
            page.evaluate(KEEP, sorted(new))
        return new

    def to_open(self, shown: Mapping[str, set[str]]) -> list[str]:
        """Return the fewest pages, by name, with all kinds of these that no page before had.

        From now on they are known.
        """
        chosen = []
        with self._known() as known:
            while new := max((kinds - known for kinds in shown.values()), key=len, default=set()):
                chosen.append(next(name for name, kinds in shown.items() if kinds - known == new))
                known.update(new)
        return chosen

    @contextmanager
    def _known(self) -> Iterator[set[str]]:
        """Give what is known by now, to be added to; no other process looks meanwhile."""
        with self._file.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
            file.seek(0)
            known = set(file.read().splitlines())
            before = known.copy()
            yield known
            file.writelines(f"{kind}\n" for kind in known - before)


def of_markup(page: Page, pages: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the kinds of pages as they were sent; nothing of them is shown in ``page``."""
    found = page.evaluate(OF_MARKUP, [[*pages.values()], named(), SPOKEN])
    return dict(zip(pages, map(set, found), strict=True))
