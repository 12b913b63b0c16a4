"""Whether pages grow: what each takes after few handouts of old, and after many.

Each size has a database of its own. Its pages are asked for one database after the other, so a
machine that others use gives other ratios than a quiet one.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tests.faults.world import Worlds, run

MOST_GROWTH = 1.2


class Shown(NamedTuple):
    """A row of the table: its pages, by person and address, and the milliseconds they may take."""

    words: str
    pages: str
    most: int


ROWS = [
    Shown("board", r"\w+ /till/", 50),
    Shown("board, live part", r"\w+ /till/live/", 50),
    Shown("call, its form", r"\w+ /till/call/", 50),
    Shown("call", r"\w+ /till/calls/\d+/", 50),
    Shown("number", r"\w+ /till/handouts/\d+/", 50),
    Shown("ward, open", r"\w+ /ward/", 50),
    Shown("ward, closed", r"\w+ /ward/done/", 50),
    Shown("ward, a number", r"\w+ /ward/handouts/\d+/", 50),
    Shown("all about a number", r"\w+ /numbers/\d+/", 150),
    Shown("overview", r"\w+ /binder/overview/", 150),
    Shown("binder", r"\w+ /binder/", 150),
    Shown("story", r"\w+ /outage/\d+/", 150),
    Shown("report", r"\w+ /outage/\d+/report/", 150),
    Shown("report, PDF", r"\w+ /outage/\d+/report\.pdf", 150),
    Shown("rows, CSV", r"\w+ /outage/\d+/rows\.csv", 150),
    Shown("log", r"\w+ /audit/", 150),
    Shown("every other page", ".*", 150),
]
Pages = dict[str, float]


class Grown(NamedTuple):
    """How long laying took, in seconds, and each page, in milliseconds."""

    laid: float
    pages: Pages


def measured(
    kind: Worlds, sizes: Iterable[int], environment: Mapping[str, str]
) -> dict[int, Grown]:
    """Lay a history of each size, and ask for each page."""
    found = {}
    for size in sizes:
        with kind.world() as world:
            world.make_empty()
            own = world.environment(**environment)
            printed = run("-m", "tests.bench.pages", "measured", str(size), environment=own)
            found[size] = Grown(**json.loads(printed.splitlines()[-1]))
    return found


def table(vendor: str, found: dict[int, Grown]) -> Iterator[str]:
    """Yield the lines of the table: of each row the page that took longest, or that grew most."""
    sizes = [f"{size:,}" for size in found]
    yield f"| pages on {vendor}, ms | at most | {' | '.join(sizes)} | times |"
    yield "| --- | ---: |" + " ---: |" * (len(sizes) + 1)
    left = {page: [grown.pages[page] for grown in found.values()] for page in _on_all(found)}
    for row in ROWS:
        own = {page: left.pop(page) for page in list(left) if re.fullmatch(row.pages, page)}
        if own:
            dearest = max(own.values(), key=lambda took: took[-1])
            times = max(took[-1] / took[0] for took in own.values())
            took = " | ".join(f"{each:.0f}" for each in dearest)
            yield f"| {row.words} | {row.most} | {took} | {times:.2f} |"
    laid = " | ".join(f"{grown.laid:.0f}" for grown in found.values())
    yield f"| laid in, seconds | | {laid} | |"


def _on_all(found: dict[int, Grown]) -> list[str]:
    first, *rest = (grown.pages for grown in found.values())
    return [page for page in first if all(page in other for other in rest)]
