"""The review page: who sees it, what it finds, how it turns pages."""

import ast
from datetime import timedelta
from itertools import chain

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review.pages import PAGE_SIZE
from befreg_reserv.people.models import Membership, User
from tests.audit.entries import NOON, entries, entry, last
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.served import ROOT

NUMBER = "20000101K064"
HOSTILE = [
    "<script>alert(1)</script>",
    "\x00",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "x" * 10_000,
    "\N{FIRE ENGINE}",
    "Å å",
    "' OR 1=1 --",
    "%s %(x)s {0}",
    "-1",
]


@scene
def gunde(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.gunde)


def shown(client: Client, **query: str) -> list[int]:
    """Return the ids on the page, in its order."""
    response = client.get("/audit/", query)
    assert response.status_code == 200
    return [row.entry.pk for row in response.context["rows"]]


def text(client: Client, **query: str) -> str:
    return client.get("/audit/", query).content.decode()


# --- who ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("gunde", 200), ("adele", 200), ("tilda", 403), ("wilma", 403), ("noone", 403)],
)
def test_administrator_and_auditor_see_it(
    cast: Cast, sign_in: SignIn, who: str, status: int
) -> None:
    assert sign_in(getattr(cast, who)).get("/audit/").status_code == status


def test_a_stranger_signs_in_first(client: Client, db: None) -> None:
    response = client.get("/audit/", {"act": "update"})
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in/?next=/audit/%3Fact%3Dupdate"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_only_read(gunde: Client, method: str) -> None:
    assert getattr(gunde, method)("/audit/").status_code == 405


# --- what it finds --------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_newest_stands_first(gunde: Client) -> None:
    first, second, third = entries(3, unit="here")
    assert shown(gunde, unit="here") == [third.pk, second.pk, first.pk]


@pytest.mark.both_databases
def test_each_filter_finds_its_own(gunde: Client, cast: Cast) -> None:
    entry(number="20000101M078", actor=cast.adele, unit="there", act="create")
    wanted = entry(number=NUMBER, actor=cast.tilda, unit="here", act="delete")
    filters = {"number": NUMBER.lower(), "person": " Tilda", "unit": "here", "act": "delete"}
    for name, value in filters.items():
        assert shown(gunde, **{name: value, "until": "2026-03-01"}) == [wanted.pk]
    assert shown(gunde, **filters) == [wanted.pk]


@pytest.mark.parametrize(
    "other", [{"person": "adele"}, {"unit": "there"}, {"act": "create"}, {"until": "2026-02-28"}]
)
def test_filters_are_all_kept(gunde: Client, cast: Cast, other: dict[str, str]) -> None:
    entry(number=NUMBER, actor=cast.tilda, unit="here", act="delete")
    asked = {"number": NUMBER, "person": "tilda", "unit": "here", "act": "delete"}
    assert shown(gunde, **asked)
    assert shown(gunde, **asked | other) == []


@pytest.mark.both_databases
def test_from_and_to_include_what_they_name(gunde: Client) -> None:
    minute = timedelta(minutes=1)
    before, first, last_one, after = entries(4, begin=NOON - minute, apart=minute, unit="here")
    found = shown(gunde, unit="here", since="2026-03-01 12:00", until="2026-03-01 12:01")
    assert found == [last_one.pk, first.pk]
    assert {before.pk, after.pk}.isdisjoint(found)


def test_nobody_by_that_id(gunde: Client) -> None:
    entry()
    response = gunde.get("/audit/", {"person": "nobody"})
    assert response.status_code == 200
    assert "”nobody” i sitt vgr-id" in text_of(response)
    assert response.context["rows"] == []


def test_what_is_no_time_gets_its_message_and_no_rows(gunde: Client) -> None:
    entry()
    response = gunde.get("/audit/", {"since": "yesterday"})
    assert response.status_code == 400
    assert 'id="id_since_error"' in response.content.decode()
    assert response.context["rows"] == []


# --- what a row says ------------------------------------------------------------------------


def test_a_row_says_when_who_whence_what(gunde: Client, cast: Cast) -> None:
    entry(
        actor=cast.tilda,
        remote_addr="10.1.2.3",
        number=NUMBER,
        unit="Clinic / Ward",
        cid="0123456789abcdef0123456789abcdef",
        changes={"is_active": ["True", "False"], "date_joined": ["None", "2026-07-01 10:00:00"]},
    )
    page = text(gunde, number=NUMBER)
    for part in ("2026-03-01 12:00:00", "tilda", "10.1.2.3", NUMBER, "Clinic / Ward", "01234567"):
        assert part in page
    assert "89abcdef" not in page
    (row,) = gunde.get("/audit/", {"unit": "Clinic / Ward"}).context["rows"]
    assert [change.after for change in row.changes][1] == "2026-07-01 12:00:00"


def test_a_command_is_shown_for_who(gunde: Client) -> None:
    entry(unit="here", additional_data={"command": "load_wards", "system_user": "operator"})
    assert "load_wards (operator)" in text(gunde, unit="here")


