"""What was handed out on paper while the application couldn't be used, entered afterwards.

Each entry goes through ``custody.handouts.hand_out``, with the time and the person of the paper
beside those of the entry. A whole log goes in at once or not at all.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv.audit import trail
from befreg_reserv.people.models import User, Ward
from custody import handouts, quarantine, sheets
from custody.handouts import Call
from custody.models import Count, Handout, Quarantine
from custody.refusals import KeyReused
from custody.steps import Event
from outage.models import Outage


@dataclass(frozen=True)
class Entry:
    """One line of the paper log: ``number`` as it was written, all of it or the last four."""

    at: datetime
    by: str
    number: str
    ward: Ward
    caller: str
    callback: str
    request_key: UUID
    # Why it is right although a count since then saw the sheet lie in the binder.
    seen_reason: str = ""


@dataclass(frozen=True)
class Entered:
    """The handout of a line; not ``new`` when the same form had been sent before."""

    handout: Handout
    new: bool
    explained: bool = False  # the sheet had been missing, and this is where it was
    seen: Count | None = None  # the count that saw the sheet lie there after that; of a preview


@transaction.atomic
def enter(entry: Entry, outage_id: int, *, by: User, at: datetime) -> Entered:
    """Enter one line of the paper, of an outage that may have ended since.

    ``by`` and ``at``: who enters it and when. An open quarantine of the number is explained by
    it, and the handout whose sheet was missing makes way for it. Raises what ``handouts.hand_out``
    raises for a sheet, Outage.DoesNotExist.
    """
    outage = Outage.objects.select_for_update().get(pk=outage_id)
    call = _call(entry, outage)
    event = Event(at=entry.at, by=entry.by, recorded_at=at, recorded_by=by)
    new = not Handout.objects.filter(request_key=entry.request_key).exists()
    handout = handouts.hand_out(call, event)
    if not new:
        _check_same_event(handout, event, outage)
        return Entered(handout, new=False)
    changes: trail.Changes = {
        "handed_out_at": (None, handout.handed_out_at),
        "handed_out_by": (None, handout.handed_out_by),
    }
    trail.record(handout, "late_entry", actor=by, at=at, changes=changes)
    return Entered(handout, new=True, explained=_explain(handout, by=by))


def foresee(entry: Entry, outage: Outage, *, by: User, at: datetime) -> Entered:
    """Return what entering one line would do now. Nothing is written, and nobody waits for it.

    Its handout is not saved, if it is ``new``. Raises what ``enter`` raises but SeenLying: that
    count is in the answer.
    """
    event = Event(at=entry.at, by=entry.by, recorded_at=at, recorded_by=by)
    handout = handouts.foresee(_call(entry, outage), event, outage)
    if handout.pk:
        _check_same_event(handout, event, outage)
        return Entered(handout, new=False)
    seen = sheets.seen_lying(handout.number, handout.handed_out_at)
    return Entered(handout, new=True, seen=seen)


def _call(entry: Entry, outage: Outage) -> Call:
    number = sheets.find(entry.number, drill=outage.drill)
    return Call(
        sex=number.sex,
        caller=entry.caller,
        ward=entry.ward,
        callback=entry.callback,
        request_key=entry.request_key,
        outage_id=outage.pk,
        sheet=number.value,
        seen_reason=entry.seen_reason,
    )


def _check_same_event(handout: Handout, event: Event, outage: Outage) -> None:
    """Raise KeyReused when the paper says another time or person than it did before."""
    before = Event(event.at, event.by, handout.recorded_at, event.recorded_by)
    meant = before.within(outage.started_at, outage.ended_at)
    if (meant.at, meant.by) != (handout.handed_out_at, handout.handed_out_by):
        raise KeyReused(handout)


def _explain(handout: Handout, *, by: User) -> bool:
    """Explain where the sheet was that was missing; tell whether it waited for that."""
    waiting = Quarantine.objects.select_for_update(of=("self",))
    missed = waiting.filter(number=handout.number_id, explained_at__isnull=True).first()
    if missed is None:
        return False
    # The record speaks Swedish, whoever enters it.
    with translation.override(settings.LANGUAGE_CODE):
        explanation = (
            _("Handed out before a backup was restored, entered again")
            if missed.restoration_id
            else _("Given out on paper, entered afterwards")
        )
    quarantine.explain(missed.pk, by=by, at=handout.recorded_at, explanation=explanation)
    return True
