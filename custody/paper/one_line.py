"""Enter a handout that was given out on paper while the application couldn't be used.

The handout keeps the time and the person on the paper beside those of the entry. ``whole_log``
enters a whole log.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from befreg_reserv.times import moment
from custody.binder import quarantine
from custody.handouts import doubles, giving
from custody.handouts.giving import Known
from custody.ledger import calls
from custody.ledger.refusals import CallKeyReused
from custody.logged import Logged
from custody.models import Call, Count, Handout, Patient, Quarantine, ReserveNumber
from custody.paper import sheets
from custody.paper.refusals import SeenLying
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
    # Why the line is right although a later count saw the sheet in the binder.
    seen_reason: str = ""
    # The request key of another patient's handout of the same number that the person has seen.
    double_of: UUID | None = None


@dataclass(frozen=True)
class Entered:
    """The handout of a line. In a preview, a new handout is not saved."""

    handout: Handout
    explained: bool = False  # the sheet was missing, and this handout explains why
    seen: Count | None = None  # in a preview: a later count that saw the sheet
    # Another patient's handout of the same number; in a preview of a log, also one of another line.
    double_of: Handout | None = None


def _key_used_meanwhile(entry: Entry, _outage_id: int, _event: Event, **_reason: str) -> None:
    """Raise CallKeyReused if the same form was sent at the same moment for another outage."""
    same_key = Call.objects.filter(request_key=entry.request_key)
    answered(same_key, entry.request_key, _never_the_same, CallKeyReused)


def _never_the_same(_earlier: Call) -> bool:
    return False


@act(on_conflict=_key_used_meanwhile)
def enter(entry: Entry, outage_id: int, event: Event, *, reason: str = "") -> Done[Entered]:
    """Enter one line of the paper. Its outage may have ended since.

    ``event`` is the entry; the handout has the time and the person on the paper. ``reason``: where
    the line comes from, if not from paper. It explains an
    open quarantine of the number, and a handout that was voided because that sheet was missing
    makes way for it. If another patient has the number, and ``double_of`` says that the person has
    seen that handout, both stand, with an alarm. The same request key again returns the same
    handout. Raises CallKeyReused, BadTime, SeenLying without a reason, GivenAlready without
    ``double_of``, what ``custody.paper.sheets`` raises, Outage.DoesNotExist; then nothing is
    written.
    """
    outage = clock.read_with(Outage.objects.select_for_update()).get(pk=outage_id)
    number = sheets.find(entry.number, drill=outage.drill)
    known = giving.known(entry.request_key)
    earlier = _answered(known, entry, number, outage)
    if earlier:
        return Done(Entered(giving.again(earlier, known).row), new=False)
    on_paper = _on_paper(entry, event).not_ahead_of(clock.read_of(outage))
    on_paper = on_paper.within(outage.started_at, outage.ended_at)
    doubles.lock(entry.double_of)
    known.answer_restored(on_paper)
    number = sheets.lock(number)
    held = sheets.held(number)
    held.check_seen(entry.double_of, same_line=_says_the_same(held.by, entry, on_paper))
    sheets.check_lay_there(number, on_paper.at, by_another=held.by is not None)
    reason = _reason(entry, number, on_paper) or reason
    if held.missing:
        quarantine.make_way(held.missing, on_paper)
    patient = _patient(entry, number, outage, on_paper)
    entry_of_call = calls.insert(patient.call, [patient], on_paper)
    handout = giving.handout_of(patient, number, outage, on_paper, duplicate_of=held.first)
    giving.give([handout], on_paper, known, entry_of_call, reason=reason)
    if held.by:
        doubles.found(held.by, handout, on_paper)
    given = {"handed_out_at": handout.handed_out_at, "handed_out_by": handout.handed_out_by}
    record.record(handout, Logged.LATE_ENTRY, event, record.said(**given))
    return Done(Entered(handout, explained=_explain(handout), double_of=held.by))


def foresee(entry: Entry, outage: Outage, event: Event) -> Done[Entered]:
    """Return what ``enter`` would do with the line now. Writes nothing and locks nothing.

    Raises what ``enter`` raises, except SeenLying and GivenAlready: the answer holds that count or
    that handout instead.
    """
    number = sheets.find(entry.number, drill=outage.drill)
    earlier = _answered(giving.known(entry.request_key), entry, number, outage)
    if earlier:
        return Done(Entered(earlier), new=False)
    on_paper = _on_paper(entry, event).within(outage.started_at, outage.ended_at)
    held = sheets.held(number)
    sheets.check_lay_there(number, on_paper.at, by_another=held.by is not None)
    patient = _patient(entry, number, outage, on_paper)
    handout = giving.handout_of(patient, number, outage, on_paper, duplicate_of=held.first)
    seen = sheets.seen_lying(number, on_paper.at)
    return Done(Entered(handout, seen=seen, double_of=held.by))


def _on_paper(entry: Entry, event: Event) -> Event:
    """Return the event of the handout: done as the paper says, recorded as ``event`` says."""
    return replace(event, at=entry.at, by=entry.by)


def _patient(entry: Entry, number: ReserveNumber, outage: Outage, event: Event) -> Patient:
    """Return the patient of a line with the call, unsaved: the paper says no more of them."""
    call = calls.call_of(
        entry.request_key,
        entry.ward,
        outage,
        event,
        caller=entry.caller,
        callback=entry.callback,
        late=True,
    )
    return calls.patient_of(call, 1, event, waits=False, sex=number.sex)


def _says_the_same(earlier: Handout | None, entry: Entry, event: Event) -> bool:
    """Tell whether an earlier handout was entered from a line that says the same."""
    if earlier is None or not earlier.late:
        return False
    happened = (earlier.handed_out_at, earlier.handed_out_by) == (event.at, event.by)
    return happened and giving.same_words(earlier.patient.call, entry)


def _answered(known: Known, entry: Entry, number: ReserveNumber, outage: Outage) -> Handout | None:
    """Return the handout that this line was entered as before, or None.

    Raises CallKeyReused if the line with this key had other content then.
    """

    def same(earlier: Handout) -> bool:
        before = Event(entry.at, entry.by, earlier.recorded_at, earlier.recorded_by)
        on_paper = before.within(outage.started_at, outage.ended_at)
        return (
            earlier.late
            and giving.same_words(earlier.patient.call, entry)
            and (number.pk, outage.pk) == (earlier.number_id, earlier.outage_id)
            and (on_paper.at, on_paper.by) == (earlier.handed_out_at, earlier.handed_out_by)
        )

    return answered(known.of_form(entry.request_key), entry.request_key, same, CallKeyReused)


def _reason(entry: Entry, number: ReserveNumber, event: Event) -> str:
    """Return why the line is right although a later count saw the sheet; "" if no count did.

    Raises SeenLying if the line gives no reason: a number that was misread looks like that.
    """
    seen = sheets.seen_lying(number, event.at)
    if seen is None:
        return ""
    if not entry.seen_reason:
        raise SeenLying(seen)
    # The record is in Swedish, whatever language the person reads.
    with translation.override(settings.LANGUAGE_CODE):
        when = _("A count saw the sheet lie there after that, %(time)s.")
    return f"{when % {'time': moment(seen.at)}} {entry.seen_reason}"


def _explain(handout: Handout) -> bool:
    """Explain the number's open quarantine by this handout. Return whether there was one."""
    waiting = Quarantine.objects.select_for_update(of=("self",))
    missed = waiting.filter(number=handout.number_id, explained_at__isnull=True).first()
    if missed is None:
        return False
    # The record is in Swedish, whatever language the person reads.
    with translation.override(settings.LANGUAGE_CODE):
        explanation = (
            _("Handed out before a backup was restored, entered again")
            if missed.restoration_id
            else _("Given out on paper, entered afterwards")
        )
    event = Event.now(handout.recorded_by, handout.recorded_at)
    quarantine.explain(missed.pk, event, explanation=explanation)
    return True
