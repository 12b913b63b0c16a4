"""Whatever is only asked for changes nothing: every address, every person, GET, HEAD and OPTIONS.

HEAD is the one to fear: it carries no token, and a view that asks ``method == "GET"`` takes it for
a form.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Clinic
from tests import everywhere
from tests.addresses import every_path
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.served import ROOT

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
Ways = list[list[tuple[str, str, str]]]
EVERY_WAY: Ways = [
    [("GET", f"?{QUERY}", ""), ("GET", "", "")],
    [("HEAD", f"?{QUERY}", QUERY), ("HEAD", "", "")],
    [("OPTIONS", f"?{QUERY}", QUERY)],
]
LOOKS: Ways = [[("GET", f"?{QUERY}", "")]]
# A view's way with a method is the same whoever asks: all are asked by the one who comes to every
# page, and in the long form by everybody.
ASKED = [
    pytest.param(everywhere.ROOT, EVERY_WAY, id="root"),
    *(pytest.param(name, LOOKS, id=name) for name in everywhere.WHO),
    *(
        pytest.param(name, EVERY_WAY, id=f"{name} in every way", marks=pytest.mark.long)
        for name in everywhere.WHO
    ),
]


def tables() -> dict[str, list[Any]]:
    """Return every row of every table, but for those that may change."""
    found = {}
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names()) - MAY_CHANGE:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def written(client: Client, paths: Iterable[str], every_way: Ways) -> set[str]:
    """Ask for every path in these ways; return the requests that wrote where none may."""
    found: set[str] = set()
    asked = ""

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        hit = WRITES.match(sql)
        if hit and hit[1] not in MAY_CHANGE:
            found.add(f"{asked}: {hit[1]}")
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        for address in paths:
            for ways in every_way:
                for method, query, body in ways:
                    asked = f"{method} {address}"
                    answer = client.generic(method, address + query, body, FORM)
                    if answer.status_code in REFUSED:
                        break
    return found


@scene
def places(cast: Cast) -> dict[str, Any]:
    return everywhere.laid_out(cast)


@pytest.mark.one_database("methods")
@pytest.mark.parametrize(("name", "ways"), ASKED)
def test_asking_changes_nothing(places: dict[str, Any], name: str, ways: Ways) -> None:
    client = everywhere.client_of(name)
    last, before = LogEntry.objects.latest("pk").pk, tables()
    assert written(client, everywhere.paths_of(places), ways) == set()
    assert tables() == before
    looks = LogEntry.objects.filter(pk__gt=last).values_list("action", flat=True)
    assert set(looks) <= {LogEntry.Action.ACCESS}


def test_the_administrator_comes_to_every_page_there_is(places: dict[str, Any]) -> None:
    client = everywhere.client_of(everywhere.ROOT)
    found = {path: client.get(path).status_code for path in everywhere.paths_of(places)}
    lost = {path for path, status in found.items() if status == 404}
    assert lost == {"/admin/nothing-here/"}


def test_an_address_without_an_object_is_named(places: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="unheard/<int:pk>/"):
        every_path(places, __name__)


# --- that it would be found -----------------------------------------------------------------------


def asks_for_get(request: HttpRequest) -> HttpResponse:
    """Show a page to GET, and take all else for its form: so five views were written."""
    if request.method != "GET":
        Clinic.objects.get_or_create(name=request.method)
    return HttpResponse()


urlpatterns = [path("asks-for-get/", asks_for_get), path("unheard/<int:pk>/", asks_for_get)]


@pytest.mark.one_database("methods")
def test_a_view_that_asks_for_get_is_found(places: dict[str, Any]) -> None:
    before = tables()
    with override_settings(ROOT_URLCONF=__name__):
        found = written(everywhere.client_of("adele"), ["/asks-for-get/"], EVERY_WAY)
    assert {each.partition(":")[0] for each in found} == {
        "HEAD /asks-for-get/",
        "OPTIONS /asks-for-get/",
    }
    assert tables() != before


def test_one_place_alone_tells_a_form_from_a_look() -> None:
    sources = [
        file
        for app in ("befreg_reserv", "custody", "outage")
        for file in (ROOT / app).rglob("*.py")
    ]
    asking = {
        file.name for file in sources if re.search(r"\brequest\.method\b", file.read_text("utf-8"))
    }
    assert asking == {"access.py"}
