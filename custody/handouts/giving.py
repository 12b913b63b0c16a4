"""What a call, a missing sheet and the paper have in common: a number leaves its binder.

``give`` is the only function that writes new handouts. Callers hold a transaction and the
outage's lock, so that handouts of one outage come one at a time and can't race here.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    ExpressionWrapper,
    IntegerField,
    Q,
    QuerySet,
    UUIDField,
)

from befreg_reserv import clock
from befreg_reserv.acts.act import Done
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from befreg_reserv.sql import hot
from befreg_reserv.sql.reading import Unmade
from befreg_reserv.text import sort_key
from custody.binder import restoration
from custody.journal import departures, knowing
from custody.journal.knowing import Journals
from custody.ledger import calls, steps, tabs
from custody.models import Call, Handout, Patient, ReserveNumber
from custody.models.states import State
from outage.models import Outage


@dataclass(frozen=True)
class Like:
    """Which handouts may be the call's that is taken now, which was sent once more.

    Of this outage, since then, for the same caller and ward, by its key or as it was typed in
    (``ward_key``), and not read back. ``other_than``: of the patients who are others, the one that
    was recorded last.
    """

    outage: int
    since: datetime
    ward: int | None
    ward_key: str | None
    caller: str
    caller_name: str
    other_than: int


class WardRequest(Protocol):
    """What a ward asks for, by telephone or on paper. ``ward`` is unsaved when it was typed in."""

    @property
    def ward(self) -> Ward: ...
    @property
    def caller(self) -> str: ...
    @property
    def callback(self) -> str: ...


@dataclass(frozen=True)
class Known:
    """What register and journals know when a form for a number arrives.

    ``found``: the handouts of the form's key, of the journals' last lines, and those like the call
    (with ``alike``), the latest first.
    """

    journals: Journals
    found: list[Unmade[Handout]]

    def of_form(self, key: UUID) -> list[Handout]:
        """Return the handouts of a form that was sent before."""
        return [row.made for row in self.found if row.request_key == key]

    def answer_restored(self, event: Event) -> None:
        """Set aside what left the binder before a backup was restored, if one was."""
        if not knowing.are_known_by(self.journals, self.found):
            restoration.answer(self.journals, event)


def known(key: UUID, like: Like | None = None) -> Known:
    """Read what is known of the form with this key, and of handouts ``like`` it; one statement."""
    journals = departures.latest()
    steps = knowing.later_steps(journals)
    found = _known(
        keys=[key, *knowing.keys_of(journals)],
        places=tuple(step.place for step in steps),
        sequences=[step.sequence for step in steps],
        recorded=[step.recorded for step in steps],
        **(vars(like) if like else NONE_LIKE),
    )
    return Known(journals, found)


NONE_LIKE = dict.fromkeys(field.name for field in fields(Like))


@hot.rows_lazily(
    keys=UUIDField(),
    sequences=IntegerField(),
    recorded=DateTimeField(),
    outage=BigIntegerField(),
    since=DateTimeField(),
    ward=BigIntegerField(),
    ward_key=CharField(),
    caller=CharField(),
    caller_name=CharField(),
    other_than=BigIntegerField(),
)
def _known(
    keys: list[Any],
    places: tuple[int, ...],
    sequences: list[Any],
    recorded: list[Any],
    outage: Any,
    **like: Any,
) -> QuerySet[Handout]:
    wanted = Q(pk__isnull=True) if outage is None else _alike(outage, **like)
    handouts = Handout.objects.select_related(
        "number__binder", "ward__clinic", "outage", "patient__call__ward__clinic"
    ).annotate(
        alike=ExpressionWrapper(wanted, output_field=BooleanField()),
        **knowing.annotations(zip(places, sequences, recorded, strict=True)),
    )
    return handouts.filter(Q(request_key__in=keys) | wanted).order_by("-pk")


def _alike(
    outage: Any,
    since: Any,
    ward: Any,
    ward_key: Any,
    caller: Any,
    caller_name: Any,
    other_than: Any,
) -> Q:
    return (Q(ward__key=ward_key) if ward is None else Q(ward=ward)) & Q(
        caller=caller,
        caller_name=caller_name,
        outage=outage,
        state=State.HANDED_OUT,
        read_back_at__isnull=True,
        late=False,
        handed_out_at__gte=since,
        patient__gt=other_than,
    )


def again(earlier: Handout, known: Known) -> Done[Handout]:
    """Return the earlier handout as the answer; write it into the journal if it is missing."""
    departures.keep_again([earlier], known.journals)
    return Done(earlier, new=False)


def same_words(earlier: Call, request: WardRequest) -> bool:
    """Tell whether a call was for the same ward and caller."""
    said = (request.caller, request.callback)
    return same_ward(earlier.ward, request.ward) and said == (earlier.caller, earlier.callback)


def same_ward(earlier: Ward, ward: Ward) -> bool:
    """Tell whether a ward is the earlier one; it may have been typed in just now."""
    return ward.pk == earlier.pk if ward.pk else sort_key(ward.name) == earlier.key


def lock_outage(
    outage_id: int | None, event: Event, *, drill: bool = False
) -> tuple[Outage | None, Event]:
    """Return the outage, locked, and the event by the database's clock; one statement.

    ``outage_id``: None means the ongoing one, or the ongoing drill.
    """
    outage = ask_outage(outage_id, drill=drill)()
    return outage, event.not_ahead_of(clock.read_of(outage)) if outage else event


def ask_outage(outage_id: int | None, *, drill: bool) -> Callable[[], Outage | None]:
    """Ask for the outage, locked, with the database's clock; return what then returns it."""
    locked = _locked.send(outage_id=outage_id, drill=drill)
    return lambda: next(iter(locked()), None)


