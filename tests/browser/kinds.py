"""Which kinds of elements the pages of a run have shown so far.

A page that shows no new one differs from those before by its words: how it looks narrow, in the
dark, in large letters, and under the focus was seen there.
"""

import fcntl
from pathlib import Path

from playwright.sync_api import Page

# What a style sheet of ours can tell an element by: itself and what it stands in, by name, type,
# role, classes and attributes. What an attribute says is words.
KINDS = """() => {
  const named = (element) => [
    element.localName, element.type, element.role, ...element.classList,
    ...element.getAttributeNames().sort(),
  ].join(" ");
  const all = document.querySelectorAll("html, body, body *:not(svg *)");
  return [...new Set([...all].map((element) =>
    `${element.parentElement ? named(element.parentElement) : ""} > ${named(element)}`))];
}"""


class Kinds:
    """The kinds that a run has met, in whichever of its processes: they are kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def new(self, page: Page) -> set[str]:
        """Return the kinds of the page that no page before had; from now on they are known."""
        shown = set(page.evaluate(KINDS))
        with self._file.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
            file.seek(0)
            new = shown - set(file.read().splitlines())
            file.writelines(f"{kind}\n" for kind in new)
        return new
