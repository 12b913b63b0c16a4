"""Outages that are over, with everything in them that a story or a report tells of.

Every time is a whole number of minutes after START, so that a test can compute the figures by
hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import uuid4

from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import closing, notices, read_back
from custody.models import (
    Binder,
    Call,
    Count,
    Handout,
    HandoutStep,
    Patient,
    ReserveNumber,
)
from custody.models.states import STEPS, Act, State
from custody.numbers.identities import Kind
from outage import lifecycle
from outage.models import Outage, TimelineEntry
from tests import scenes
from tests.cast import Cast
from tests.ground.lifting import lifted
from tests.ground.scenery import kept

HOURS_AGO = 10


@dataclass(frozen=True)
class Aftermath:
    """An outage that has ended, and its handouts: closed, replaced, open, voided, undone."""

    cast: Cast
    start: datetime
    outage: Outage
    closed: Handout
    replaced: Handout
    open: Handout
    voided: Handout
    undone: Handout

    def at(self, minute: int) -> datetime:
        """Return the time so many minutes after the start."""
        return self.start + timedelta(minutes=minute)

    def event(self, who: str, minute: int) -> Event:
        """Return what somebody did then, recorded as it happened."""
        return Event.now(getattr(self.cast, who), self.at(minute))


def start_of() -> datetime:
    """Return a whole minute some hours ago."""
    now = timezone.now().replace(second=0, microsecond=0)
    return now - timedelta(hours=HOURS_AGO)


@kept
def lay_out(cast: Cast, *, drill: bool = False) -> Aftermath:
    """Run an outage from 0 to 120 minutes. Its binder must be there, and holds enough."""
    start = start_of()
    tilda, wilma = cast.tilda, cast.wilma

    def minute(number: float) -> datetime:
        return start + timedelta(minutes=number)

    outage, _new = lifecycle.start(Event.now(tilda, start), drill=drill, text="no answer")

    def give(at: int, waited: int | None, **changes: Any) -> Handout:
        called = None if waited is None else minute(at) - timedelta(seconds=waited)
        call = scenes.call(cast, outage_id=outage.pk, called_at=called, **changes)
        return scenes.hand_out(call, Event.now(tilda, minute(at)))

    closed = give(10, 20)
    replaced = give(20, 40)
    still_open = give(30, 90, sex="M", ward=cast.eye, caller="vidar")
    voided = give(40, None)
    undone = give(50, 600)
    read_back.confirm_read_back(closed.pk, closed.number.last_four, Event.now(tilda, minute(11)))
    closing.void(voided.pk, Event.now(wilma, minute(60)), reason="had a card")
    closing.undo(undone.pk, Event.now(cast.adele, minute(61)), reason="recorded twice")
    lifecycle.end(outage, Event.now(tilda, minute(120)), text="answers")
    real = (
        [scenes.TRAINING_WOMAN, "20210325K002"]
        if drill
        else [scenes.REAL_WOMAN, scenes.REAL_WOMAN_2]
    )
    scenes.replaced(closed.pk, real[0], Event.now(wilma, minute(130)))
    scenes.replaced(replaced.pk, real[1], Event.now(wilma, minute(200)), no_wristband="cut off")
    notices.file_notice(closed.pk, Event.now(wilma, minute(140)))
    lifecycle.note(
        outage,
        Event.now(cast.adele, minute(300)),
        text="a switch broke",
        act=TimelineEntry.Act.CAUSE,
    )
    lifecycle.note(
        outage,
        Event.now(tilda, minute(301)),
        text="nobody picked up",
        act=TimelineEntry.Act.WENT_WRONG,
    )
    found = [
        Handout.objects.get(pk=each.pk) for each in (closed, replaced, still_open, voided, undone)
    ]
    return Aftermath(cast, start, Outage.objects.get(pk=outage.pk), *found)


UNREAD = 1  # of those that ``finish`` closes, so many were never read back


def finish(after: Aftermath) -> None:
    """Close what is open, and count the binder: nothing is left to do."""
    notices.file_notice(after.replaced.pk, after.event("wilma", 400))
    closing.void(after.open.pk, after.event("adele", 401), reason="never used")
    count_all(Binder.objects.get(training=after.outage.drill), after, 410)


def count_all(binder: Binder, after: Aftermath, minute: int) -> Count:
    """Count a binder in which all lies as it should."""
    there = binder.numbers.filter(taken_at__isnull=True).values_list("pk", flat=True)
    found = Found(listed_at=after.at(minute), numbers=frozenset(there))
    return count.count_binder(
        binder.pk, found, after.event("tilda", minute), request_key=uuid4()
    ).row


# What every fifth handout has been through, and by how many hours after it was handed out.
LIVES: list[tuple[State, list[tuple[Act, int]]]] = [
    (State.CLOSED, [(Act.REPLACE, 1), (Act.FILE_NOTICE, 2)]),
    (State.CLOSED, [(Act.REPLACE, 2), (Act.FILE_NOTICE, 3)]),
    (State.VOIDED, [(Act.VOID, 1)]),
    (State.REPLACED, [(Act.REPLACE, 2)]),
    (State.HANDED_OUT, []),
]


def crowd(cast: Cast, outage: Outage, count: int, wards: Sequence[Ward] = ()) -> None:
    """Write so many handouts of an outage, with their steps, straight into the tables.

    The acts take a transaction each. Numbers are well-formed as far as the database looks.
    """
    first = outage.handouts.count()
    days = {_day(at, training=outage.drill) for at in range(first, first + count)}
    for day in days:
        Binder.objects.get_or_create(name=f"Crowd {day}", training=outage.drill, birth_date=day)
    shelves = {shelf.birth_date: shelf for shelf in Binder.objects.filter(birth_date__in=days)}
    fill = ReserveNumber.objects.bulk_create(
        _number(shelves[_day(at, training=outage.drill)], at, taken_at=outage.started_at)
        for at in range(first, first + count)
    )
    wards = wards or (cast.iva, cast.eye)
    patients = scenes.patients_of(
        *(_call(outage, wards[at % len(wards)], cast, at) for at in range(first, first + count))
    )
    with lifted():  # real numbers without a look at any wristband
        given = Handout.objects.bulk_create(
            _handout(outage, number, patient, cast, at)
            for at, (number, patient) in enumerate(zip(fill, patients, strict=True), first)
        )
        steps = (_steps(each, at) for at, each in enumerate(given, first))
        HandoutStep.objects.bulk_create(chain.from_iterable(steps))


def _day(at: int, *, training: bool) -> date:
    """Return the birth date of so manyth number: one date has 74, and 6 for training."""
    return date(1930, 1, 1) + timedelta(days=at // (6 if training else 74))


def _number(shelf: Binder, at: int, **columns: Any) -> ReserveNumber:
    serial = at % 6 if shelf.training else 6 + at % 74
    sex = "KM"[serial % 2]
    return ReserveNumber(
        binder=shelf,
        tab=serial,
        value=f"{shelf.birth_date:%Y%m%d}{sex}{serial:02}0",
        sex=sex,
        training=shelf.training,
        **columns,
    )


def _call(outage: Outage, ward: Ward, cast: Cast, turn: int) -> Call:
    at = outage.started_at + timedelta(seconds=turn)
    return Call(
        request_key=uuid4(),
        outage=outage,
        drill=outage.drill,
        ward=ward,
        caller="wilma",
        taken_at=at,
        taken_by="tilda",
        recorded_at=at,
        recorded_by=cast.tilda,
    )


def _handout(
    outage: Outage, number: ReserveNumber, patient: Patient, cast: Cast, turn: int
) -> Handout:
    state, life = LIVES[turn % len(LIVES)]
    at = outage.started_at + timedelta(seconds=turn)
    reached = {act: at + timedelta(hours=hours) for act, hours in life}
    replaced_at = reached.get(Act.REPLACE)
    return Handout(
        number=number,
        outage=outage,
        patient=patient,
        ward=patient.call.ward,
        request_key=patient.call.request_key,
        caller="wilma",
        state=state,
        called_at=at - timedelta(seconds=turn % 90),
        handed_out_at=at,
        handed_out_by="tilda",
        recorded_at=at,
        recorded_by=cast.tilda,
        read_back_at=at + timedelta(minutes=1),
        read_back_by="tilda",
        real_identity=f"{number.value[:11]}R" if replaced_at else None,
        real_kind=Kind.RESERVE.value if replaced_at else "",
        replaced_at=replaced_at,
        closed_at=reached.get(Act.FILE_NOTICE),
    )


def _steps(handout: Handout, turn: int) -> Iterator[HandoutStep]:
    _state, life = LIVES[turn % len(LIVES)]
    for sequence, (act, hours) in enumerate([(Act.HAND_OUT, 0), *life], 1):
        ((source, target),) = STEPS[act].items()
        at = handout.handed_out_at + timedelta(hours=hours)
        yield HandoutStep(
            handout=handout,
            sequence=sequence,
            act=act,
            source=source,
            target=target,
            at=at,
            by="wilma" if hours else "tilda",
            recorded_at=at,
            recorded_by=handout.recorded_by,
            reason="never used" if act is Act.VOID else "",
        )
