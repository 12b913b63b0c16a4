"""What is typed in part is found: the last four of a number, a part of a vgr-id, of a unit."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review.meaning import MOST_ASKED, MOST_OFFERED, meaning, units
from befreg_reserv.audit.review.pages import PAGE_SIZE
from custody.models import Binder, Handout
from tests import scenes
from tests.audit.entries import NOON, entries, entry
from tests.cast import Cast, person
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.races import pool

NUMBER = "20000101K064"
OTHER = "20000101M078"
UNITS = [
    "Anestesikliniken / IVA",
    "Kirurgkliniken / Avd 2",
    "Kirurgkliniken / Avd 12",
    "Ögonkliniken / Ögonmottagning",
    "Åsgården",
    "Fäst/tält",
    "100% vård_plats",
]


@scene
def gunde(cast: Cast, sign_in: SignIn) -> Client:
    client = sign_in(cast.gunde)
    client.cookies["django_language"] = "en"
    return client


@scene
def kept(real_binder: Binder) -> None:
    """An entry for each unit and for each of two numbers of the binder."""
    for unit in UNITS:
        entry(unit=unit)
    for number in (NUMBER, OTHER):
        entry(number=number)


def shown(client: Client, **query: str) -> list[LogEntry]:
    """Return the entries on the page that tell of no look at the log."""
    response = client.get("/audit/", {"until": "2026-03-01", **query})
    assert response.status_code == 200
    return [row.entry for row in response.context["rows"]]


@pytest.mark.both_databases
@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *((typed, {NUMBER}) for typed in ("K064", "k 06 4", "K-064", " 064", "1K06")),
        *((typed, {NUMBER}) for typed in ("2000 0101 K064", "2000-01-01-k064", NUMBER)),
        ("M07", {OTHER}),
        ("20000101", {NUMBER, OTHER}),
        *((typed, set()) for typed in ("K999", "ÅÄÖ", "20000101K999", "064K")),
    ],
)
def test_a_part_of_a_number_finds_what_holds_it(gunde: Client, typed: str, found: set[str]) -> None:
    assert {entry.number for entry in shown(gunde, number=typed)} == found


@pytest.mark.both_databases
@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *((typed, UNITS[:1]) for typed in ("iva", "IVA", "anest", "kliniken iva", UNITS[0])),
        *((typed, UNITS[1:3]) for typed in ("kir", "KIRURG avd", "Kirurgkliniken/avd")),
        *((typed, UNITS[1:2]) for typed in ("kir 2", "avd2", "2", "Kirurgkliniken / Avd 2")),
        *((typed, UNITS[3:4]) for typed in ("ögon", "ÖGON", "ogon", "O\u0308GON")),
        *((typed, UNITS[4:5]) for typed in ("ås gård", "ÅSG", "asg")),
        ("ås", UNITS[4:6]),  # accents don't count, so that "ogon" is found
        *((typed, UNITS[6:]) for typed in ("100", "vård_plats", "100%")),
        *((typed, []) for typed in ("%", "_", "/", "nirvana", "x" * 250, "' OR 1=1 --")),
    ],
)
def test_a_part_of_a_unit_finds_what_holds_it(gunde: Client, typed: str, found: list[str]) -> None:
    assert {entry.unit for entry in shown(gunde, unit=typed)} == set(found)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *((typed, {"åsa12"}) for typed in ("åsa12", "ÅSA", " Ås a", "A\u030asa1")),
        ("vera", {"vera"}),
        ("ver", {"vera", "vera1"}),
        ("ra1", {"vera1"}),
        *((typed, set()) for typed in ("%", "_", "v%a", "nobody", "x" * 150)),
    ],
)
def test_a_part_of_a_vgr_id_finds_who_has_it(gunde: Client, typed: str, found: set[str]) -> None:
    for name in ("åsa12", "vera", "vera1"):
        entry(actor=person(name))
    assert {str(entry.actor) for entry in shown(gunde, person=typed)} == found


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("number", "No number that was ever kept here has “QQ”"),
        ("person", "Nobody has “qq”"),
        ("unit", "No unit in the log has “QQ”"),
    ],
)
def test_what_is_nowhere_is_said_in_words(gunde: Client, field: str, says: str) -> None:
    assert says in text_of(gunde.get("/audit/", {field: "QQ"}))


def test_where_nothing_fits_the_page_says_what_it_looked_for(gunde: Client) -> None:
    entry(unit="IVA")
    page = text_of(gunde.get("/audit/", {"unit": "iva", "since": "2026-03-02", "person": "gunde"}))
    assert "Looked for: vgr-id gunde; Unit iva; From 2026-03-02" in page


@pytest.mark.both_databases
def test_a_former_name_is_found_as_it_stands_in_the_log(gunde: Client, cast: Cast) -> None:
    entry(unit=str(cast.iva))
    cast.iva.name = "Intensiven"
    cast.iva.save()
    assert [entry.unit for entry in shown(gunde, unit="iva")] == ["Anestesikliniken / IVA"]


@pytest.mark.both_databases
def test_a_real_number_finds_the_handout_that_it_was_for(
    gunde: Client, cast: Cast, handout: Handout
) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    for typed in (scenes.REAL_WOMAN, scenes.REAL_WOMAN[-4:]):
        response = gunde.get("/audit/", {"number": typed})
        assert handout.number.value in {row.entry.number for row in response.context["rows"]}


def test_exactly_what_is_written_is_asked_for_and_the_others_are_offered(gunde: Client) -> None:
    entry(unit="IVA")
    entry(unit="Anestesikliniken / IVA")
    response = gunde.get("/audit/", {"unit": "IVA", "act": "update"})
    assert {row.entry.unit for row in response.context["rows"]} == {"IVA"}
    other = 'href="?unit=Anestesikliniken+%2F+IVA&amp;act=update"'
    assert other in response.content.decode()


def test_too_much_is_offered_and_not_asked_for(gunde: Client) -> None:
    for number in range(MOST_OFFERED + 2):
        entry(unit=f"Ward {number:03}")
    response = gunde.get("/audit/", {"unit": "ward"})
    assert response.context["rows"] == []
    assert "Too many have “ward” in them. Write more of it, or choose:" in text_of(response)
    assert response.content.decode().count('href="?unit=Ward+') == MOST_OFFERED
    assert "and more" in text_of(response)


def test_parts_in_several_fields_are_combined_and_bounded(kept: None, cast: Cast) -> None:
    assert len(meaning(number="20000101", unit="kir", person="il").columns) == 0
    assert meaning(number="20000101", unit="kir").too_wide is None
    assert len(meaning(number="20000101", unit="kir").columns) == 2 * len(scenes.REAL)
    assert 2 * len(scenes.REAL) <= MOST_ASKED


@pytest.mark.both_databases
def test_pages_of_several_are_merged_in_order(gunde: Client) -> None:
    for turn, unit in enumerate(("Kir 1", "Kir 2", "Kir 3")):
        entries(PAGE_SIZE, begin=NOON, apart=(turn + 1) * timedelta(seconds=7), unit=unit)
    query, seen = {"unit": "kir"}, []
    while query.get("older", "first"):
        page = gunde.get("/audit/", query).context["page"]
        seen += [(entry.timestamp, entry.pk) for entry in page.entries]
        query["older"] = page.older
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 3 * PAGE_SIZE


def test_each_number_and_unit_that_was_asked_for_tells_of_the_look(
    gunde: Client, kept: None
) -> None:
    gunde.get("/audit/", {"number": "K", "unit": "kir"})
    looks = LogEntry.objects.filter(act="review")
    women = {number for number in scenes.REAL if "K" in number}
    assert {look.number for look in looks} == women
    assert {look.unit for look in looks} == set(UNITS[1:3])
    assert {look.changes["number"][1] for look in looks} == {"K"}


def test_what_means_nothing_is_logged_as_it_was_typed_and_under_no_unit(gunde: Client) -> None:
    gunde.get("/audit/", {"unit": "nirvana"})
    look = LogEntry.objects.get(act="review")
    assert (look.unit, look.changes["unit"]) == ("", ["None", "nirvana"])


@pytest.mark.usefixtures("kept")
def test_units_come_once_and_in_swedish_order() -> None:
    entries(3, unit=UNITS[0])
    assert units() == [UNITS[i] for i in (6, 0, 5, 1, 2, 4, 3)]


def statements(client: Client, **query: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get("/audit/", query)
    return len(captured)


@pytest.mark.one_database("statements")
def test_a_part_costs_no_more_than_the_whole_and_each_further_value_one(
    gunde: Client, kept: None
) -> None:
    for unit in (UNITS[0], "kir"):  # from now on each page tells of a look, too
        statements(gunde, unit=unit)
    whole, part, two = (statements(gunde, unit=unit) for unit in (UNITS[0], "iva", "kir"))
    assert (part, two) == (whole, whole + 1)
    entries(PAGE_SIZE, unit=UNITS[1])
    assert statements(gunde, unit="kir") == two


def test_a_number_that_is_only_offered_is_looked_at_too(gunde: Client, cast: Cast) -> None:
    pool.lay_in_women(MOST_ASKED + 1)
    gunde.get("/audit/", {"number": "1950"})
    offered = meaning(number="1950").parts[0].holding
    logged = LogEntry.objects.filter(act="review").values_list("number", flat=True)
    assert sorted(logged) == sorted(offered[:MOST_OFFERED])
