"""The administrator's overview: what waits, what is left, what is open for how long."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.people.wards import register as wards
from custody.binder import contents
from custody.handouts import followup
from custody.models import Binder, Handout
from custody.planned import prepared
from outage import lifecycle
from outage.models import Contact, ContactDay, Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.outage.routine.drafts import decide
from tests.pages import text_of

OVERVIEW = "/binder/overview/"


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.adele)


def supplies(born: Binder) -> list[tuple[int, int]]:
    return [(row.left, row.total) for row in contents.supply(born.birth_date)]


def test_supply_counts_what_our_binders_have_had(real_binder: Binder) -> None:
    assert supplies(real_binder) == [(32, 37), (32, 37), (10, 10)]


def test_supply_is_not_given_back(cast: Cast, real_binder: Binder, handout: Handout) -> None:
    scenes.lay_in("Pärm AKM", [scenes.many_numbers(10)[-1]], training=False)
    assert supplies(real_binder)[0] == (31, 37)


def test_prepared_numbers_of_the_birth_date_are_used_too(cast: Cast, real_binder: Binder) -> None:
    numbers = ["19450829K088", "20000101X803", scenes.many_numbers(10)[-1]]
    prepared.enter(scenes.planned(cast), cast.iva, "\n".join(numbers), scenes.now(cast.adele))
    assert supplies(real_binder) == [(31, 37), (32, 37), (9, 10)]


def test_prepared_training_numbers_are_no_supply(cast: Cast, training_binder: Binder) -> None:
    plan = scenes.planned(cast, drill=True)
    prepared.enter(plan, cast.iva, "20000101K056", scenes.now(cast.adele))
    assert supplies(training_binder) == [(37, 37), (37, 37), (10, 10)]


def test_the_supply_takes_as_many_statements_for_many_dates(real_binder: Binder) -> None:
    dates = [real_binder.birth_date + timedelta(days=days) for days in range(20)]
    with CaptureQueriesContext(connection) as captured:
        assert len(contents.supplies(dates)) == 20
    assert len(captured) == 2


def test_training_numbers_are_no_supply(training_binder: Binder) -> None:
    assert supplies(training_binder) == [(37, 37), (37, 37), (10, 10)]


@pytest.mark.parametrize(
    ("hours", "counted"), [(1, (1, 0, 0)), (25, (0, 1, 0)), (24 * 8, (0, 0, 1))]
)
def test_open_loops_by_age(handout: Handout, hours: int, counted: tuple[int, int, int]) -> None:
    (row,) = followup.open_by_ward(handout.handed_out_at + timedelta(hours=hours))
    assert (row.day, row.week, row.older) == counted
    assert (row.ward, row.total) == (handout.ward, 1)


def test_drills_and_what_is_closed_are_not_counted(
    cast: Cast, training_binder: Binder, drill: Outage
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    assert followup.open_by_ward(timezone.now()) == []


def test_a_binder_with_one_number_left_of_a_sex_waits_to_be_refilled(
    cast: Cast, real_binder: Binder, outage: Outage, adele: Client
) -> None:
    for _ in range(3):
        scenes.handed_out(cast)
    assert "Fyll på pärmen" not in text_of(adele.get(OVERVIEW))
    scenes.handed_out(cast)
    assert "Fyll på pärmen" in text_of(adele.get(OVERVIEW))


def test_it_says_when_nothing_waits(adele: Client, cast: Cast) -> None:
    decide(cast)
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False, at=timezone.now())
    keep_administrator()
    assert "alla har en avdelning" in text_of(adele.get(OVERVIEW))


def keep_administrator() -> None:
    Contact.objects.create(purpose="admin", position=1, name="Administratör", number="4711")


def test_it_warns_while_no_number_of_the_administrator_is_kept(adele: Client) -> None:
    warned = "Inget telefonnummer är inlagt för: Administratören, när inget nummer är kvar."
    page = adele.get(OVERVIEW)
    assert warned in text_of(page)
    assert reverse("admin:outage_contact_changelist") in page.content.decode()
    keep_administrator()
    assert warned not in text_of(adele.get(OVERVIEW))


def test_it_warns_of_a_time_of_the_coming_week_when_nobody_answers(adele: Client) -> None:
    day = timezone.localdate() + timedelta(days=2)
    ContactDay.objects.create(contact=Contact.objects.get(purpose="till"), day=day, reason="x")
    warned = text_of(adele.get(OVERVIEW))
    assert "Kassan: ingen i registret svarar från" in warned
    assert f"{day} 00:00" in warned


def test_unknown_wards_and_people_without_are_told(cast: Cast, adele: Client) -> None:
    wards.keep_typed_in(wards.typed_in("Rum 7"))
    cast.wilma.wards.clear()
    page = text_of(adele.get(OVERVIEW))
    assert "1 avdelning skrevs in" in page
    assert "1 person" in page


def test_wards_that_no_reminder_reaches_are_named(
    cast: Cast, adele: Client, sign_in: SignIn, handout: Handout
) -> None:
    scenes.handed_out(cast, ward=cast.eye)
    cast.iva.email = "iva@example.org"
    cast.iva.save(update_fields=["email"])
    page = adele.get(OVERVIEW)
    assert page.context["without_address"] == [cast.eye]
    register = f'<a href="/admin/people/ward/{cast.eye.pk}/change/">'
    assert register in page.content.decode()
    looking_on = sign_in(cast.gunde).get(OVERVIEW)
    assert looking_on.context["without_address"] == [cast.eye]
    assert register not in looking_on.content.decode()


def test_a_drills_numbers_need_no_address(
    cast: Cast, adele: Client, training_binder: Binder, drill: Outage
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    assert adele.get(OVERVIEW).context["without_address"] == []


def test_overdue_is_counted_from_the_return_of_befreg(handout: Handout, outage: Outage) -> None:
    later = timezone.now() + timedelta(days=3)
    assert not followup.is_overdue(handout, later)  # Befreg is still down: nobody could close it
    handout.outage.ended_at = timezone.now()
    assert followup.is_overdue(handout, later)
    assert not followup.is_overdue(handout, timezone.now() + timedelta(hours=23))


def test_an_overdue_card_says_so(
    cast: Cast, sign_in: SignIn, handout: Handout, settings: Any
) -> None:
    settings.OVERDUE_AFTER_HOURS = 0
    lifecycle.end(handout.outage, scenes.now(cast.tilda))
    assert "Försenat" in text_of(sign_in(cast.wilma).get("/ward/"))
