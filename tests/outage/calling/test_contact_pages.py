"""The pages of whom to call: the administrator keeps them, nobody deletes them."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from outage.calling import contacts, keeping
from outage.calling.contacts import Hours, SingleDay
from outage.calling.spans import Span
from outage.models import Contact, ContactDay
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import hidden, text_of

pytestmark = pytest.mark.one_database("words")
INDEX = "/registers/contacts/"
NEW = {"purpose": "fault", "position": "1", "name": "Jouren", "number": "4444", "active": "on"}
MORNING = Span(time(8), time(12))


@scene
def adele(sign_in: SignIn, cast: Cast) -> Client:
    cast.adele.language = "en"
    cast.adele.save()
    return sign_in(cast.adele)


def support() -> Contact:
    return Contact.objects.get(number="3010")


def post(client: Client, contact: Contact, act: str, **fields: str) -> Any:
    path = contact.get_absolute_url()
    return client.post(f"{path}{act}/", hidden(client, path, f"{path}{act}/") | fields)


def test_a_contact_is_added_once_and_logged(adele: Client, cast: Cast) -> None:
    for _sent_twice in range(2):
        assert adele.post(f"{INDEX}new/", NEW | {"hint": "säg Befreg"}).status_code == 302
    contact = Contact.objects.get(number="4444")
    entry = LogEntry.objects.get(act="add_contact")
    assert (entry.actor, entry.changes["number"]) == (cast.adele, ["None", "4444"])
    assert (contact.hint, contact.hours.exists()) == ("säg Befreg", False)


@pytest.mark.parametrize(
    "wrong",
    [{"number": ""}, {"name": "\u200b"}, {"purpose": "x"}, {"position": "-1"}, {"name": "x" * 99},
     {"position": "9" * 30}, {"number": "\x00"}],
)  # fmt: skip
def test_what_is_no_contact_is_refused(adele: Client, wrong: dict[str, str]) -> None:
    assert adele.post(f"{INDEX}new/", NEW | wrong).status_code == 400
    assert not Contact.objects.filter(name="Jouren").exists()


@pytest.mark.both_databases
def test_hours_are_written_as_people_write_them(adele: Client, cast: Cast) -> None:
    fields = {"day-0": "8-12, 13-24", "day-5": "", "day-6": "dygnet runt"}
    assert post(adele, support(), "hours", **fields).status_code == 302
    found = contacts.register().fault[0].hours
    assert found == (
        Hours(0, time(8), time(12)),
        Hours(0, time(13), time(23, 59)),
        Hours(6, time(0), time(23, 59)),
    )
    (entry,) = LogEntry.objects.filter(act="change_hours")
    assert entry.changes["hours"][1] == "1: 08:00–12:00, 13:00–24:00; 7: 00:00–24:00"


def test_a_night_is_one_days_evening_and_the_next_days_morning(adele: Client) -> None:
    week = {f"day-{day}": "16:30-07:30" for day in range(7)}
    assert post(adele, support(), "hours", **{**week, "day-6": "24"}).status_code == 400  # overlaps
    week["day-6"] = "07:30-24, 00:00-07:30"
    assert post(adele, support(), "hours", **week).status_code == 302
    found = contacts.register().fault[0].hours
    monday, sunday = (tuple(each for each in found if each.weekday == day) for day in (0, 6))
    assert monday == (Hours(0, time(16, 30), time(23, 59)),)
    assert sunday == (Hours(6, time(0), time(7, 30)), Hours(6, time(7, 30), time(23, 59)))
    shown = text_of(adele.get(INDEX))
    assert "Tuesday–Saturday 00:00–07:30, 16:30–24:00" in shown
    assert "23:59" not in shown


def test_hours_that_no_day_has_are_refused_and_the_old_stay(adele: Client) -> None:
    before = contacts.register()
    answer = post(adele, support(), "hours", **{"day-0": "16-08", "day-1": "07-12"})
    assert (answer.status_code, "overlap" in text_of(answer)) == (400, True)
    assert contacts.register() == before


@pytest.mark.both_databases
def test_a_contact_goes_out_of_use_and_comes_back(adele: Client) -> None:
    till = Contact.objects.get(number="1258")
    fields = {"purpose": "till", "position": "1", "name": till.name, "number": "1258"}
    post(adele, till, "change", **fields)
    assert contacts.register().till == ()
    post(adele, till, "change", **fields, active="on")
    assert contacts.register().till


def test_an_old_page_writes_over_nothing(adele: Client, cast: Cast) -> None:
    contact = support()
    path = contact.get_absolute_url()
    old = {act: hidden(adele, path, f"{path}{act}/") for act in ("change", "hours")}
    keeping.keep_hours(contact, {0: [MORNING]}, scenes.now(cast.adele))
    for act, fields in (("change", NEW), ("hours", {"day-1": "8-9"})):
        assert adele.post(f"{path}{act}/", old[act] | fields).status_code == 409, act
    assert support().name != "Jouren"
    assert keeping.week_of(contact) == {0: [MORNING]}


def test_the_same_again_is_no_change(adele: Client, cast: Cast) -> None:
    contact, event = support(), scenes.now(cast.adele)
    assert keeping.keep_hours(contact, {0: [MORNING]}, event).new
    assert not keeping.keep_hours(contact, {0: [MORNING], 1: []}, event, shown="old").new
    assert not keeping.change(contact, {"number": contact.number}, event, shown="old").new


@pytest.mark.both_databases
def test_a_single_day_is_added_once_and_taken_away(adele: Client) -> None:
    till, day = Contact.objects.get(number="1258"), timezone.localdate() + timedelta(days=3)
    for hours, status in (("8–12", 302), ("8–12", 302), ("", 400)):
        fields = {"day": f"{day}", "hours": hours, "reason": "utbildning"}
        assert post(adele, till, "days", **fields).status_code == status
    assert contacts.register().till[0].days == (SingleDay(day, time(8), time(12)),)
    assert str(day) in text_of(adele.get(INDEX))
    kept = ContactDay.objects.get()
    for _twice in range(2):
        adele.post(f"{INDEX}days/{kept.pk}/drop/")
    assert not ContactDay.objects.exists()
    acts = LogEntry.objects.filter(act__in=["add_day", "drop_day"]).order_by("id")
    assert [entry.act for entry in acts] == ["add_day", "drop_day"]


@pytest.mark.parametrize(
    "wrong", [{"day": "23/12"}, {"hours": "8-9, 10-11"}, {"hours": "x"}, {"reason": " "}]
)
def test_what_is_no_single_day_is_refused(adele: Client, wrong: dict[str, str]) -> None:
    fields = {"day": f"{date(2030, 1, 2)}", "hours": "", "reason": "utbildning"} | wrong
    assert post(adele, support(), "days", **fields).status_code == 400
    assert not ContactDay.objects.exists()


def test_the_list_says_when_nobody_answers(adele: Client) -> None:
    Contact.objects.filter(number="1258").update(active=False)
    page = text_of(adele.get(INDEX))
    assert "The register keeps no telephone number for" in page
    assert "Not in use" in page


@pytest.mark.parametrize("who", ["gunde", "tilda"])
def test_others_look_and_change_nothing(sign_in: SignIn, cast: Cast, who: str) -> None:
    client, path = sign_in(getattr(cast, who)), support().get_absolute_url()
    assert "16:30" in text_of(client.get(path))
    for act in ("change", "hours", "days"):
        assert f'action="{path}{act}/"' not in client.get(path).content.decode()
        assert client.post(f"{path}{act}/", NEW).status_code == 403
