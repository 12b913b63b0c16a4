"""Which kinds of elements, and which templates, the pages of a run have shown in Chromium so far.

In `make test` a page is opened when it has one that no page before had. Any other differs from
those by its words and by how known parts stand together: `make test-long` opens every page.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Kinds:
    """The kinds that a run has met, in whichever of its processes: they are kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def to_open(self, shown: Mapping[str, set[str]]) -> dict[str, set[str]]:
        """Return the fewest pages, by name, with all kinds of these that no page before had: which.

        From now on they are known.
        """
        chosen = {}
        with self._known() as known:
            while new := max((kinds - known for kinds in shown.values()), key=len, default=set()):
                name = next(name for name, kinds in shown.items() if kinds - known == new)
                chosen[name] = new
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
