"""No page reads more after years of outages: what it reads is counted by the database itself.

The number of statements says nothing of that: it is the same for a table that is read whole. SQLite
counts its instructions, and goes by its rules alone: as many for two small sizes as for two large
ones. PostgreSQL counts the rows that it reads. It reads small tables whole, since that is quicker,
so there the history is longer, and no page may read as many rows as there are outages. Binders are
fewer; that no page reads all of them is seen on SQLite.
"""

from collections.abc import Callable
from functools import cache

import pytest
from django.db import connection, transaction
from django.test import Client

from tests import everywhere
from tests.bench.history import History
from tests.cast import assemble
from tests.every_page.walks import OURS

# How many handouts of old there are, once and again.
SIZES = {"sqlite": (160, 480), "postgresql": (9_600,)}
OF_A_BINDER, OF_AN_OUTAGE = 3, 2  # handouts; of what grows, binders are the fewest
# A scan takes SQLite three instructions or more for each row.
MOST_MORE = {"sqlite": 480 - 160, "postgresql": 9_600 // OF_AN_OUTAGE}
REGISTER = "/admin/custody/reservenumber/"
COUNTS_ITS_ROWS = f"{everywhere.ROOT} {REGISTER}"  # as every register does
# A file of all that is done; of many rows it is made beside the request.
HAS_ALL_ROWS = {f"{name} /ward/done/rows.csv" for name in (everywhere.ROOT, "wilma")}
# A ward's person sees less, found by other conditions; all else is the same for both. The till is
# asked about the numbers that it handed out itself.
OWN = {"wilma": ("/ward/", "/outage/", "/numbers/"), "tilda": ("/till/",)}
WARDS = connection.vendor == "postgresql"  # whose plans differ; on SQLite in the long form
STEP = 25  # instructions of SQLite's between two counts; each statement may add as many
ROWS_READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"


def work_of(client: Client, path: str) -> int | None:
    """Return what a page takes, None for an address without one; leave no look in the log."""
    before = transaction.savepoint()
    answers, work = COUNTED[connection.vendor](lambda: _answers(client, path))
    transaction.savepoint_rollback(before)
    return work if answers else None


def _answers(client: Client, path: str) -> bool:
    answer = client.get(path)
    answer.getvalue()
    return answer.status_code == 200


def instructions(look: Callable[[], bool]) -> tuple[bool, int]:
    ticks = [0]

    def tick() -> None:
        ticks[0] += STEP

    connection.connection.set_progress_handler(tick, STEP)
    answers = look()
    connection.connection.set_progress_handler(None, 0)
    return answers, ticks[0]


def rows(look: Callable[[], bool]) -> tuple[bool, int]:
    before = _rows_read()
    answers = look()
    return answers, _rows_read() - before


def _rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(ROWS_READ)
        return int(cursor.fetchone()[0])


COUNTED = {"sqlite": instructions, "postgresql": rows}


@cache
def more(*, wards: bool) -> dict[str, int]:
    """Return how much more each page takes after many handouts than after few; leave no trace.

    ``wards``: also for a ward's person.
    """
    found: list[dict[str, int]] = []
    with transaction.atomic():
        cast = assemble()
        paths = list(filter(OURS.match, everywhere.paths_of(everywhere.laid_out(cast))))
        # Already the few fill a page with outages, and one with binders. No plans: some ten are
        # announced in a year, and a page reads those that nobody has cancelled.
        where = [cast.iva, cast.eye]
        history = History(cast.tilda, where, of_a_binder=OF_A_BINDER, of_an_outage=2, planned=10**6)
        root = everywhere.client_of(everywhere.ROOT)
        asked = [(everywhere.ROOT, root, path) for path in [*paths, REGISTER]]
        for name, own in OWN.items():
            if wards or name != "wilma":
                client = everywhere.client_of(name)
                asked += [(name, client, path) for path in paths if path.startswith(own)]
        for size in SIZES[connection.vendor]:
            history.grow(size)
            taken = {f"{name} {path}": work_of(client, path) for name, client, path in asked}
            found.append({page: work for page, work in taken.items() if work is not None})
            asked = [each for each in asked if f"{each[0]} {each[2]}" in found[0]]
        transaction.set_rollback(True)
    few = found[0] if len(found) > 1 else {}
    return {page: work - few.get(page, 0) for page, work in found[-1].items()}


def grown(*, wards: bool) -> dict[str, int]:
    most = MOST_MORE[connection.vendor]
    return {page: work for page, work in more(wards=wards).items() if work > most}


@pytest.mark.parametrize("wards", [WARDS, pytest.param(True, marks=pytest.mark.long)])
def test_no_page_reads_more_of_a_longer_history(db: None, *, wards: bool) -> None:
    assert grown(wards=wards).keys() - {COUNTS_ITS_ROWS} - HAS_ALL_ROWS == set()


def test_a_page_that_reads_a_table_whole_is_found(db: None) -> None:
    assert COUNTS_ITS_ROWS in grown(wards=WARDS)
