"""What was handed out on paper while the application couldn't be used, entered afterwards.

With the time and the person of the paper beside those of the entry. A whole log goes in at once
or not at all: ``late_batch``.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.models import User, Ward
from befreg_reserv.times import moment
from custody import giving, quarantine, sheets
from custody.logged import Logged
from custody.models import Count, Handout, Quarantine, ReserveNumber
from custody.refusals import KeyReused, SeenLying
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


def enter(entry: Entry, outage_id: int, *, by: User, at: datetime) -> Entered:
    """Enter one line of the paper, of an outage that may have ended since.

    ``by`` and ``at``: who enters it and when. An open quarantine of the number is explained by
    it, and the handout whose sheet was missing makes way for it. The same request key again
    returns the same handout. Raises KeyReused, BadTime, SeenLying without a reason, what
    ``custody.sheets`` raises, Outage.DoesNotExist; then nothing was written.
    """
    try:
        return _enter(entry, outage_id, by, at)
    except IntegrityError:
        # The same key came at once through another outage: the database let one pass.
        earlier = giving.known(entry.request_key).earlier
        if earlier is None:
            raise
        raise KeyReused(earlier) from None


@transaction.atomic
def _enter(entry: Entry, outage_id: int, by: User, at: datetime) -> Entered:
    outage = clock.read_with(Outage.objects.select_for_update()).get(pk=outage_id)
    number = sheets.find(entry.number, drill=outage.drill)
    known = giving.known(entry.request_key)
    if known.earlier:
        _check_same(known.earlier, entry, number, outage)
        return Entered(giving.again(known.earlier, known), new=False)
    event = Event(at=entry.at, by=entry.by, recorded_at=at, recorded_by=by)
    event = event.not_ahead_of(clock.read_of(outage)).within(outage.started_at, outage.ended_at)
    known.answer_restored(event)
    number = sheets.lock(number)
    missing = sheets.check_not_given(number)
    sheets.check_lay_there(number, event.at)
    reason = _reason(entry, number, event)
    if missing:
        quarantine.make_way(missing, event)
    handout = giving.give(_handout(entry, number, outage, event), event, known, reason=reason)
    changes: trail.Changes = {
        "handed_out_at": (None, handout.handed_out_at),
        "handed_out_by": (None, handout.handed_out_by),
    }
    trail.record(handout, Logged.LATE_ENTRY, actor=by, at=at, changes=changes)
    return Entered(handout, new=True, explained=_explain(handout, by=by))


def foresee(entry: Entry, outage: Outage, *, by: User, at: datetime) -> Entered:
    """Return what entering one line would do now. Nothing is written, and nobody waits for it.

    Its handout is not saved, if it is ``new``. Raises what ``enter`` raises but SeenLying: that
    count is in the answer.
    """
    number = sheets.find(entry.number, drill=outage.drill)
    earlier = giving.known(entry.request_key).earlier
    if earlier:
        _check_same(earlier, entry, number, outage)
        return Entered(earlier, new=False)
    event = Event(at=entry.at, by=entry.by, recorded_at=at, recorded_by=by)
    event = event.within(outage.started_at, outage.ended_at)
    sheets.check_not_given(number)
    sheets.check_lay_there(number, event.at)
    handout = _handout(entry, number, outage, event)
    return Entered(handout, new=True, seen=sheets.seen_lying(number, event.at))


def _handout(entry: Entry, number: ReserveNumber, outage: Outage, event: Event) -> Handout:
    return giving.handout_of(entry, number, outage, event, late=True)


def _check_same(earlier: Handout, entry: Entry, number: ReserveNumber, outage: Outage) -> None:
    """Raise KeyReused unless the paper says what it said when it was entered before."""
    before = Event(entry.at, entry.by, earlier.recorded_at, earlier.recorded_by)
    meant = before.within(outage.started_at, outage.ended_at)
    same = (
        earlier.late
        and giving.same_words(earlier, entry)
        and (number.pk, outage.pk) == (earlier.number_id, earlier.outage_id)
        and (meant.at, meant.by) == (earlier.handed_out_at, earlier.handed_out_by)
    )
    if not same:
        raise KeyReused(earlier)


def _reason(entry: Entry, number: ReserveNumber, event: Event) -> str:
    """Return why a sheet is right that a count saw lying there after that time; "" where none did.

    Raises SeenLying without a reason: a sheet that was misread looks like that.
    """
    seen = sheets.seen_lying(number, event.at)
    if seen is None:
        return ""
    if not entry.seen_reason:
        raise SeenLying(seen)
    # The record speaks Swedish, whoever enters it.
    with translation.override(settings.LANGUAGE_CODE):
        when = _("A count saw the sheet lie there after that, %(time)s.")
    return f"{when % {'time': moment(seen.at)}} {entry.seen_reason}"


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