@hot.rows(outage_id=BigIntegerField())
def _locked(outage_id: Any, *, drill: bool) -> QuerySet[Outage]:
    ongoing = Q(ended_at__isnull=True, drill=drill)
    rows = Outage.objects.select_for_update().filter(Q(pk=outage_id) if outage_id else ongoing)
    return clock.read_with(rows)[:1]


def handout_of(
    patient: Patient, number: ReserveNumber, outage: Outage, event: Event, **columns: Any
) -> Handout:
    """Return a patient's new handout, unsaved.

    ``columns``: those that not every handout fills in, or that differ from the call.
    """
    call = patient.call
    of_the_call = {
        "ward": patient.ward,
        "request_key": calls.handout_key(patient),
        "caller": patient.caller,
        "caller_name": call.caller_name,
        "callback": patient.callback,
        "called_at": call.begun_at,
        "late": call.late,
    }
    return Handout(
        number=number,
        outage=outage,
        patient=patient,
        state=State.HANDED_OUT,
        handed_out_at=event.at,
        handed_out_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        **(of_the_call | columns),
    )


def following(earlier: Handout) -> dict[str, Any]:
    """Return the columns of a handout that its patient gets instead of an earlier one."""
    return {
        "instead_of": earlier,
        # It follows from the earlier key, so that a button pressed twice gives one number.
        "request_key": uuid5(earlier.request_key, "sheet missing"),
    }


def give(
    handouts: list[Handout], event: Event, known: Known, *beside: LogEntry, reason: str = ""
) -> None:
    """Take the handouts' numbers out of their binders, write the handouts, and log both.

    ``beside``: further entries for the log. ``reason``: why they were handed out all the same,
    when the act had to ask. Raises IntegrityError when the database refuses it.
    """
    entries = [*beside, *steps.begin(handouts, event, known.journals, reason=reason)]
    # A count that missed the sheet may have taken a number out already.
    lying = [handout.number for handout in handouts if handout.number.taken_at is None]
    entries += tabs.take_out(lying, event.at, event)
    trail.write(*entries)
