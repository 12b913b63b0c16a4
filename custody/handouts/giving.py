"""What the telephone, a missing sheet and the paper have in common: a number leaves its binder.

``give`` is the only function that writes a new handout. Callers hold a transaction and the
outage's lock, so that handouts of one outage come one at a time and can't race here.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.register import keep_typed_in
from befreg_reserv.text import sort_key
from custody.binder import restoration
from custody.journal import departures
from custody.journal.chain import Journal
from custody.ledger import steps, tabs
from custody.models import Handout, ReserveNumber
from custody.models.states import State
from outage.models import Outage

NO_HANDOUT = Q(pk__isnull=True)


class WardRequest(Protocol):
    """What a ward asks for, by telephone or on paper. ``ward`` is unsaved when it was typed in."""

    @property
    def ward(self) -> Ward: ...
    @property
    def caller(self) -> str: ...
    @property
    def callback(self) -> str: ...
    @property
    def request_key(self) -> UUID: ...


@dataclass(frozen=True)
class Known:
    """What register and journal know when a form for a number arrives.

    ``found``: the handouts of the form's key, of the journal's last line, and those like the call
    (with ``alike``), the latest first.
    """

    journal: Journal
    found: list[Handout]

    def answer_restored(self, event: Event) -> None:
        """Set aside what left the binder before a backup was restored, if one was."""
        if not departures.is_known_by(self.journal, self.found):
            restoration.answer(self.journal, event)


def known(key: UUID, like: Q = NO_HANDOUT) -> Known:
    """Read what is known of the form with this key, and of handouts ``like`` it; one statement."""
    journal = departures.latest()
    wanted = Q(request_key__in=[key, *departures.key_of(journal)]) | like
    alike = ExpressionWrapper(like, output_field=BooleanField())
    handouts = Handout.objects.select_related("number__binder", "ward__clinic", "outage")
    found = handouts.annotate(alike=alike).filter(wanted).order_by("-pk")
    return Known(journal, list(found))


def again(earlier: Handout, known: Known) -> Done[Handout]:
    """Return the earlier handout as the answer; write it into the journal if it is missing."""
    departures.keep(earlier, known.journal)
    return Done(earlier, new=False)


def same_words(earlier: Handout, request: WardRequest) -> bool:
    """Tell whether a handout is for the same ward and caller."""
    same_ward = (
        request.ward.pk == earlier.ward_id
        if request.ward.pk
        else sort_key(request.ward.name) == earlier.ward.key
    )
    return same_ward and (request.caller, request.callback) == (earlier.caller, earlier.callback)


def handout_of(
    request: WardRequest, number: ReserveNumber, outage: Outage, event: Event, **columns: Any
) -> Handout:
    """Return a new handout, unsaved. ``columns``: those that not every handout fills in."""
    return Handout(
        number=number,
        outage=outage,
        ward=request.ward,
        request_key=request.request_key,
        caller=request.caller,
        callback=request.callback,
        state=State.HANDED_OUT,
        handed_out_at=event.at,
        handed_out_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        **columns,
    )


def give(handout: Handout, event: Event, known: Known, *, reason: str = "") -> Handout:
    """Take the handout's number out of its binder, write the handout, and log both.

    ``reason``: why it was handed out all the same, when the act had to ask. Raises IntegrityError
    when the database refuses it.
    """
    handout.ward = keep_typed_in(handout.ward)
    entries = [steps.begin(handout, event, reason=reason)]
    number = handout.number
    if number.taken_at is None:  # unless a count that missed the sheet took it out
        entries += tabs.take_out([number], event.at, event)
    trail.write(*entries)
    departures.keep(handout, known.journal)
    return handout
