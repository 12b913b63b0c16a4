"""Who is reminded: wards, administrators, and the leader of a drill."""

from typing import Any

import pytest

from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.wards import register
from custody.handouts import reminders
from custody.models import Reminder
from tests import scenes
from tests.cast import Cast
from tests.custody.handouts.reminders.post import (
    ADELE,
    DAY,
    FRIDAY,
    HOUR,
    IVA,
    MONDAY,
    TILDA,
    handed_out,
    recipients,
    remind,
    week_after_week,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("addresses", "real_binder", "training_binder"),
    pytest.mark.one_database("decisions"),
]


# --- who has no address ------------------------------------------------------------------------


def test_wards_without_an_address_are_told_to_the_administrators_in_one_mail(cast: Cast) -> None:
    Ward.objects.update(email="")
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    (sent,) = remind(MONDAY)
    assert sent.to == [ADELE]
    assert str(cast.iva) in str(sent.body)
    assert str(cast.eye) in str(sent.body)
    assert remind(MONDAY + HOUR) == []


def test_the_administrators_are_told_where_to_call_the_ward(cast: Cast) -> None:
    Ward.objects.update(email="", telephone="3456")
    handed_out(cast, FRIDAY, cast.iva)
    (sent,) = remind(MONDAY)
    assert "telefon 3456" in str(sent.body)


def test_a_typed_in_ward_is_the_administrators_until_it_is_known(cast: Cast) -> None:
    typed = register.typed_in("IVVA")
    (handout,) = handed_out(cast, FRIDAY, typed)
    assert recipients(MONDAY) == [[ADELE]]
    register.merge(handout.ward, cast.iva, scenes.now(cast.adele))
    assert recipients(MONDAY + DAY) == [[IVA]]


@pytest.mark.both_databases
def test_every_active_administrator_with_an_address_is_told(cast: Cast) -> None:
    Ward.objects.update(email="")
    for name in ("astri", "anton", "alma"):
        other = User.objects.create(username=name, email=f"{name}@example.org")
        other.groups.set(cast.adele.groups.all())
    User.objects.filter(username="anton").update(is_active=False)
    User.objects.filter(username="alma").update(email="")
    handed_out(cast, FRIDAY, cast.iva)
    assert recipients(MONDAY) == [[ADELE, "astri@example.org"]]


@pytest.mark.both_databases
def test_without_any_administrators_address_nothing_is_spent(cast: Cast) -> None:
    Ward.objects.update(email="")
    User.objects.update(email="")
    handed_out(cast, FRIDAY, cast.iva)
    (letter,) = reminders.letters(MONDAY)
    assert letter.addresses == ()
    assert remind(MONDAY) == []
    assert not Reminder.objects.exists()


# --- drills ------------------------------------------------------------------------------------


def test_a_drill_reminds_its_leader_alone_and_says_so(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva, cast.eye, drill=True)
    (sent,) = remind(MONDAY)
    assert sent.to == [TILDA]
    assert sent.subject.startswith("ÖVNING: ")
    assert "DRILL" in str(sent.body)


def test_after_five_nobody_else_hears_of_a_drill(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    assert week_after_week(MONDAY, 8) == [[[TILDA]]] * 5 + [[]] * 3


@pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
def test_a_leader_without_an_address_or_gone_is_not_reminded(
    cast: Cast, change: dict[str, Any]
) -> None:
    User.objects.filter(pk=cast.tilda.pk).update(**change)
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    assert remind(MONDAY) == []
    assert not Reminder.objects.exists()


def test_a_drill_and_reality_are_two_mails(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(email=TILDA)
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    handed_out(cast, FRIDAY, cast.iva)
    assert sorted(each.subject.startswith("ÖVNING") for each in remind(MONDAY)) == [False, True]
