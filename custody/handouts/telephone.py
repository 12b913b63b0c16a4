"""A call on the telephone: hand out a number, and what the caller reads back.

Actor, time and request key are arguments; every act is one transaction: lock, re-read, check,
write, record.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q

from befreg_reserv import clock
from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from befreg_reserv.text import sort_key
from custody.handouts import giving
from custody.handouts.giving import NO_HANDOUT, Known
from custody.handouts.refusals import NoneLeft, NoOutage, NotOpen, SameCall
from custody.ledger import steps
from custody.ledger.refusals import CallKeyReused, OutageEnded
from custody.logged import Logged
from custody.models import Handout, ReserveNumber
from custody.models.states import OPEN, State
from custody.numbers import readings
from custody.numbers.identities import Sex, other_sex
from custody.numbers.readings import Reading
from outage.models import Outage


@dataclass(frozen=True)
class Call:
    """What a ward says on the telephone, as the till typed it.

    ``ward`` is unsaved when it was typed in, for an administrator to settle. ``outage_id``: the
    outage that the form was shown for; None means the real one, never a drill.
    """

    sex: str
    caller: str
    ward: Ward
    callback: str
    request_key: UUID
    outage_id: int | None = None
    # Why a number of the other sex will do; used only when this sex has none left.
    other_sex_reason: str = ""
    # When the form for the call was opened, as the form says: it may be wrong.
    called_at: datetime | None = None
    # The latest handout that the till has said is another patient's.
    other_than: int = 0


# A form that was open for longer doesn't tell when the call came.
LONGEST_CALL = timedelta(hours=1)
# A like call so soon may be the earlier one, whose answer was lost. The time is our own choice.
SAME_CALL_WITHIN = timedelta(minutes=10)


def _answered(known: Known, call: Call) -> Handout | None:
    """Return the handout that this form was answered with before. Raises CallKeyReused."""
    return answered(known.found, call.request_key, partial(_same_content, call=call), CallKeyReused)


def _passed_meanwhile(call: Call, _event: Event) -> Handout | None:
    """Return the handout of the same form, if it was sent at the same moment for another outage."""
    return _answered(giving.known(call.request_key), call)


@act(on_conflict=_passed_meanwhile)
def hand_out(call: Call, event: Event) -> Done[Handout]:
    """Take the lowest tab of the wanted sex out of the binder and return its handout.

    With ``call.other_sex_reason``, the other sex's lowest tab where the wanted sex has none. The
    same request key again returns the same handout, even after the outage. Raises CallKeyReused,
    SameCall, NoOutage, OutageEnded or NoneLeft; then nothing was taken.
    """
    # An outage has one handout at a time, and its end waits for that.
    outage, event = lock_outage(call.outage_id, event)
    known = giving.known(call.request_key, _like(call, outage, event))
    earlier = _answered(known, call)
    if earlier:
        return giving.again(earlier, known)
    _check_not_alike(known.found, call)
    return Done(serve(call, outage, event, known))


def lock_outage(outage_id: int | None, event: Event) -> tuple[Outage | None, Event]:
    """Return the outage, locked, and the event by the database's clock; one statement."""
    outages = clock.read_with(Outage.objects.select_for_update())
    if outage_id is None:
        outage = outages.filter(ended_at__isnull=True, drill=False).first()
    else:
        outage = outages.filter(pk=outage_id).first()
    return outage, event.not_ahead_of(clock.read_of(outage)) if outage else event


def serve(call: Call, outage: Outage | None, event: Event, known: Known, **columns: Any) -> Handout:
    """Hand out the lowest tab for a call that has no handout yet. Callers hold the outage's lock.

    ``columns``: those of the handout that the call doesn't fill in. Raises NoOutage, OutageEnded or
    NoneLeft.
    """
    if outage is None:
        raise NoOutage
    if not outage.ongoing:
        raise OutageEnded(about=outage)
    event = event.within(outage.started_at, outage.ended_at)
    known.answer_restored(event)
    number = _lowest_tab(outage, call)
    handout = giving.handout_of(
        call,
        number,
        outage,
        event,
        called_at=_called_at(call, event),
        other_sex_reason=call.other_sex_reason if number.sex != call.sex else "",
        **columns,
    )
    return giving.give(handout, event, known)


def _called_at(call: Call, event: Event) -> datetime | None:
    """Return when the call came, or None when the form's time can't be right."""
    opened = call.called_at
    return opened if opened and event.at - LONGEST_CALL <= opened <= event.at else None


def _same_content(earlier: Handout, call: Call) -> bool:
    return (
        not earlier.late
        and giving.same_words(earlier, call)
        and call.sex == earlier.patient_sex
        and call.outage_id in {None, earlier.outage_id}
    )


def _check_not_alike(found: Collection[Any], call: Call) -> None:
    """Raise SameCall when one of the handouts may be this call's, which was sent once more."""
    alike = [handout for handout in found if handout.alike and handout.patient_sex == call.sex]
    if alike:
        raise SameCall(alike)


def _like(call: Call, outage: Outage | None, event: Event) -> Q:
    """Return the condition for the handouts that may be this call's, which was sent once more.

    The same caller got a number for the same ward just now, and nobody has read it back. The sex is
    compared in ``_check_not_alike``. No handout meets the condition after the outage.
    """
    if outage is None or not outage.ongoing:
        return NO_HANDOUT
    ward = Q(ward=call.ward) if call.ward.pk else Q(ward__key=sort_key(call.ward.name))
    return ward & Q(
        outage=outage,
        caller=call.caller,
        state=State.HANDED_OUT,
        read_back_at__isnull=True,
        late=False,
        handed_out_at__gte=event.at - SAME_CALL_WITHIN,
        pk__gt=call.other_than,
    )


def _lowest_tab(outage: Outage, call: Call) -> ReserveNumber:
    """Return the next number, locked: a training number in a drill, otherwise a real one."""
    sexes = [Sex(call.sex), *([other_sex(Sex(call.sex))] if call.other_sex_reason else [])]
    for sex in sexes:
        number = (
            ReserveNumber.objects.select_for_update(of=("self",))
            .select_related("binder")
            .filter(training=outage.drill, sex=sex.value, taken_at__isnull=True)
            .order_by("binder", "tab")
            .first()
        )
        if number:
            return number
    raise NoneLeft(call.sex, outage)


@act
def confirm_read_back(handout_id: int, typed: str, event: Event) -> Done[Reading]:
    """Record what the caller read back, the last four or the whole number.

    Returns how it differs from the number. The audit log keeps wrong readings as they were typed,
    and the first right one, which the handout keeps too. Raises NotOpen.
    """
    handout = steps.lock(handout_id)
    if handout.state not in OPEN:
        raise NotOpen(handout)
    reading = readings.compare(handout.number.value, typed)
    if reading.right and handout.read_back_at:
        return Done(reading, new=False)
    if reading.right:
        record.assign(handout, {"read_back_at": event.at, "read_back_by": event.by})
    name = Logged.READ_BACK if reading.right else Logged.READ_BACK_WRONG
    record.record(handout, name, event, record.said(read_back=reading.typed))
    return Done(reading)