def test_members_added_and_removed_are_named(gunde: Client, cast: Cast) -> None:
    entry(unit="here", changes={"groups": {"type": "m2m", "operation": "add", "objects": ["a"]}})
    entry(unit="here", changes={"groups": {"type": "m2m", "operation": "delete", "objects": ["b"]}})
    removed, added = gunde.get("/audit/", {"unit": "here"}).context["rows"]
    assert [row.changes[0].after for row in (added, removed)] == ["a", "b"]
    assert added.changes[0].field != removed.changes[0].field


def test_roles_are_named_as_people_call_them(gunde: Client) -> None:
    roles = {"groups": {"type": "m2m", "operation": "add", "objects": ["till", "other"]}}
    kind = ContentType.objects.get_for_model(User)
    entry(unit="here", content_type=kind, changes=roles)
    assert "roller, tillagt: Kassan, other" in text_of(gunde.get("/audit/", {"unit": "here"}))


def test_what_is_known_by_its_key_is_named(gunde: Client, cast: Cast) -> None:
    kind = ContentType.objects.get_for_model(Membership)
    joined = {"ward": str(cast.iva.pk), "person": "9" * 30, "id": "7"}
    entry(unit="here", content_type=kind, changes={name: ["None", joined[name]] for name in joined})
    (row,) = gunde.get("/audit/", {"unit": "here"}).context["rows"]
    assert [change.after for change in row.changes] == [str(cast.iva), "9" * 30]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("12.3 replace", ""), ("1:10", ""), ("1 support", ""), ("noted 2026-03-01 12:00", ""),
     ("tilda", " tilda"), ("Akuten / K 2", " Akuten / K 2")],
)  # fmt: skip
def test_what_has_no_name_is_shown_by_its_kind(gunde: Client, stored: str, shown: str) -> None:
    kind = ContentType.objects.get_for_model(User)
    entry(unit="here", content_type=kind, object_repr=stored)
    (row,) = gunde.get("/audit/", {"unit": "here"}).context["rows"]
    assert row.subject == f"{User._meta.verbose_name}{shown}"


def test_many_keys_take_no_more_statements_than_one(gunde: Client, cast: Cast) -> None:
    kind = ContentType.objects.get_for_model(Membership)
    for unit, wards in (("one", [cast.iva]), ("many", [cast.eye, cast.iva, cast.eye])):
        for ward in wards:
            entry(unit=unit, content_type=kind, changes={"ward": ["None", str(ward.pk)]})
    gunde.get("/audit/")  # knows the kinds of rows from here on
    assert statements(gunde, unit="many") == statements(gunde, unit="one")


def test_what_no_app_knows_any_more_is_shown_as_stored(gunde: Client) -> None:
    gone = ContentType.objects.create(app_label="gone", model="thing")
    entry(unit="here", act="forgotten", content_type=gone, changes={"field": ["a", "b"]})
    page = text(gunde, unit="here")
    assert "forgotten" in page
    assert "<bdi>a</bdi> → <bdi>b</bdi>" in page


def test_a_field_that_became_empty_is_shown_and_one_that_began_so_is_not(gunde: Client) -> None:
    emptied = {"language": ["sv", ""], "email": ["None", ""]}
    entry(unit="here", changes=emptied, act="update", action=LogEntry.Action.UPDATE)
    entry(unit="here", changes=emptied, act="create", action=LogEntry.Action.CREATE)
    created, updated = gunde.get("/audit/", {"unit": "here"}).context["rows"]
    assert created.changes == []
    assert [change[1:] for change in updated.changes] == [("Svenska", "–")]


@pytest.mark.parametrize("changes", [None, {}])
def test_an_entry_without_changes(gunde: Client, changes: dict[str, str] | None) -> None:
    written = entry(unit="here", changes=changes)
    assert shown(gunde, unit="here") == [written.pk]


def test_hostile_text_in_the_log_is_shown_harmlessly(gunde: Client) -> None:
    script = HOSTILE[0]
    entry(
        unit=script, act=script[:40], number="<b>", object_repr=script, changes={"a": [script] * 2}
    )
    page = text(gunde, unit=script)
    assert script not in page
    assert "<b>" not in page


# --- turning pages --------------------------------------------------------------------------


def turned(client: Client, way: str, **query: str) -> list[list[int]]:
    """Return the ids of each page, following the links in one direction to their end."""
    pages = []
    while True:
        page = client.get("/audit/", query).context["page"]
        pages.append([entry.pk for entry in page.entries])
        cursor = getattr(page, way)
        if not cursor:
            return pages
        query[way] = cursor


