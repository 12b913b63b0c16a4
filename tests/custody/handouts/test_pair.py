"""The second person: their word on the pair, and what is refused without it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from befreg_reserv.people.models import User
from custody.handouts import closing, notices, pair
from custody.handouts.refusals import NotAnother, NoWitness
from custody.ledger.refusals import IllegalStep
from custody.models import Handout, HandoutStep
from custody.models.states import Act, State
from tests import scenes
from tests.cast import Cast, person
from tests.ground.lifting import lifted
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


@pytest.fixture
def required(settings: Any) -> None:
    settings.MERGE_WITNESS = pair.REQUIRE


@pytest.fixture
def replaced(cast: Cast, handout: Handout) -> Handout:
    return scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma)).row


def file(by: User, handout: Handout, **options: Any) -> str:
    return notices.file_notice(handout.pk, now(by), **options).row.state


@pytest.mark.usefixtures("required")
def test_required_the_notice_waits_for_the_second_person(cast: Cast, replaced: Handout) -> None:
    with pytest.raises(NoWitness):
        file(cast.wilma, replaced)
    pair.witness(replaced.pk, now(cast.adele))
    assert file(cast.wilma, replaced) == State.CLOSED


@pytest.mark.usefixtures("required")
def test_required_a_name_is_no_word(cast: Cast, replaced: Handout) -> None:
    with pytest.raises(NoWitness):
        file(cast.wilma, replaced, witness="adele")


@pytest.mark.usefixtures("required")
def test_a_withdrawn_number_voids_the_word(cast: Cast, replaced: Handout) -> None:
    pair.witness(replaced.pk, now(cast.adele))
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="bed 4's")
    scenes.replaced(replaced.pk, scenes.REAL_WOMAN, now(cast.wilma))
    with pytest.raises(NoWitness):
        file(cast.wilma, replaced)


@pytest.mark.usefixtures("required")
def test_a_withdrawn_notice_leaves_it(cast: Cast, replaced: Handout) -> None:
    pair.witness(replaced.pk, now(cast.adele))
    file(cast.wilma, replaced)
    notices.withdraw_notice(replaced.pk, now(cast.wilma), reason="typed wrong in RAPS")
    assert file(cast.wilma, replaced) == State.CLOSED


def test_it_is_another_than_who_registered_the_number(cast: Cast, replaced: Handout) -> None:
    with pytest.raises(NotAnother):
        pair.witness(replaced.pk, now(cast.wilma))
    with pytest.raises(NotAnother):
        file(cast.wilma, replaced, witness="wilma")


def test_who_recorded_it_for_another_is_none_either(cast: Cast, handout: Handout) -> None:
    event = now(cast.wilma)
    for_another = type(event)(event.at, "other", event.recorded_at, cast.wilma)
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, for_another)
    for by in (cast.wilma, person("other")):
        with pytest.raises(NotAnother):
            pair.witness(handout.pk, now(by))


def test_the_same_word_again_is_one(cast: Cast, replaced: Handout) -> None:
    assert pair.witness(replaced.pk, now(cast.adele)).new
    assert not pair.witness(replaced.pk, now(cast.adele)).new


def test_there_must_be_a_pair(cast: Cast, handout: Handout) -> None:
    with pytest.raises(IllegalStep):
        pair.witness(handout.pk, now(cast.adele))


def test_asked_a_name_may_be_given(cast: Cast, replaced: Handout) -> None:
    assert file(cast.wilma, replaced, witness="other") == State.CLOSED
    step = HandoutStep.objects.get(act=Act.WITNESS)
    assert (step.by, step.recorded_by, step.identity) == ("other", cast.wilma, scenes.REAL_WOMAN)


def test_asked_it_may_be_left_out(cast: Cast, replaced: Handout) -> None:
    assert file(cast.wilma, replaced) == State.CLOSED


def test_off_it_is_not_kept(cast: Cast, replaced: Handout, settings: Any) -> None:
    settings.MERGE_WITNESS = pair.OFF
    assert file(cast.wilma, replaced, witness="other") == State.CLOSED
    assert not HandoutStep.objects.filter(act=Act.WITNESS).exists()


@pytest.mark.parametrize("by", ["wilma", "other"])
def test_the_database_refuses_the_first_person(cast: Cast, handout: Handout, by: str) -> None:
    event = now(cast.wilma)
    for_another = type(event)(event.at, "other", event.recorded_at, cast.wilma)
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, for_another)
    step = HandoutStep(
        handout=handout, sequence=4, act=Act.WITNESS, source=State.REPLACED,
        target=State.REPLACED, at=event.at, by=by, recorded_at=event.recorded_at,
        recorded_by=cast.adele,
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        step.save()
    with lifted():
        step.save()
    assert handout.steps.count() == 4
