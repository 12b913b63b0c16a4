"""One person, several numbers: each handout says that it is the same person, and has its notice."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.afterwards import deviations
from custody.afterwards.deviations import DeviationKind
from custody.checks import consistency
from custody.handouts import chain, closing, notices
from custody.ledger.refusals import BadIdentity, SamePerson
from custody.models import Binder, Handout, PreparedNumber
from custody.models.states import Act, State
from custody.planned import late_registration, prepared
from custody.planned.refusals import IsAPatients
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.ledger.test_invariants import copy_of, refused, say_replaced, update
from tests.ground.blind import blind_once
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import REAL_WOMAN, REAL_WOMAN_2, now

pytestmark = pytest.mark.one_database("decisions")

WHY = "came from the ED with two wristbands"


@scene
def three(cast: Cast, real_binder: Binder, outage: Outage) -> list[Handout]:
    """Three handouts of one ward; the first has its real number."""
    handouts = [scenes.handed_out(cast) for _each in range(3)]
    scenes.replaced(handouts[0].pk, REAL_WOMAN, now(cast.wilma))
    return [Handout.objects.get(pk=each.pk) for each in handouts]


def same(handout: Handout, first: Handout, user: User, **changes: Any) -> Handout:
    """Register the real number of ``first`` on another handout of the same person."""
    said = {"same_person": f"handout-{first.pk}", "same_reason": WHY} | changes
    return scenes.replaced(handout.pk, first.real_identity or REAL_WOMAN, now(user), **said).row


def fresh(handout: Handout) -> Handout:
    return Handout.objects.get(pk=handout.pk)


# --- the act --------------------------------------------------------------------------------------


def test_without_the_word_it_is_asked_about(cast: Cast, three: list[Handout]) -> None:
    with pytest.raises(SamePerson, match="another handout") as asked:
        scenes.replaced(three[1].pk, REAL_WOMAN, now(cast.wilma))
    assert (asked.value.about, asked.value.key) == (three[0], f"handout-{three[0].pk}")
    assert fresh(three[1]).state == State.HANDED_OUT


def test_who_registers_it_after_the_check_is_asked_about_too(
    cast: Cast, three: list[Handout], monkeypatch: pytest.MonkeyPatch
) -> None:
    blind_once(monkeypatch)  # the first had no number yet; a reason stood in the form all the same
    with pytest.raises(SamePerson) as asked:
        scenes.replaced(three[1].pk, REAL_WOMAN, now(cast.wilma), same_reason=WHY)
    assert asked.value.about == three[0]
    assert fresh(three[1]).state == State.HANDED_OUT


def test_with_the_word_both_have_the_number(cast: Cast, three: list[Handout]) -> None:
    first, second, third = three
    same(second, first, cast.wilma)
    same(third, first, cast.wilma)
    assert [fresh(each).same_person_as for each in three] == [None, first, first]
    assert chain.others(fresh(second)) == [first, third]
    step = second.steps.get(act=Act.SAME_PERSON)
    assert (step.reason, step.identity, step.by) == (WHY, REAL_WOMAN, "wilma")
    assert not list(consistency.findings())


def test_the_word_needs_a_reason(cast: Cast, three: list[Handout]) -> None:
    with pytest.raises(ReasonMissing) as missing:
        same(three[1], three[0], cast.wilma, same_reason="")
    assert missing.value.field == "same_reason"
    assert not three[1].steps.filter(act=Act.SAME_PERSON).exists()


def test_a_word_about_another_handout_is_asked_anew(cast: Cast, three: list[Handout]) -> None:
    with pytest.raises(SamePerson):
        same(three[1], three[0], cast.wilma, same_person=f"handout-{three[2].pk}")


def test_a_stale_word_about_a_free_number_says_nothing(cast: Cast, three: list[Handout]) -> None:
    done = same(three[1], three[0], cast.wilma)
    closing.withdraw_replacement(done.pk, now(cast.wilma), reason="another patient")
    scenes.replaced(
        done.pk, REAL_WOMAN_2, now(cast.wilma), same_person="handout-1", same_reason="x"
    )
    assert fresh(done).same_person_as is None
    assert done.steps.filter(act=Act.SAME_PERSON).count() == 1


def test_each_pair_has_its_own_notice(cast: Cast, three: list[Handout]) -> None:
    first, second, _third = three
    same(second, first, cast.wilma)
    for each in (first, second):
        notices.file_notice(each.pk, now(cast.wilma))
    notices.withdraw_notice(second.pk, now(cast.wilma), reason="wrong bed")
    closing.withdraw_replacement(second.pk, now(cast.wilma), reason="wrong bed")
    assert (fresh(first).state, fresh(first).real_identity) == (State.CLOSED, REAL_WOMAN)
    assert fresh(second).same_person_as is None
    assert not list(consistency.findings())


def test_when_the_first_is_withdrawn_the_next_one_is_first(
    cast: Cast, three: list[Handout]
) -> None:
    first, second, third = three
    same(second, first, cast.wilma)
    same(third, first, cast.wilma)
    closing.withdraw_replacement(first.pk, now(cast.wilma), reason="wrong bed")
    assert [fresh(each).same_person_as for each in three] == [None, None, second]
    assert [fresh(each).real_identity for each in three] == [None, REAL_WOMAN, REAL_WOMAN]
    assert LogEntry.objects.filter(act="first_of_person").count() == 2
    assert not list(consistency.findings())


@pytest.mark.both_databases
def test_whoever_was_first_comes_back_as_a_further_one(cast: Cast, three: list[Handout]) -> None:
    first, second, _third = three
    same(second, first, cast.wilma)
    closing.withdraw_replacement(first.pk, now(cast.wilma), reason="wrong bed")
    with pytest.raises(SamePerson):
        scenes.replaced(first.pk, REAL_WOMAN, now(cast.wilma))
    same(first, fresh(second), cast.wilma)
    assert fresh(first).same_person_as == second


# --- the database ---------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("points", "rule"),
    [
        (False, "real_identity_on_one_handout|handout.real_identity"),
        (True, "points to the first"),
    ],
)
def test_the_database_refuses_it_without_the_word(
    three: list[Handout], rule: str, *, points: bool
) -> None:
    first, second, _third = three
    say_replaced(second)
    with refused(rule):
        update(
            second,
            state=State.REPLACED,
            real_identity=REAL_WOMAN,
            real_kind=first.real_kind,
            replaced_at=first.replaced_at,
            same_person_as=first if points else None,
        )


def test_the_database_refuses_a_new_handout_that_points(three: list[Handout]) -> None:
    with refused("gets its real number by a step"):
        copy_of(three[0], request_key=uuid4(), state=State.UNDONE, same_person_as=three[0])


@pytest.mark.both_databases
def test_the_word_in_the_database_names_the_number(three: list[Handout]) -> None:
    step = three[1].steps.get()
    with refused("step_of_the_same_person_names_the_number"):
        copy_of(step, sequence=2, act=Act.SAME_PERSON, source=step.target, reason=WHY)


def raw_points_to_a_further_one(_first: Handout, second: Handout, third: Handout) -> None:
    update(third, same_person_as=second)


def raw_points_to_itself(_first: Handout, second: Handout, _third: Handout) -> None:
    update(second, same_person_as=second)


def raw_points_to_each_other(first: Handout, second: Handout, _third: Handout) -> None:
    update(first, same_person_as=second)


def raw_takes_another_number(_first: Handout, second: Handout, _third: Handout) -> None:
    update(second, real_identity=REAL_WOMAN_2)


def raw_second_first(_first: Handout, second: Handout, _third: Handout) -> None:
    update(second, same_person_as=None)


def raw_leaves_others(first: Handout, _second: Handout, _third: Handout) -> None:
    update(first, state=State.HANDED_OUT, real_identity=None, real_kind="", replaced_at=None)


def raw_points_without_a_number(_first: Handout, second: Handout, _third: Handout) -> None:
    update(second, state=State.HANDED_OUT, real_identity=None, real_kind="", replaced_at=None)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (raw_points_to_a_further_one, "points to the first"),
        (raw_points_to_itself, "points to the first"),
        (raw_points_to_each_other, "points to the first"),
        (raw_takes_another_number, "points to the first"),
        (raw_second_first, "real_identity_on_one_handout|handout.real_identity"),
        (raw_leaves_others, "keeps it while others point to it"),
        (raw_points_without_a_number, "handout_of_the_same_person|points to the first"),
    ],
)
def test_the_database_refuses_two_firsts_and_dangling_ones(
    cast: Cast, three: list[Handout], raw: Callable[..., None], rule: str
) -> None:
    same(three[1], three[0], cast.wilma)
    same(three[2], three[0], cast.wilma)
    with refused(rule):
        raw(*map(fresh, three))


def damage(row: Handout, **columns: Any) -> list[str]:
    """Return what check_custody finds of a row that was changed without the rules."""
    with lifted():
        update(row, **columns)
    return list(consistency.same_person_as_the_first())


@pytest.mark.parametrize("points_to", [1, 2])
def test_check_custody_finds_who_points_to_no_first(
    cast: Cast, three: list[Handout], points_to: int
) -> None:
    same(three[1], three[0], cast.wilma)
    same(three[2], three[0], cast.wilma)
    (found,) = damage(three[2], same_person_as=three[points_to])
    assert found.startswith(f"handout {three[2].pk}: isn't the same person")


def test_check_custody_finds_two_that_point_to_each_other(cast: Cast, three: list[Handout]) -> None:
    same(three[1], three[0], cast.wilma)
    assert len(damage(three[0], same_person_as=three[1])) == 2


def test_check_custody_finds_a_further_one_without_a_word(cast: Cast, three: list[Handout]) -> None:
    same(three[1], three[0], cast.wilma)
    with lifted():
        three[1].steps.filter(act=Act.SAME_PERSON).delete()
    assert len(list(consistency.same_person_as_the_first())) == 1


# --- registered late, or prepared -----------------------------------------------------------------


@pytest.fixture
def registered_late(cast: Cast, outage: Outage) -> str:
    row = scenes.treated_without(cast, outage)
    late_registration.register(row.pk, REAL_WOMAN_2, now(cast.wilma))
    return f"lateregistration-{row.pk}"


def test_a_patient_registered_late_is_the_same(
    cast: Cast, three: list[Handout], registered_late: str
) -> None:
    with pytest.raises(SamePerson) as asked:
        scenes.replaced(three[1].pk, REAL_WOMAN_2, now(cast.wilma))
    assert asked.value.key == registered_late
    for each in three[1:]:
        scenes.replaced(
            each.pk, REAL_WOMAN_2, now(cast.wilma), same_person=registered_late, same_reason=WHY
        )
    notices.file_notice(three[1].pk, now(cast.wilma))
    assert fresh(three[2]).same_person_as == three[1]
    assert [str(each.pk) for each in chain.elsewhere(fresh(three[1]))] == [
        registered_late.removeprefix("lateregistration-")
    ]
    assert not list(consistency.findings())


def test_the_database_refuses_a_late_patients_number_without_the_word(
    three: list[Handout], registered_late: str
) -> None:
    assert registered_late
    step = three[1].steps.get()
    copy_of(step, sequence=2, act=Act.NO_WRISTBAND, source=step.target, reason="cut off")
    with refused("known already"):
        copy_of(
            step,
            sequence=3,
            act=Act.REPLACE,
            source=step.target,
            target="replaced",
            identity=REAL_WOMAN_2,
        )


@pytest.mark.parametrize("used", [False, True])
def test_a_prepared_number_is_the_same_patients_once_it_was_used(
    cast: Cast, three: list[Handout], *, used: bool
) -> None:
    plan = scenes.planned(cast, ahead=0)
    before = Event.now(cast.adele, plan.planned_start)
    prepared.enter(plan, cast.iva, REAL_WOMAN_2, before)
    number = plan.prepared.get()
    type(number).objects.filter(pk=number.pk).update(
        outcome="used" if used else "",
        marked_at=plan.planned_start if used else None,
        marked_by="adele" if used else "",
    )
    with nullcontext() if used else pytest.raises(BadIdentity, match="was prepared"):
        scenes.replaced(
            three[1].pk,
            REAL_WOMAN_2,
            now(cast.wilma),
            same_person=f"preparednumber-{number.pk}",
            same_reason=WHY,
        )
    assert (fresh(three[1]).real_identity == REAL_WOMAN_2) is used
    assert not list(consistency.no_number_in_two_places())


@scene
def claimed(cast: Cast, three: list[Handout]) -> PreparedNumber:
    """A prepared number that was used, and is the real number of the second handout."""
    plan = scenes.planned(cast, ahead=0)
    prepared.enter(plan, cast.iva, REAL_WOMAN_2, Event.now(cast.adele, plan.planned_start))
    number = prepared.mark(plan.prepared.get().pk, "used", now(cast.wilma)).row
    said: dict[str, Any] = {"same_person": f"preparednumber-{number.pk}", "same_reason": WHY}
    scenes.replaced(three[1].pk, REAL_WOMAN_2, now(cast.wilma), **said)
    return number


def test_then_it_was_used_until_it_is_withdrawn(
    cast: Cast, three: list[Handout], claimed: PreparedNumber
) -> None:
    with pytest.raises(IsAPatients):
        prepared.mark(claimed.pk, "unused", now(cast.wilma), reason="mixed up")
    with refused("was used"), transaction.atomic():
        update(claimed, outcome="unused")
    closing.withdraw_replacement(three[1].pk, now(cast.wilma), reason="mixed up")
    assert prepared.mark(claimed.pk, "unused", now(cast.wilma), reason="mixed up").new


@pytest.mark.both_databases
def test_the_database_lets_nobody_be_an_unused_one(
    cast: Cast, three: list[Handout], claimed: PreparedNumber
) -> None:
    closing.withdraw_replacement(three[1].pk, now(cast.wilma), reason="mixed up")
    prepared.mark(claimed.pk, "unused", now(cast.wilma), reason="mixed up")
    word = three[1].steps.get(act=Act.SAME_PERSON)
    with refused("no patient's"):
        copy_of(word, sequence=three[1].steps.count() + 1)


# --- the pages ------------------------------------------------------------------------------------


@scene
def wilma(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.update(language="en")
    return sign_in(cast.wilma)


def typed(handout: Handout, **changes: str) -> dict[str, str]:
    return {"number": REAL_WOMAN, "wristband": handout.number.last_four, "searched": "on"} | changes


def test_the_page_asks_and_shows_the_earlier_handout(wilma: Client, three: list[Handout]) -> None:
    first, second, _third = three
    answer = wilma.post(f"{second.get_absolute_url()}replace/", typed(second))
    page = text_of(answer)
    assert answer.status_code == 400
    assert "Is it the same patient?" in page
    assert f'value="handout-{first.pk}"' in answer.content.decode()
    assert f'href="{first.get_absolute_url()}"' in answer.content.decode()
    assert LogEntry.objects.filter(act="number_checked", object_id=first.pk).exists()


def test_the_check_while_typing_asks_too(wilma: Client, three: list[Handout]) -> None:
    answer = wilma.post(f"{three[1].get_absolute_url()}check/", typed(three[1]))
    assert "Is it the same patient?" in text_of(answer)


def test_the_tick_and_the_reason_register_it(wilma: Client, three: list[Handout]) -> None:
    first, second, _third = three
    said = typed(second, same_person=f"handout-{first.pk}", same_reason=WHY)
    answer = wilma.post(f"{second.get_absolute_url()}replace/", said, follow=True)
    assert "This person has had other numbers too." in text_of(answer)
    assert fresh(second).same_person_as == first
    for page in (first.get_absolute_url(), f"{second.get_absolute_url()}notice-sheet/"):
        assert "This person has had other numbers too." in text_of(wilma.get(page))


def test_a_tick_without_a_reason_is_asked_for_one(wilma: Client, three: list[Handout]) -> None:
    said = typed(three[1], same_person=f"handout-{three[0].pk}")
    answer = wilma.post(f"{three[1].get_absolute_url()}replace/", said)
    assert "Write why, in a few words." in text_of(answer)
    assert " checked" in answer.content.decode()


def test_another_wards_handout_is_named_by_its_last_four(
    cast: Cast, three: list[Handout], sign_in: SignIn
) -> None:
    User.objects.update(language="en")
    others = scenes.handed_out(cast, ward=cast.eye, sex="M")
    vidar = sign_in(cast.vidar)
    said = typed(others, sex_may_differ="on", reason="misheard")
    answer = vidar.post(f"{others.get_absolute_url()}replace/", said)
    page = text_of(answer)
    assert f"… {three[0].number.last_four}" in page
    assert str(cast.iva) in page
    assert three[0].number.value not in page
    assert three[0].get_absolute_url() not in answer.content.decode()


def test_the_till_sees_the_chain(cast: Cast, three: list[Handout], sign_in: SignIn) -> None:
    User.objects.update(language="en")
    same(three[1], three[0], cast.wilma)
    page = text_of(sign_in(cast.tilda).get(f"/till/handouts/{three[1].pk}/"))
    assert "This person has had other numbers too." in page


# --- afterwards -----------------------------------------------------------------------------------


def test_the_report_tells_of_it(cast: Cast, three: list[Handout], outage: Outage) -> None:
    same(three[1], three[0], cast.wilma)
    (found,) = (each for each in deviations.of(outage) if each.kind is DeviationKind.SAME_PERSON)
    assert three[0].number.value in found.numbers
    assert (found.number, found.right, found.reason, found.by) == (
        three[1].number.value,
        REAL_WOMAN,
        WHY,
        "wilma",
    )
