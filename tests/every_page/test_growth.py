"""No page reads more after years of outages: what it reads is counted by the database itself.

The number of statements says nothing of that: it is the same for a table that is read whole. SQLite
goes by its rules alone, and so counts the same for two small sizes as for two large ones.
PostgreSQL reads small tables whole, since that is quicker: it is measured with many rows.
"""

from functools import cache
from typing import NamedTuple

import pytest
from django.db import connection, transaction
from django.test import Client

from tests import everywhere
from tests.bench.history import History
from tests.cast import assemble
from tests.every_page.walks import OURS

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's instructions")

FEW, MANY = 160, 480
REGISTER = "/admin/custody/reservenumber/"
COUNTS_ITS_ROWS = f"{everywhere.ROOT} {REGISTER}"  # as every register does
STEP = 10  # instructions of SQLite's between two counts
# A scan takes three instructions or more for each row, and of what grows least, the binders, there
# is one for three handouts.
MOST_MORE = MANY - FEW


class Work(NamedTuple):
    """How many instructions a page took with a short history, and with a long one."""

    few: int
    many: int


def work_of(client: Client, path: str) -> int | None:
    """Return what a page takes, None for an address without one; leave no look in the log."""
    ticks = [0]

    def tick() -> None:
        ticks[0] += STEP

    before = transaction.savepoint()
    connection.connection.set_progress_handler(tick, STEP)
    answer = client.get(path)
    answer.getvalue()
    connection.connection.set_progress_handler(None, 0)
    transaction.savepoint_rollback(before)
    return ticks[0] if answer.status_code == 200 else None


@cache
def works() -> dict[str, Work]:
    """Return what each page takes with few handouts of old, and with many; leave no trace."""
    with transaction.atomic():
        cast = assemble()
        paths = list(filter(OURS.match, everywhere.paths_of(everywhere.laid_out(cast))))
        # Already the few fill a page with outages, and one with binders. No plans: some ten are
        # announced in a year, and a page reads those that nobody has cancelled.
        history = History(
            cast.tilda, [cast.iva, cast.eye], of_a_binder=3, of_an_outage=2, planned=MANY
        )
        clients = {name: everywhere.client_of(name) for name in (everywhere.ROOT, "wilma")}
        asked = [(*each, path) for each in clients.items() for path in [*paths, REGISTER]]
        sizes: list[dict[str, int]] = []
        for size in (FEW, MANY):
            history.grow(size)
            found = {f"{name} {path}": work_of(client, path) for name, client, path in asked}
            sizes.append({page: work for page, work in found.items() if work is not None})
            asked = [each for each in asked if f"{each[0]} {each[2]}" in sizes[0]]
        transaction.set_rollback(True)
    few, many = sizes
    return {page: Work(few[page], many[page]) for page in few}


def grown() -> dict[str, Work]:
    return {page: work for page, work in works().items() if work.many - work.few > MOST_MORE}


def test_no_page_reads_more_of_a_longer_history(db: None) -> None:
    assert grown().keys() - {COUNTS_ITS_ROWS} == set(), grown()


def test_a_page_that_reads_a_table_whole_is_found(db: None) -> None:
    assert COUNTS_ITS_ROWS in grown()
