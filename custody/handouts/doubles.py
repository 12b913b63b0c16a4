"""One number that two patients were given: both are followed, and an alarm stands.

Paper alone reveals it: a late entry names a number that another handout holds, and the person who
enters it has compared both (``custody.paper``). Each patient gets a real number and a notice of
their own. The alarm stands on every page about the number until somebody has written what was done.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.people.models import User
from befreg_reserv.sql import hot
from custody.handouts.followup import visible_to
from custody.handouts.refusals import DoubledSettled
from custody.logged import Logged
from custody.models import DoubledNumber, Handout
from custody.models.states import State
from outage.models import Outage

ABOUT = ("number__binder", "outage", "ward__clinic", "ward__same_as__clinic")
RELATED = ["found_by", *(f"{place}__{each}" for place in ("first", "second") for each in ABOUT)]
WAITING = Q(settled_at__isnull=True)


def lock(key: UUID | None) -> None:
    """Lock the handout with this request key, if there is one.

    Before its number, in the order of an undo: the other way round, both could deadlock.
    """
    if key:
        list(Handout.objects.select_for_update(of=("self",)).filter(request_key=key))


def found(first: Handout, second: Handout, event: Event) -> DoubledNumber:
    """Raise the alarm that a late entry, ``second``, has the number of another patient.

    Callers hold a transaction and the number's lock, and have written ``second``.
    """
    alarm = DoubledNumber(
        first=first, second=second, found_at=event.recorded_at, found_by=event.recorded_by
    )
    record.insert(alarm)
    wards = record.said(first=str(first.ward), second=str(second.ward))
    record.record(alarm, Logged.DOUBLED, event, wards, action=trail.Action.CREATE)
    return alarm


@act
def settle(alarm_id: int, event: Event, *, done: str) -> Done[DoubledNumber]:
    """Record what was done for both patients. It stays as it is written.

    Raises DoubledSettled, ReasonMissing, DoubledNumber.DoesNotExist.
    """
    alarm = DoubledNumber.objects.select_for_update().get(pk=alarm_id)
    if alarm.settled_at:
        raise DoubledSettled(about=alarm)
    if not done:
        raise ReasonMissing
    at = max(event.at, alarm.found_at)
    columns = {"settled_at": at, "settled_by": event.by, "done": done}
    record.change(alarm, Logged.SETTLE_DOUBLED, event, columns)
    return Done(alarm)


# --- what stands --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Doubled:
    """An alarm with every handout of its number that isn't undone, in the order of their entry."""

    alarm: DoubledNumber
    handouts: list[Handout]

    @property
    def number(self) -> str:
        """Return the number."""
        return self.alarm.second.number.value

    @property
    def drill(self) -> bool:
        """Tell whether it is a training number."""
        return self.alarm.drill


def waiting() -> QuerySet[DoubledNumber]:
    """Return the alarms that stand, the oldest first, with what pages show of them."""
    return DoubledNumber.objects.filter(WAITING).select_related(*RELATED)


def seen_by(user: User) -> QuerySet[DoubledNumber]:
    """Return the alarms about a number that a person may see on a handout."""
    seen = visible_to(user).filter(number=OuterRef("second__number")).order_by()
    return DoubledNumber.objects.filter(Exists(seen))


def waiting_for(user: User) -> QuerySet[DoubledNumber]:
    """Return those of them that stand, with what pages show of them."""
    return seen_by(user).filter(WAITING).select_related(*RELATED)


def in_outage(outage: Outage) -> Q:
    """Return the condition for the alarms about a handout of an outage."""
    return Q(first__outage=outage) | Q(second__outage=outage)


def described(alarms: Collection[DoubledNumber]) -> list[Doubled]:
    """Return the alarms with the handouts of their numbers. One statement, or none without any."""
    numbers = {alarm.second.number_id for alarm in alarms}
    by_number: dict[int, list[Handout]] = {number: [] for number in numbers}
    for handout in _standing(numbers) if numbers else ():
        by_number[handout.number_id].append(handout)
    return [Doubled(alarm, by_number[alarm.second.number_id]) for alarm in alarms]


def about(handout: Handout) -> list[Doubled]:
    """Return the alarms that stand about the number of a handout. One statement as a rule."""
    return ask_about(handout)()


def ask_about(handout: Handout) -> Callable[[], list[Doubled]]:
    """Ask for them; return what then returns them."""
    alarms = _about.send(number=handout.number_id)
    return lambda: described(alarms())


@hot.rows(number=BigIntegerField())
def _about(number: Any) -> QuerySet[DoubledNumber]:
    return waiting().filter(second__number=number)


def others(handout: Handout) -> list[Handout]:
    """Return the other patients' handouts of a handout's number, but for undone ones."""
    return [other for other in _standing([handout.number_id]) if other.pk != handout.pk]


def _standing(numbers: Collection[int]) -> QuerySet[Handout]:
    handouts = Handout.objects.filter(number__in=numbers).exclude(state=State.UNDONE)
    return handouts.select_related(*ABOUT).order_by("pk")
