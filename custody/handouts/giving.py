"""What the telephone, a missing sheet and the paper have in common: a number leaves its binder.

``give`` is the only function that writes a new handout. Callers hold a transaction, and the
outage's lock: handouts of one outage come one at a time, so none of this has to fear a race.
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
from custody.journal.chain import Kept
from custody.ledger import steps, tabs
from custody.models import Handout, ReserveNumber
from custody.models.states import State
from outage.models import Outage

NO_HANDOUT = Q(pk__isnull=True)


class Asked(Protocol):
    """What a ward says, on the telephone or on paper. ``ward`` may be unsaved: typed in."""

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
    """What register and journal know as a form for a number arrives.

    ``found``: the handouts of the form, of the journal's last line, and those like the call (with
    ``alike``), the latest first.
    """

    journal: Kept
    found: list[Handout]

    def answer_restored(self, event: Event) -> None:
        """Set aside what left the binder before a backup was restored, if one was."""
        if not departures.tells(self.journal, self.found):
            restoration.answer(self.journal, event)


def known(key: UUID, like: Q = NO_HANDOUT) -> Known:
    """Read what is known of the form with this key, and of handouts ``like`` it; one statement."""
    kept = departures.latest()
    wanted = Q(request_key__in=[key, *departures.key_of(kept)]) | like
    alike = ExpressionWrapper(like, output_field=BooleanField())
    handouts = Handout.objects.select_related("number__binder", "ward__clinic", "outage")
    found = handouts.annotate(alike=alike).filter(wanted).order_by("-pk")
    return Known(kept, list(found))


def again(earlier: Handout, known: Known) -> Done[Handout]:
    """Return the answer that was given before; the journal may have missed it."""
    departures.keep(earlier, known.journal)
    return Done(earlier, new=False)


def same_words(earlier: Handout, asked: Asked) -> bool:
    """Tell whether a handout is for the same ward and caller."""
    same_ward = (
        asked.ward.pk == earlier.ward_id
        if asked.ward.pk
        else sort_key(asked.ward.name) == earlier.ward.key
    )
    return same_ward and (asked.caller, asked.callback) == (earlier.caller, earlier.callback)


def handout_of(
    asked: Asked, number: ReserveNumber, outage: Outage, event: Event, **columns: Any
) -> Handout:
    """Return a new handout, unsaved. ``columns``: those that not all handouts have."""
    return Handout(
        number=number,
        outage=outage,
        ward=asked.ward,
        request_key=asked.request_key,
        caller=asked.caller,
        callback=asked.callback,
        state=State.HANDED_OUT,
        handed_out_at=event.at,
        handed_out_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        **columns,
    )


def give(handout: Handout, event: Event, known: Known, *, reason: str = "") -> Handout:
    """Take the handout's number out of its binder, write the handout, and log both.

    ``reason``: why it could be so, where that had to be asked. Raises IntegrityError when the
    database knows better.
    """
    handout.ward = keep_typed_in(handout.ward)
    entries = [steps.begin(handout, event, reason=reason)]
    number = handout.number
    if number.taken_at is None:  # a count that missed the sheet has taken it out before
        entries += tabs.take_out([number], event.at, event)
    trail.write(*entries)
    departures.keep(handout, known.journal)
    return handout
