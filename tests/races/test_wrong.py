"""What went wrong with a number is put right by two people at the same moment."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from custody.calls import wrong_sex
from custody.checks import consistency
from custody.handouts import closing, correcting, notices
from custody.ledger import steps
from custody.ledger.refusals import IllegalStep
from custody.models import Binder, Handout, HandoutStep, ReserveNumber
from custody.models.states import Act, State, Step
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.races.processes.job import PATIENCE_SECONDS
from tests.races.processes.unlocked import without_locks
from tests.races.together import race, row_of
from tests.scenes import now

MEETINGS = range(5)

pytestmark = pytest.mark.django_db(transaction=True)


def another(cast: Cast, handout: Handout, sex: str = "M") -> Handout:
    done = wrong_sex.give_another(
        handout.pk, sex, now(cast.tilda), reason="misheard", lies_there=True
    )
    return done.row


def move(cast: Cast, handout: Handout) -> Handout:
    return correcting.transfer(handout.pk, cast.eye, now(cast.tilda), reason="moved").row


def void(cast: Cast, handout: Handout) -> Handout:
    return closing.void(handout.pk, now(cast.wilma), reason="never used").row


@contextmanager
def unlocked() -> Iterator[None]:
    """Let everybody read and write as naive code would."""
    with without_locks():
        yield


def test_two_tills_correct_the_same_sex(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    for _meeting in MEETINGS:
        handout = scenes.handed_out(cast)
        first, again = race(*[partial(another, cast, handout)] * 2)
        assert isinstance(first, Handout)
        assert first == again
    assert ReserveNumber.objects.filter(sex="M", taken_at=None).count() == 0
    assert list(consistency.findings()) == []


def test_two_tills_say_different_sexes(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    back = scenes.handed_out(cast)
    given = another(cast, back)
    outcomes = race(partial(another, cast, given, "K"), partial(another, cast, given, "X"))
    assert IllegalStep in {type(outcome) for outcome in outcomes}
    assert given.steps.filter(act="correct_sex").count() == 1


def test_without_the_locks_the_database_stops_one(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    handout, both_have_read = scenes.handed_out(cast), Barrier(2, timeout=PATIENCE_SECONDS)
    step_of = steps._step

    def slowly(of: Handout, step: Step, event: Event, sequence: int, **said: Any) -> HandoutStep:
        if step.act == Act.CORRECT_SEX:  # the first that is written; its place is read by now
            both_have_read.wait()
        return step_of(of, step, event, sequence, **said)

    naive = partial(inspect.unwrap(wrong_sex.replace_number), handout.pk, "M", reason="misheard")
    with unlocked(), patch.object(steps, "_step", slowly):
        outcomes = race(*[partial(naive, now(cast.tilda))] * 2)
    assert any(isinstance(outcome, IntegrityError) for outcome in outcomes)
    assert Handout.objects.exclude(state__in=["voided", "undone"]).count() == 1


def test_a_transfer_meets_the_end(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    for _meeting in MEETINGS:
        handout = scenes.handed_out(cast)
        moved, voided = race(partial(move, cast, handout), partial(void, cast, handout))
        assert isinstance(voided, Handout)
        assert isinstance(moved, (Handout, IllegalStep))
        stays = Handout.objects.get(pk=handout.pk)
        assert (stays.ward == cast.eye) == isinstance(moved, Handout)
    assert list(consistency.findings()) == []


def test_a_transfer_meets_the_notice(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    handout = scenes.handed_out(cast)
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    race(partial(move, cast, handout), row_of(notices.file_notice, handout.pk, now(cast.wilma)))
    closed = Handout.objects.get(pk=handout.pk)
    assert (closed.state, closed.ward, closed.steps.count()) == (State.CLOSED, cast.eye, 5)
    assert list(consistency.findings()) == []


def test_without_the_lock_only_the_database_sees_the_end(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    handout = scenes.handed_out(cast)

    def meanwhile(ward: Ward) -> Ward:
        race(partial(void, cast, handout))
        return ward

    naive = inspect.unwrap(correcting.transfer)
    voided_first = patch.object(correcting, "keep_typed_in", meanwhile)
    with unlocked(), voided_first, pytest.raises(IntegrityError, match="must follow"):
        naive(handout.pk, cast.eye, now(cast.tilda), reason="moved")
    assert Handout.objects.get(pk=handout.pk).ward == cast.iva
