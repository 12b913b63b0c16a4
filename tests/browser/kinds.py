"""Which kinds of elements the pages of a run have shown so far.

A page that shows no new one differs from those before by its words: which colours it has, how it
looks narrow, in the dark, in large letters, and under the focus was seen there.
"""

import fcntl
import re
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from tests.served import ROOT

# What a style sheet can tell an element by: itself and what it stands in, by name, type, classes
# and the attributes that a sheet names, with what these say where a sheet asks for that.
KINDS = """(named) => {
  const told = (element) => element.getAttributeNames().filter((name) => name in named).sort()
    .map((name) => named[name] ? `${name}=${element.getAttribute(name)}` : name);
  const kind = (element) =>
    [element.localName, element.type, ...element.classList, ...told(element)].join(" ");
  window.kinds = new Map();
  for (const element of document.querySelectorAll("html, body, body *:not(svg *)")) {
    const around = element.parentElement ? kind(element.parentElement) : "";
    const both = `${around} > ${kind(element)}`;
    kinds.set(both, [...kinds.get(both) ?? [], element]);
  }
  return [...kinds.keys()];
}"""
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


class Kinds:
    """The kinds that a run has met, in whichever of its processes: they are kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def new(self, page: Page) -> set[str]:
        """Return the kinds of the page that no page before had; from now on they are known.

        Their elements are ``fresh`` in the page.
        """
        shown = set(page.evaluate(KINDS, named()))
        with self._file.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
            file.seek(0)
            new = shown - set(file.read().splitlines())
            file.writelines(f"{kind}\n" for kind in new)
        if new:
            page.evaluate(KEEP, sorted(new))
        return new
