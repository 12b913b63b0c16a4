"""Pages of a list that nobody counts: after ten years one costs what it did on the first day."""

from collections.abc import Callable, Iterable, Sequence
from heapq import merge
from itertools import groupby, islice
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

LONGEST = 9  # digits of a page's number


class Uncounted(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """A paginator that doesn't know how many pages there are: ``num_pages`` is 0."""

    num_pages = 0

    def __init__(self, rows: Any, per_page: int) -> None:
        super().__init__(rows, per_page)

    def get_page(self, number: Any) -> "UncountedPage":
        """Return a page, the first for a number that makes no sense or lies behind the last."""
        text = str(number or "")
        at = max(int(text), 1) if text.isdecimal() and len(text) <= LONGEST else 1
        first = (at - 1) * self.per_page
        rows = list(self.object_list[first : first + self.per_page + 1])
        if not rows and at > 1:
            return self.get_page(1)
        return UncountedPage(rows[: self.per_page], at, self, more=len(rows) > self.per_page)


class UncountedPage(Page):  # type: ignore[type-arg]
    """One page. Whether there is a next one is known from one row more."""

    def __init__(
        self, rows: Sequence[Any], number: int, paginator: Uncounted, *, more: bool
    ) -> None:
        super().__init__(rows, number, paginator)
        self.more = more

    def has_next(self) -> bool:
        """Tell whether there is a page after this one."""
        return self.more

    def next_page_number(self) -> int:
        """Return the number of the page after this one."""
        return self.number + 1

    def previous_page_number(self) -> int:
        """Return the number of the page before this one."""
        return self.number - 1


class Merged:
    """Rows of several querysets as one list, the latest first; a row that several have is in once.

    Of each no more is read than may be shown. All must be in the order of ``key``, descending, and
    no two rows have the same.
    """

    def __init__(self, parts: Iterable[QuerySet[Any]], key: Callable[[Any], Any]) -> None:
        self.parts, self.key = list(parts), key

    def __getitem__(self, wanted: slice) -> list[Any]:
        tops = (part[: wanted.stop] for part in self.parts)
        rows = merge(*tops, key=self.key, reverse=True)
        once = (next(same) for _key, same in groupby(rows, self.key))
        return list(islice(once, wanted.start, wanted.stop))
