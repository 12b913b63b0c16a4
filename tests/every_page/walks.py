"""Somebody asks for every page there is: what was shown, and what that wrote.

A walk takes seconds, and several tests look at the same one: a process does each once.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from tests import everywhere
from tests.cast import assemble

# Who looked is written down, and that a session is awake.
MAY_CHANGE = {"audit_logentry", "django_session"}
WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)', re.IGNORECASE)
REFUSED = {302, 403, 405}  # the first to strangers, and by the registers
FORM = "application/x-www-form-urlencoded"
# What the forms of ours are sent with, as far as one set can be right for many.
FIELDS = {
    "text": "x", "reason": "x", "note": "x", "name": "x", "confirmed": "1", "on": "1",
    "language": "en", "change": "1", "next": "/", "number": "20210325K069", "typed": "K064",
    "outcome": "used", "women": "1", "men": "1", "ward": "Anestesikliniken / IVA", "sex": "K",
    "caller": "wilma", "post": "yes", "action": "delete_selected", "_save": "1", "_popup": "1",
    "request_key": "00000000-0000-0000-0000-000000000001", "drill": "on", "password": "x",
}  # fmt: skip
QUERY = urlencode(FIELDS)
# The first of each method is asked of every address; the rest where that wasn't refused.
Ways = tuple[tuple[tuple[str, str, str], ...], ...]
LOOK: Ways = ((("GET", "", ""),),)
SENT: Ways = (
    (("GET", f"?{QUERY}", ""),),
    (("HEAD", f"?{QUERY}", QUERY),),
    (("OPTIONS", f"?{QUERY}", QUERY),),
)
EVERY_WAY: Ways = (
    (("GET", f"?{QUERY}", ""), ("GET", "", "")),
    (("HEAD", f"?{QUERY}", QUERY), ("HEAD", "", "")),
    (("OPTIONS", f"?{QUERY}", QUERY),),
)
# Where to: all addresses, those outside of the registers, and one register of history with these.
ALL = re.compile("")
OURS = re.compile("/(?!admin/)")
OF_EACH_KIND = re.compile("/(?!admin/(?:custody/(?!handout/)|outage/(?!contact/|drilltargets/)))")


class Shown(NamedTuple):
    """What was answered; ``html`` is empty for what is no page."""

    status: int
    html: str


class Walk(NamedTuple):
    """What was answered at last for each path, and what wrote where nothing may."""

    shown: dict[str, Shown]
    wrote: set[str]


@cache
def walk(name: str, ways: Ways, where: re.Pattern[str], every: int) -> Walk:
    """Let a person ask for every page, where there is an object for each, and leave no trace.

    ``every``: 1 for all of them, 4 for every fourth.
    """
    with transaction.atomic():
        paths = everywhere.paths_of(everywhere.laid_out(assemble()))
        chosen = [path for path in paths if where.match(path)][::every]
        walked = asked(everywhere.client_of(name), chosen, ways)
        transaction.set_rollback(True)
    return walked


def asked(client: Client, paths: Iterable[str], ways: Ways) -> Walk:
    """Ask for every path in these ways, watch the statements, and compare all tables at the end."""
    walked = Walk({}, set())
    last, before = LogEntry.objects.latest("pk").pk, _tables()
    request = ""

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        hit = WRITES.match(sql)
        if hit and hit[1] not in MAY_CHANGE:
            walked.wrote.add(f"{request}: {hit[1]}")
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        for path in paths:
            for of_a_method in ways:
                for method, query, body in of_a_method:
                    request = f"{method} {path}"
                    answer = client.generic(method, path + query, body, FORM)
                    walked.shown[path] = _shown(answer)
                    if answer.status_code in REFUSED:
                        break
    walked.wrote.update(table for table, rows in _tables().items() if rows != before[table])
    looks = LogEntry.objects.filter(pk__gt=last).values_list("action", flat=True).distinct()
    names = dict(LogEntry.Action.choices)
    walked.wrote.update(f"logged {names[action]}" for action in {*looks} - {LogEntry.Action.ACCESS})
    return walked


def _shown(answer: Any) -> Shown:
    page, body = str(answer.headers.get("Content-Type")).startswith("text/html"), answer.getvalue()
    return Shown(answer.status_code, body.decode() if page else "")


def _tables() -> dict[str, list[str]]:
    """Return every row of every table, but for those that may change."""
    found = {}
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names()) - MAY_CHANGE:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found