@pytest.mark.both_databases
@pytest.mark.parametrize("apart", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
@pytest.mark.parametrize("count", [1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE + 7])
def test_all_rows_come_once_in_either_direction(
    gunde: Client, count: int, apart: timedelta
) -> None:
    oldest_first = [e.pk for e in entries(count, apart=apart, unit="here", act="delete")]
    entries(30, apart=apart, unit="there", act="delete")
    query = {"unit": "here", "act": "delete"}
    older = turned(gunde, "older", **query)
    newer = turned(gunde, "newer", newer="0-0", **query)
    assert list(chain.from_iterable(older)) == oldest_first[::-1]
    assert list(chain.from_iterable(reversed(newer))) == oldest_first[::-1]
    assert {len(page) for page in older[:-1]} <= {PAGE_SIZE}


@pytest.mark.both_databases
def test_what_is_written_meanwhile_moves_no_row(gunde: Client) -> None:
    oldest_first = [e.pk for e in entries(PAGE_SIZE + 3, unit="here")]
    page = gunde.get("/audit/", {"unit": "here"}).context["page"]
    entries(10, begin=NOON + timedelta(days=1), unit="here")
    assert shown(gunde, unit="here", older=page.older) == oldest_first[:3][::-1]


def test_links_keep_the_filters(gunde: Client) -> None:
    entries(PAGE_SIZE + 1, unit="Å & Ö")
    page = text(gunde, unit="Å & Ö")
    assert 'href="?unit=%C3%85+%26+%C3%96&amp;older=' in page
    assert 'rel="prev"' not in page


@pytest.mark.parametrize("way", ["older", "newer"])
@pytest.mark.parametrize(
    "cursor", ["junk", "-", "1-", "g-1", "1-1-1", "f" * 15 + "-1", "1-" + "f" * 16, "\x00", "٣-1"]
)
def test_a_cursor_that_makes_no_sense_is_the_newest_page(
    gunde: Client, way: str, cursor: str
) -> None:
    written = entry(unit="here")
    assert shown(gunde, unit="here", **{way: cursor}) == [written.pk]


@pytest.mark.parametrize("way", ["older", "newer"])
@pytest.mark.parametrize("cursor", ["0-0", "f" * 14 + "-" + "f" * 15])
def test_the_outermost_cursors_are_harmless(gunde: Client, way: str, cursor: str) -> None:
    written = entry(unit="here")
    sees_it = (way == "newer") == (cursor == "0-0")
    assert shown(gunde, unit="here", **{way: cursor}) == ([written.pk] if sees_it else [])


# --- what it costs, and what it leaves ------------------------------------------------------


def statements(client: Client, **query: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get("/audit/", query)
    return len(captured)


@pytest.mark.one_database("statements")
def test_sixty_rows_take_no_more_statements_than_one(gunde: Client, cast: Cast) -> None:
    kinds = ContentType.objects.all()
    entry(unit="one", actor=cast.tilda)
    for turn in range(60):
        actor = (cast.tilda, cast.wilma, cast.adele)[turn % 3]
        entry(unit="many", actor=actor, content_type=kinds[turn % len(kinds)])
    assert statements(gunde, unit="many") == statements(gunde, unit="one")


def test_each_look_at_the_log_is_logged(gunde: Client, cast: Cast) -> None:
    gunde.get("/audit/", {"number": NUMBER, "act": "delete", "since": "2026-03-01"})
    look = last()
    assert (look.act, look.action, look.actor) == ("review", LogEntry.Action.ACCESS, cast.gunde)
    assert (look.number, look.remote_addr) == (NUMBER, "127.0.0.1")
    assert look.changes["act"] == ["None", "delete"]
    assert shown(gunde, number=NUMBER) == [look.pk]


def test_a_look_that_was_refused_is_none(gunde: Client) -> None:
    before = LogEntry.objects.count()
    gunde.get("/audit/", {"since": "yesterday"})
    assert LogEntry.objects.count() == before


NAMES = ["number", "person", "unit", "act", "since", "until", "older", "newer", "other"]
# In the short form each name with every third text, and each text with every third name.
PAIRS = [
    pytest.param(name, text, marks=[pytest.mark.long] if (row + place) % 3 else [])
    for row, name in enumerate(NAMES)
    for place, text in enumerate(HOSTILE)
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "hostile"), PAIRS)
def test_hostile_text_in_the_address_does_no_harm(gunde: Client, name: str, hostile: str) -> None:
    response = gunde.get("/audit/", {name: hostile})
    assert response.status_code in {200, 400}
    assert "<script>" not in response.content.decode()


def test_what_is_no_column_and_what_stores_a_name_are_said_in_words(gunde: Client) -> None:
    told = {"read_back": [None, "K064"], "reason": [None, "x"], "real_kind": [None, "reserve"]}
    entry(unit="here", changes=told, action=LogEntry.Action.CREATE)
    shown = text_of(gunde.get("/audit/", {"unit": "here"}))
    for words in ("återläst: K064", "orsak: x", "real kind: reservnummer (VGR)"):
        assert words in shown


def test_all_that_acts_tell_besides_columns_has_words() -> None:
    columns = {field.name for model in apps.get_models() for field in model._meta.get_fields()}
    files = [file for room in ("custody", "outage") for file in (ROOT / room).rglob("*.py")]
    calls = (
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "record.said"
    )
    told = {keyword.arg for call in calls for keyword in call.keywords if keyword.arg}
    assert told
    assert told - columns <= set(acts._parts)
