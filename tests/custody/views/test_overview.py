"""The administrator's overview: what waits, what is left, what is open for how long."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards import register as wards
from befreg_reserv.to_do.waiting import MOST
from custody.afterwards import sign_off
from custody.binder import contents
from custody.handouts import closing, followup, notices
from custody.models import Binder, Handout
from custody.planned import prepared
from outage import lifecycle
from outage.models import Contact, ContactDay, Outage
from outage.plans import planning
from tests import scenes
from tests.cast import Cast, ward
from tests.conftest import SignIn
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.outage.routine.drafts import decide
from tests.pages import text_of

OVERVIEW = "/binder/overview/"


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.adele)


def of(label: str, page: Any) -> list[Any]:
    """Return what the entries with this label are about, or what they say."""
    with override("sv"):
        label = gettext(label)
    entries = [entry for entry, _form in page.context["to_do"] if entry.label == label]
    return [entry.about or entry.text for entry in entries]


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


def test_it_says_when_nothing_waits(adele: Client, cast: Cast, settings: Any) -> None:
    settings.BACKUP_OVERDUE_HOURS = 0  # another program takes backups
    decide(cast)
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False, at=timezone.now())
    keep_administrator()
    Ward.objects.update(email="ward@example.org")
    assert "Inget väntar på någon." in text_of(adele.get(OVERVIEW))


def test_open_numbers_are_never_all_clear(adele: Client, cast: Cast, settings: Any) -> None:
    test_it_says_when_nothing_waits(adele, cast, settings)
    lifecycle.start(scenes.now(cast.tilda), drill=False)
    scenes.handed_out(cast)
    page = adele.get(OVERVIEW)
    assert page.context["to_do"] == []
    assert page.context["loops"]
    assert "Inget väntar på någon." not in text_of(page)


def keep_administrator() -> None:
    Contact.objects.create(purpose="admin", position=1, name="Administratör", number="4711")


def test_it_warns_while_no_number_of_the_administrator_is_kept(adele: Client) -> None:
    warned = "Inget telefonnummer är inlagt för: Administratören, när inget nummer är kvar."
    page = adele.get(OVERVIEW)
    assert warned in text_of(page)
    assert reverse("contacts:index") in page.content.decode()
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
    assert of("Reminders", page) == [[cast.eye]]
    register = f'<a href="/wards/every/{cast.eye.pk}/">'
    assert register in page.content.decode()
    looking_on = sign_in(cast.gunde).get(OVERVIEW)
    assert of("Reminders", looking_on) == [[cast.eye]]
    assert register not in looking_on.content.decode()


def test_a_drills_numbers_need_no_address(
    cast: Cast, adele: Client, training_binder: Binder, drill: Outage
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    assert of("Reminders", adele.get(OVERVIEW)) == []


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


# --- what waits, with its owner and its age ------------------------------------------------------


def test_an_outage_waits_for_its_signature(cast: Cast, adele: Client, outage: Outage) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    (said,) = of("Sign-off", adele.get(OVERVIEW))
    assert "är inte signerat" in said
    address = reverse("outage:sign-off", args=[outage.pk])
    assert address in adele.get(OVERVIEW).content.decode()
    sign_off.sign_off(outage.pk, scenes.now(cast.adele))
    assert of("Sign-off", adele.get(OVERVIEW)) == []


def test_whoever_may_not_sign_is_led_to_the_outage(
    cast: Cast, sign_in: SignIn, outage: Outage
) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    page = sign_in(cast.gunde).get(OVERVIEW).content.decode()
    assert reverse("outage:sign-off", args=[outage.pk]) not in page
    assert f'href="{outage.get_absolute_url()}"' in page


def test_a_drill_waits_among_drills_alone(cast: Cast, adele: Client, drill: Outage) -> None:
    lifecycle.end(drill, scenes.now(cast.tilda))
    assert of("Sign-off", adele.get(OVERVIEW)) == []
    assert len(of("Sign-off", adele.get(f"{OVERVIEW}?drill=1"))) == 1


def test_a_number_that_was_not_read_back_waits_once_the_call_is_over(
    cast: Cast, adele: Client, handout: Handout
) -> None:
    assert of("Not read back", adele.get(OVERVIEW)) == []  # the call goes on
    with lifted():
        Handout.objects.update(handed_out_at=timezone.now() - timedelta(minutes=16))
    page = adele.get(OVERVIEW)
    assert len(of("Not read back", page)) == 1
    assert "Kassan · har väntat 16 min" in text_of(page)
    handout.refresh_from_db()
    closing.void(handout.pk, scenes.now(cast.adele), reason="left")
    assert of("Not read back", adele.get(OVERVIEW)) == []


def test_prepared_numbers_and_late_patients_wait_for_their_wards(cast: Cast, adele: Client) -> None:
    plan = scenes.planned(cast)
    prepared.enter(plan, cast.iva, "19450829K088", scenes.now(cast.adele))
    outage, _new = planning.start(plan.pk, scenes.now(cast.tilda))
    scenes.treated_without(cast, outage)
    assert of("Prepared", adele.get(OVERVIEW)) == []  # nobody knows before the end
    lifecycle.end(outage, scenes.now(cast.tilda))
    page = adele.get(OVERVIEW)
    assert (len(of("Prepared", page)), len(of("To register", page))) == (1, 1)
    for address in ("outage:prepared", "outage:late"):
        key = plan.pk if address == "outage:prepared" else outage.pk
        assert reverse(address, args=[key]) in page.content.decode()


def test_a_closed_number_that_is_not_switched_over_waits(
    cast: Cast, adele: Client, handout: Handout
) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    assert of("Switch list", adele.get(OVERVIEW)) == []  # it is open, and stands there as such
    notices.file_notice(handout.pk, scenes.now(cast.wilma))
    page = adele.get(OVERVIEW)
    assert of("Switch list", page) == ["1 avslutat nummer är inte omställt överallt."]
    (address,) = (
        entry.address for entry, _form in page.context["to_do"] if "kind=" in entry.address
    )
    assert [task.row for task in adele.get(address).context["page"]] == [handout]


def test_wards_that_nobody_signs_in_for_or_without_mail_are_named(
    cast: Cast, adele: Client
) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(email="iva@example.org")
    User.objects.filter(pk=cast.wilma.pk).update(is_active=False)
    said = of("Wards", adele.get(OVERVIEW))
    assert said == [
        "1 avdelning har ingen som kan logga in: Anestesikliniken / IVA.",
        "1 avdelning saknar e-postadress och nås inte av påminnelser:"
        " Ögonkliniken / Ögonmottagning.",
    ]


def test_open_numbers_of_a_ward_that_nobody_signs_in_for_wait(
    cast: Cast, adele: Client, handout: Handout
) -> None:
    assert of("Nobody there", adele.get(OVERVIEW)) == []
    User.objects.filter(pk=cast.wilma.pk).update(is_active=False)
    page = adele.get(OVERVIEW)
    (said,) = of("Nobody there", page)
    assert said == "1 nummer är öppet på Anestesikliniken / IVA, där ingen kan logga in."
    assert f'href="/ward/?ward={cast.iva.pk}"' in page.content.decode()
    closing.void(handout.pk, scenes.now(cast.adele), reason="left")
    assert of("Nobody there", adele.get(OVERVIEW)) == []


def test_what_is_more_than_a_page_follows(cast: Cast, adele: Client) -> None:
    now = timezone.now()
    Outage.objects.bulk_create(
        Outage(
            kind="unplanned",
            drill=False,
            started_at=now - timedelta(hours=hours),
            ended_at=now - timedelta(hours=hours),
        )
        for hours in range(MOST + 1)
    )
    page = adele.get(OVERVIEW)
    assert len(of("Sign-off", page)) == MOST
    assert "Det finns mer av samma slag." in text_of(page)


def test_it_takes_as_many_statements_for_much_as_for_little(
    cast: Cast, adele: Client, outage: Outage
) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    with CaptureQueriesContext(connection) as few:
        adele.get(OVERVIEW)
    test_what_is_more_than_a_page_follows(cast, adele)
    with CaptureQueriesContext(connection) as many:
        adele.get(OVERVIEW)
    assert len(many) == len(few)


# --- a new installation --------------------------------------------------------------------------


def steps(page: Any) -> list[tuple[str, bool, bool]]:
    return [(each.step.address, each.done, each.next) for each in page.context["steps"]]


def test_an_empty_installation_is_led_through_in_order(cast: Cast, adele: Client) -> None:
    with lifted():
        Membership.objects.all().delete()
        Ward.objects.all().delete()
    page = adele.get(OVERVIEW)
    assert [address for address, _done, _next in steps(page)] == [
        "wards:file",
        "staff:index",
        "contacts:index",
        "routine:new",
        "binder:load",
    ]
    assert [each for each in steps(page) if each[2]] == [("wards:file", False, True)]
    assert f'href="{reverse("wards:file")}"' in page.content.decode()
    ward(clinic="Anestesikliniken", name="IVA")
    assert steps(adele.get(OVERVIEW))[:2] == [
        ("wards:file", True, False),
        ("staff:index", False, True),
    ]


def test_wards_without_people_are_no_line_beside_the_step_that_lets_people_in(
    cast: Cast, adele: Client
) -> None:
    def lines(page: Any) -> int:
        return sum(
            entry.address == reverse("staff:index") for entry, _form in page.context["to_do"]
        )

    Membership.objects.filter(user=cast.vidar).delete()
    assert lines(adele.get(OVERVIEW)) == 1
    Membership.objects.all().delete()
    page = adele.get(OVERVIEW)
    assert ("staff:index", False, True) in steps(page)
    assert lines(page) == 0


def test_the_steps_go_away_once_all_that_is_needed_is_there(
    cast: Cast, adele: Client, real_binder: Binder
) -> None:
    assert [done for _address, done, _next in steps(adele.get(OVERVIEW))] == [
        *(True, True, False, False, True)
    ]
    keep_administrator()
    assert steps(adele.get(OVERVIEW)) == []  # a routine comes with the installation
    User.objects.filter(groups__name=Role.TILL.value).update(is_active=False)
    assert steps(adele.get(OVERVIEW))[1][1:] == (False, True)


def test_what_a_step_says_stands_in_the_list_no_more(adele: Client) -> None:
    page = adele.get(OVERVIEW)
    assert [address for address, done, _next in steps(page) if not done] == [
        *("contacts:index", "routine:new", "binder:load")
    ]
    assert not any(of(label, page) for label in ("Contacts", "Routine", "Refill"))
    keep_administrator()
    scenes.lay_in("Pärm AKM", scenes.REAL[:1], training=False)
    page = adele.get(OVERVIEW)
    assert steps(page) == []
    assert of("Routine", page)
    assert of("Refill", page)
