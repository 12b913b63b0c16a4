"""At the bedside: the number on the patient's wrist, before and while the real one is registered.

Nothing but a human eye ties a number to a patient. ``register`` asks for it before
``closing.replace``; the database refuses a real number without that look (``rules/bedside.py``).
What a journal knows is entered again with its look (``paper.from_journal``).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Unpack

from django.db.models import QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from custody.handouts import closing, followup
from custody.handouts.closing import Answers
from custody.handouts.refusals import (
    LastFourOfTwo,
    NotAtBedside,
    NothingToWithdraw,
    NotSearched,
    OtherConfirmation,
    OtherWristband,
)
from custody.ledger import steps
from custody.ledger.refusals import NamesAPerson
from custody.logged import Logged
from custody.models import Handout
from custody.models.states import OPEN, Act
from custody.numbers import readings, scanned
from custody.numbers.identities import Kind, contains_identity
from custody.numbers.readings import ComparedReading

# The same person's same words at the same patient are one confirmation within this time.
SENT_TWICE_WITHIN = timedelta(minutes=1)
# The last of these tells whether the number is confirmed.
SETTLES = {Act.CONFIRM_AT_BEDSIDE, Act.WITHDRAW_CONFIRMATION, Act.WITHDRAW_REPLACEMENT}


@dataclass(frozen=True)
class AtBedside:
    """What somebody found at the patient.

    ``wristband``: the number as typed or scanned from wristband or slip; "" when it couldn't be
    read, for the reason in ``no_wristband``. ``place``: bed or place, or "".
    """

    wristband: str = ""
    place: str = ""
    no_wristband: str = ""


@act
def confirm(handout_id: int, found: AtBedside, event: Event) -> Done[ComparedReading]:
    """Record that the patient wears this handout's number. Returns how what was read differs.

    A wrong number confirms nothing; the log keeps it as it was typed. The same confirmation again
    is one. Raises IllegalStep, LastFourOfTwo or NamesAPerson.
    """
    handout, event = steps.lock_for(handout_id, Act.CONFIRM_AT_BEDSIDE, event)
    reading = compare(handout, found.wristband)
    if not reading.right:
        _log_wrong(handout, reading, event)
        return Done(reading)
    _check_alone(handout, reading)
    if _said_just_now(handout, found, event):
        return Done(reading, new=False)
    _confirm(handout, found, event)
    return Done(reading)


def compare(handout: Handout, wristband: str) -> ComparedReading:
    """Return how a wristband's number differs from the handout's: its last four, or the whole."""
    return readings.compare(handout.number.value, scanned.one(wristband))


def _check_alone(handout: Handout, reading: ComparedReading) -> None:
    """Raise LastFourOfTwo if the ward has another open number with the last four that were read.

    Binders with different birth dates may hold such. It costs a statement if only those were read.
    """
    if reading.whole:
        return
    numbers = others_open(handout).exclude(number=handout.number_id)
    if numbers.filter(number__value__endswith=reading.typed).exists():
        raise LastFourOfTwo(handout)


def _said_just_now(handout: Handout, found: AtBedside, event: Event) -> bool:
    """Tell whether the last step is this confirmation, whose form was sent twice."""
    last = handout.steps.order_by("sequence").last()
    return bool(
        last
        and (last.act, last.by, last.place) == (Act.CONFIRM_AT_BEDSIDE.value, event.by, found.place)
        and event.at - last.at < SENT_TWICE_WITHIN
    )


def _confirm(handout: Handout, found: AtBedside, event: Event) -> None:
    if contains_identity(found.place):
        raise NamesAPerson
    steps.remain(
        handout,
        Act.CONFIRM_AT_BEDSIDE,
        event,
        place=found.place,
        bedside_at=event.at,
        bedside_by=event.by,
    )


@act
def withdraw(handout_id: int, event: Event, *, reason: str, shown: str = "") -> Done[Handout]:
    """Take back a confirmation that was a mistake: the patient doesn't wear this number.

    It still never returns to the binder. ``shown``: the confirmation that the page showed
    (``confirmation_of``). Raises IllegalStep (withdraw a real number first), NothingToWithdraw,
    OtherConfirmation or ReasonMissing.
    """
    handout, event = steps.lock_for(handout_id, Act.WITHDRAW_CONFIRMATION, event)
    if handout.bedside_at is None:
        if handout.steps.filter(act=Act.WITHDRAW_CONFIRMATION).exists():
            return Done(handout, new=False)
        raise NothingToWithdraw(handout)
    if shown not in {"", confirmation_of(handout)}:
        raise OtherConfirmation(handout)
    steps.remain(
        handout,
        Act.WITHDRAW_CONFIRMATION,
        event,
        reason=reason,
        bedside_at=None,
        bedside_by="",
    )
    return Done(handout)


def confirmation_of(handout: Handout) -> str:
    """Return what tells the confirmation that stands from others, "" if there is none."""
    return handout.bedside_at.isoformat() if handout.bedside_at else ""


def _log_wrong(handout: Handout, reading: ComparedReading, event: Event) -> None:
    record.record(handout, Logged.BEDSIDE_WRONG, event, record.said(at_bedside=reading.typed))


def register(
    handout_id: int, text: str, found: AtBedside, event: Event, **answers: Unpack[Answers]
) -> Done[Handout]:
    """Register the real number of the patient who was found at the bedside.

    The wristband's number, or why it can't be read, is asked for once unless somebody has confirmed
    it since the last real number was withdrawn; and always with a further open number in the ward.
    ``answers``: the options of ``closing.replace``. Raises what that raises, NotAtBedside,
    OtherWristband (which is logged all the same), LastFourOfTwo, NotSearched or NamesAPerson.
    """
    try:
        return _register(handout_id, text, found, event, **answers)
    except OtherWristband as refusal:
        log_wrong(handout_id, refusal.reading, event)
        raise


@act
def log_wrong(handout_id: int, reading: ComparedReading, event: Event) -> Done[Handout]:
    """Keep in the log what was read at the wrist when no real number was registered for it."""
    handout = steps.lock(handout_id)
    _log_wrong(handout, reading, event)
    return Done(handout)


def _another_meanwhile(
    handout_id: int, _text: str, found: AtBedside, _event: Event, **_answers: Unpack[Answers]
) -> None:
    """Raise NotAtBedside when the ward got a further number at the same moment."""
    handout = Handout.objects.select_related("outage", "ward").get(pk=handout_id)
    if not (found.wristband or found.no_wristband) and asks(handout):
        raise NotAtBedside(handout)


@act(on_conflict=_another_meanwhile)
def _register(
    handout_id: int, text: str, found: AtBedside, event: Event, **answers: Unpack[Answers]
) -> Done[Handout]:
    # The event as moved: look and real number are recorded at one time, by which a rule ties them.
    handout, event = steps.lock_for(handout_id, Act.REPLACE, event)
    if found.wristband:
        reading = compare(handout, found.wristband)
        if not reading.right:
            raise OtherWristband(handout, reading)
        _check_alone(handout, reading)
        _confirm(handout, found, _now(event))
    elif found.no_wristband:
        steps.remain(handout, Act.NO_WRISTBAND, _now(event), reason=found.no_wristband)
    elif asks(handout):
        raise NotAtBedside(handout)
    done = closing.replace(handout_id, text, event, **answers)
    if done.row.real_kind == Kind.RESERVE and not answers.get("searched"):
        raise NotSearched(handout)  # takes the above back
    return done


def _now(event: Event) -> Event:
    """Return the look at the patient: now, by the person at the page, whoever made the number."""
    return Event.now(event.recorded_by, event.recorded_at)


def asks(handout: Handout) -> bool:
    """Tell whether the wristband's number must be read before the real number is registered."""
    return not is_confirmed(handout) or others_open(handout).exists()


def is_confirmed(handout: Handout) -> bool:
    """Tell whether the number was confirmed at the patient, and nothing was withdrawn since."""
    for step in sorted(handout.steps.all(), key=lambda step: -step.sequence):
        if step.act in SETTLES:
            return step.act == Act.CONFIRM_AT_BEDSIDE
    return False


def owner_of(handout: Handout, reading: ComparedReading) -> Handout | None:
    """Return the ward's other open handout whose number was read at the wrist, if it is one's."""
    if not reading.comparable:
        return None
    others = others_open(handout).select_related("number", "outage", "ward__clinic")
    return others.filter(number__value__endswith=reading.typed).first()


def others_open(handout: Handout) -> QuerySet[Handout]:
    """Return the other open numbers of the handout's ward, of a drill if it is one."""
    ward_id = handout.ward.same_as_id or handout.ward_id
    others = Handout.objects.filter(state__in=OPEN, outage__drill=handout.outage.drill)
    return followup.of_ward(others, ward_id).exclude(pk=handout.pk)
