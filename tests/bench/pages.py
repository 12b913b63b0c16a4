"""Every page after years of outages: a process of its own, for one empty database.

    python -m tests.bench.pages measured 100000    # lays so many handouts of old, asks for all
    python -m tests.bench.pages seen 100000        # lays as many; tells who sees which page

The first prints the seconds that laying took, and each page's median in milliseconds, asked for by
Django's own client, through all middlewares, without a server; the second pairs of a session and an
address. Each prints one line of JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from befreg_reserv import wsgi  # noqa: F401  sets Django up, before any model is imported
from custody.journal import chain, lines, looks, marks
from custody.models import HandoutStep
from tests import everywhere
from tests.bench.history import History
from tests.bench.tills import HOST
from tests.cast import assemble
from tests.every_page.walks import OURS

WHO = (everywhere.ROOT, "tilda", "wilma")
LOOKS = 3  # after one to warm up


def lay(handouts: int) -> list[str]:
    """Lay an object for every address, and so many handouts of old. Returns the addresses."""
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        cast = assemble()
        paths = everywhere.paths_of(everywhere.laid_out(cast))
    looks.trouble()  # marks the journal, while that is short
    History(cast.tilda, [cast.iva, cast.eye]).grow(handouts)
    _journal_it()
    return list(filter(OURS.match, paths))


def _journal_it() -> None:
    """Let the journal go on after the history, as if that had been written there all along."""
    path, last = settings.CUSTODY_JOURNAL, HandoutStep.objects.latest("pk")
    chain.append(path, lambda _journal: [lines.line_of(last)])
    marks.holds(path, looks._register())


def milliseconds(client: Any, path: str) -> float | None:
    """Return what a page takes; None for an address that shows this person none.

    One that gave no answer in time counts with that time.
    """
    taken = []
    for _look in range(1 + LOOKS):
        began = time.perf_counter()
        answer = client.get(path, SERVER_NAME=HOST)
        answer.getvalue()
        taken.append(1000 * (time.perf_counter() - began))
        if answer.status_code not in {200, 503}:
            return None
    return median(taken[1:])


def measured(handouts: int) -> dict[str, Any]:
    """Return what is printed."""
    began = time.perf_counter()
    paths = lay(handouts)
    laid = time.perf_counter() - began
    clients = {name: everywhere.client_of(name) for name in WHO}
    for client in clients.values():
        client.raise_request_exception = False
    taken = {f"{who} {path}": milliseconds(clients[who], path) for who in WHO for path in paths}
    pages = {page: took for page, took in taken.items() if took is not None}
    return {"laid": laid, "pages": pages}


def seen(handouts: int) -> list[tuple[str, str]]:
    """Return what is printed."""
    paths = lay(handouts)
    clients = {name: everywhere.client_of(name) for name in WHO}
    return [
        (client.cookies[settings.SESSION_COOKIE_NAME].value, path)
        for client in clients.values()
        for path in paths
        if client.get(path, SERVER_NAME=HOST).status_code == 200
    ]


if __name__ == "__main__":
    what, count = sys.argv[1:]
    acts: dict[str, Callable[[int], Any]] = {"measured": measured, "seen": seen}
    print(json.dumps(acts[what](int(count))))
