"""Contacts and targets in Django's admin: the administrator keeps them, nobody deletes them."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from outage.calling import contacts
from outage.calling.contacts import Hours, SingleDay
from outage.models import Contact, DrillTargets
from tests import cast as casting
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene

CONTACTS = "/admin/outage/contact/"
TARGETS = "/admin/outage/drilltargets/"


@scene
def adele(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.adele)


def contact_form(*hours: tuple[int, str, str], **changes: Any) -> dict[str, Any]:
    """Return what the page of a new contact sends."""
    rows = {
        f"hours-{number}-{name}": value
        for number, row in enumerate(hours)
        for name, value in zip(("weekday", "opens", "closes"), row, strict=True)
    }
    fields = {
        "purpose": "fault",
        "position": "1",
        "name": "Jouren",
        "number": "4444",
        "active": "on",
        "hours-TOTAL_FORMS": len(hours),
        "hours-INITIAL_FORMS": 0,
        "days-TOTAL_FORMS": 0,
        "days-INITIAL_FORMS": 0,
    }
    return fields | rows | changes


def test_a_contact_is_added_with_its_hours(adele: Client, cast: Cast) -> None:
    Contact.objects.filter(number="3010").update(active=False)
    fields = contact_form((0, "08:00", "12:00"), (0, "13:00", "23:59"), hint="säg Befreg")
    assert adele.post(f"{CONTACTS}add/", fields).status_code == 302
    line = contacts.register().fault[0]
    assert (line.number, line.name, line.hint) == ("4444", "Jouren", "säg Befreg")
    assert line.hours == (Hours(0, time(8), time(12)), Hours(0, time(13), time(23, 59)))
    contact = Contact.objects.get(number="4444")
    entry = LogEntry.objects.filter(object_pk=contact.pk, content_type__model="contact").get()
    assert (entry.actor, entry.changes["number"]) == (cast.adele, ["None", "4444"])


@pytest.mark.parametrize(
    "hours",
    [
        [(0, "16:00", "08:00")],  # over midnight: two rows
        [(0, "08:00", "08:00")],
        [(7, "08:00", "09:00")],
        [(0, "8 o'clock", "09:00")],
        [(0, "08:00", "09:00"), (0, "08:00", "10:00")],
    ],
)
def test_hours_that_no_day_has_are_refused_in_words(
    adele: Client, hours: list[tuple[int, str, str]]
) -> None:
    answer = adele.post(f"{CONTACTS}add/", contact_form(*hours))
    assert answer.status_code == 200
    assert answer.context["errors"]
    assert not Contact.objects.filter(number="4444").exists()


def test_why_hours_are_refused_is_said(adele: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.adele.pk).update(language="en")
    answer = adele.post(f"{CONTACTS}add/", contact_form((0, "16:00", "08:00")))
    assert "It must close after it opens, on the same day." in answer.content.decode()


def test_a_contact_goes_out_of_use_and_never_away(adele: Client, sign_in: SignIn) -> None:
    contact = Contact.objects.get(number="1258")
    root = casting.person("root1")
    root.is_superuser = root.is_staff = True
    root.save()
    for client in (adele, sign_in(root)):
        path = f"{CONTACTS}{contact.pk}/delete/"
        assert client.post(path, {"post": "yes"}).status_code == 403
    fields = contact_form(purpose="till", number="1258")
    del fields["active"]
    adele.post(f"{CONTACTS}{contact.pk}/change/", fields)
    assert contacts.register().till == ()


def test_hours_are_changed_and_taken_away(adele: Client) -> None:
    contact = Contact.objects.get(number="3010")
    rows = list(contact.hours.all())
    fields = {
        **contact_form(number="3010"),
        "hours-TOTAL_FORMS": len(rows),
        "hours-INITIAL_FORMS": len(rows),
    }
    for number, row in enumerate(rows):
        prefix = f"hours-{number}"
        fields |= {f"{prefix}-id": row.pk, f"{prefix}-weekday": row.weekday}
        fields |= {f"{prefix}-opens": "09:00", f"{prefix}-closes": "10:00"}
    fields["hours-4-DELETE"] = "on"
    assert adele.post(f"{CONTACTS}{contact.pk}/change/", fields).status_code == 302
    found = contacts.register().fault[0].hours
    assert found == tuple(Hours(day, time(9), time(10)) for day in range(4))


def test_a_single_day_is_added(adele: Client) -> None:
    contact = Contact.objects.get(number="1258")
    day = {"days-TOTAL_FORMS": 1, "days-0-day": "2026-12-23", "days-0-reason": "utbildning"}
    fields = contact_form(purpose="till", number="1258", **day)
    assert adele.post(f"{CONTACTS}{contact.pk}/change/", fields).status_code == 302
    assert contacts.register().till[0].days == (SingleDay(date(2026, 12, 23)),)


def test_an_auditor_looks_and_changes_nothing(sign_in: SignIn, cast: Cast) -> None:
    gunde, contact = sign_in(cast.gunde), Contact.objects.get(number="3010")
    assert "16:30" in gunde.get(f"{CONTACTS}{contact.pk}/change/").content.decode()
    assert gunde.post(f"{CONTACTS}{contact.pk}/change/", contact_form()).status_code == 403
    assert gunde.post(f"{CONTACTS}add/", contact_form()).status_code == 403
    assert gunde.post(f"{TARGETS}1/change/", {}).status_code == 403


def test_the_targets_are_one_row_that_changes(adele: Client) -> None:
    fields = {"call_to_number_seconds": "45", "close_out_minutes": "120"}
    assert adele.post(f"{TARGETS}1/change/", fields).status_code == 302
    targets = DrillTargets.objects.get()
    assert (targets.call_to_number_seconds, targets.close_out_minutes) == (45, 120)
    assert adele.post(f"{TARGETS}add/", fields).status_code == 403
    assert adele.post(f"{TARGETS}1/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("seconds", ["0", "3601", "-1", "soon"])
def test_a_target_nobody_could_mean_is_refused(adele: Client, seconds: str) -> None:
    fields = {"call_to_number_seconds": seconds, "close_out_minutes": "120"}
    answer = adele.post(f"{TARGETS}1/change/", fields)
    assert answer.context["errors"]
    assert DrillTargets.objects.get().call_to_number_seconds == 60
