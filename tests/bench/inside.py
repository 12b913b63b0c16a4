"""What of a bench needs the product's own models: a process of its own, for one database.

    python -m tests.bench.inside sessions 8     # so many sessions of the till
    python -m tests.bench.inside add 1000       # so many more numbers of women
    python -m tests.bench.inside record         # what two handouts send to the database
    python -m tests.bench.inside history 10000  # an outage of so many; it, and who may read all

Each prints one line of JSON.
"""

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.models import Count, Max
from django.test import Client

from befreg_reserv import wsgi  # noqa: F401  sets Django up, before any model is imported
from befreg_reserv.people.models import User, Ward
from befreg_reserv.sql import batch
from custody.journal import bounded, looks
from custody.models import Binder, Call, Handout, HandoutStep, Patient
from tests.bench import tills
from tests.bench.history import History
from tests.races import pool
from tests.served import session_of

PATIENCE_SECONDS = 60.0


def sessions(count: int) -> list[str]:
    """Sign the till in so many times."""
    tilda = User.objects.get(username="tilda")
    return [session_of(tilda) for _ in range(count)]


def add(count: int) -> int:
    """Lay so many more numbers, of birth dates that no binder has."""
    last: date = Binder.objects.aggregate(last=Max("birth_date"))["last"]
    return len(pool.lay_in_women(count, last + timedelta(days=1)))


def history(count: int) -> dict[str, Any]:
    """Lay an outage that is over; return its key, and a session of the administrator."""
    tilda, wards = User.objects.get(username="tilda"), Ward.objects.select_related("clinic")
    History(tilda, [*wards], of_an_outage=count).grow(count)
    mark_the_journal()
    largest = Handout.objects.values("outage").annotate(of_it=Count("pk")).latest("of_it")
    return {
        "outage": largest["outage"],
        "reader": session_of(User.objects.get(username="adele")),
    }


def mark_the_journal() -> None:
    """Give the journal its lines and its mark: a server that starts would take long.

    No caller waits for it here: on a busy machine so many lines take longer than a call may. Raises
    RuntimeError when something is wrong with it.
    """
    with patch.object(bounded, "SECONDS", PATIENCE_SECONDS):
        for _add_them_then_mark_it in range(2):
            wrong = looks.trouble()
    if wrong:
        raise RuntimeError(f"the journal isn't well: {wrong}")


def record() -> list[list[dict[str, Any]]]:
    """Take two calls, after one to warm up; return what each sent, and the keys that it got.

    One statement after the other: what is sent together has no answers in between.
    """
    patch.object(batch, "together", nullcontext).start()
    patch.object(batch, "at_once", nullcontext).start()
    patch.object(batch, "ask_keys", lambda _new: dict).start()
    with connection.cursor() as cursor:  # no two tables share a key: it tells whose it is
        for place, model in enumerate((Call, Patient, Handout, HandoutStep), 1):
            sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, {place * 1_000_000})")
    client = Client(SERVER_NAME=tills.HOST)
    client.force_login(User.objects.get(username="tilda"))
    return [recorded(client) for _ in range(3)][1:]


def recorded(client: Client) -> list[dict[str, Any]]:
    """Take a call; return its statements."""
    found: list[dict[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        cursor, rows = context["cursor"].cursor, []
        if cursor.description:
            rows = cursor.fetchall()
        if rows:
            cursor.scroll(0, mode="absolute")
        ids = [row[0] for row in rows if type(row[0]) is int]
        found.append({"sql": sql, "params": [_said(each) for each in params or ()], "ids": ids})
        return result

    with connection.execute_wrapper(note):
        answer = client.post("/till/hand-out/", tills.form())
    if answer.status_code != 302:
        raise RuntimeError(answer.content.decode())
    return found


def _said(value: Any) -> dict[str, Any]:
    """Return a parameter as SQL, and as a key, if it may be one."""
    operations: Any = connection.ops
    key = int(value) if isinstance(value, int) and not isinstance(value, bool) else None
    return {"sql": operations.compose_sql("%s", [value]), "key": key}


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    acts: dict[str, Callable[..., Any]] = {
        "sessions": sessions,
        "add": add,
        "record": record,
        "history": history,
    }
    print(json.dumps(acts[what](*map(int, words))))
