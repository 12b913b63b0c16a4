"""What is done with a handout: hand out, read back, sheet missing, replace, void, undo, withdraw.

``hand_out`` is the only function that takes a number out of a binder. Actor, time and request
key are arguments; every act is one transaction: lock, re-read, check, write, record.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.wards import keep_typed_in
from befreg_reserv.templatetags.manners import moment
from befreg_reserv.text import sort_key
from custody import departures, quarantine, readings, restoration, sheets, steps, taken
from custody.identities import Identity, Sex, other_sex, same_sex
from custody.models import Handout, ReserveNumber
from custody.readings import Reading
from custody.refusals import (
    BadIdentity,
    KeyReused,
    NoneLeft,
    NoOutage,
    NotFoundAtCount,
    NotOpen,
    OutageEnded,
    Refused,
    SameCall,
    SeenLying,
    SexDiffers,
    SheetDestroyed,
    TabRefilled,
    WasGiven,
)
from custody.states import OPEN, Act, State
from custody.steps import Event
from outage.models import Outage


@dataclass(frozen=True)
class Call:
    """What a ward says on the telephone, as the till typed it.

    ``ward`` may be unsaved: typed in, and kept for an administrator. ``outage_id`` is the outage
    that the form was shown for; None means the real one, since nobody may fall into a drill.
    """

    sex: str
    caller: str
    ward: Ward
    callback: str
    request_key: UUID
    outage_id: int | None = None
    # Why a number of the other sex will do; used only when this sex has none left.
    other_sex_reason: str = ""
    # The handout whose sheet was missing, when this call is answered once more.
    instead_of: Handout | None = None
    # When the form for the call was opened, as the form says; not to be relied on.
    called_at: datetime | None = None
    # The number on the sheet, when it was given out on paper and is entered afterwards.
    sheet: str = ""
    # Why that is right although a count since then saw the sheet lie in the binder.
    seen_reason: str = ""
    # The latest handout of which the till has said that it was another patient's.
    other_than: int = 0


# A form that stood open for longer tells nothing of how long the call took.
LONGEST_CALL = timedelta(hours=1)
# A like call that comes so soon may be the former, whose answer was lost. Ours to choose.
SAME_CALL_WITHIN = timedelta(minutes=10)
NO_HANDOUT = Q(pk__isnull=True)


def hand_out(call: Call, event: Event) -> Handout:
    """Take the lowest tab of the wanted sex out of the binder and return its handout.

    With ``call.other_sex_reason``, the other sex's lowest tab where the wanted sex has none; with
    ``call.sheet``, the number that was given out on paper, after the outage too. The same request
    key again returns the same handout, even after the outage. Raises KeyReused, SameCall, NoOutage,
    OutageEnded or NoneLeft, and for a sheet BadTime and what ``custody.sheets`` raises; then
    nothing was taken.
    """
    try:
        return _hand_out(call, event)
    except IntegrityError:
        # The same key came at once through another outage: the database let one pass.
        earlier = _earlier(call)
        if earlier is None:
            raise
        return earlier


@transaction.atomic
def _hand_out(call: Call, event: Event) -> Handout:
    # One handout at a time in an outage: what follows needs no further care for races, and
    # an end of the outage waits for it.
    outage = _lock_outage(call.outage_id)
    if outage:
        event = event.not_ahead_of(clock.read_of(outage))
    kept = departures.latest()
    found = _found(call, departures.key_of(kept), _like(call, outage, event))
    earlier = _same(found, call)
    if earlier:
        departures.keep(earlier, kept)
        return earlier
    _check_not_alike(found, call)
    if outage is None:
        raise NoOutage
    if not (outage.ongoing or call.sheet):
        raise OutageEnded(drill=outage.drill)
    event = event.within(outage.started_at, outage.ended_at)
    if not departures.tells(kept, found):  # a backup may have been restored
        restoration.answer(kept, at=event.recorded_at, by=event.recorded_by)
    number = _on_paper(outage, call, event) if call.sheet else _lowest_tab(outage, call)
    handout = _new(call, event, outage, number, keep_typed_in(call.ward))
    reason = _reason(call, number, event)
    trail.write(steps.begin(handout, event, reason=reason), *_take(number, event))
    departures.keep(handout, kept)
    return handout


def _reason(call: Call, number: ReserveNumber, event: Event) -> str:
    """Return why a sheet is right that a count saw lying there after that time; "" where none did.

    Raises SeenLying without a reason: a sheet that was misread looks like that.
    """
    seen = sheets.seen_lying(number, event.at) if call.sheet else None
    if seen is None:
        return ""
    if not call.seen_reason:
        raise SeenLying(seen)
    # The record speaks Swedish, whoever enters it.
    with translation.override(settings.LANGUAGE_CODE):
        when = _("A count saw the sheet lie there after that, %(time)s.")
    return f"{when % {'time': moment(seen.at)}} {call.seen_reason}"


def foresee(call: Call, event: Event, outage: Outage) -> Handout:
    """Return the handout of a sheet that ``hand_out`` would write now; it is not saved.

    Reads only, and takes no lock: nobody waits for it, and somebody may be quicker. The same
    request key again returns the handout that is there. Raises what ``hand_out`` raises.
    """
    earlier = _earlier(call)
    if earlier:
        return earlier
    event = event.within(outage.started_at, outage.ended_at)
    number = sheets.find(call.sheet, drill=outage.drill)
    sheets.check_not_given(number)
    sheets.check_lay_there(number, event.at)
    return _new(call, event, outage, number, call.ward)


def _new(call: Call, event: Event, outage: Outage, number: ReserveNumber, ward: Ward) -> Handout:
    return Handout(
        number=number,
        outage=outage,
        ward=ward,
        request_key=call.request_key,
        caller=call.caller,
        callback=call.callback,
        state=State.HANDED_OUT,
        called_at=_called_at(call, event),
        handed_out_at=event.at,
        handed_out_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        instead_of=call.instead_of,
        other_sex_reason=call.other_sex_reason if number.sex != call.sex else "",
        late=bool(call.sheet),
    )


def _called_at(call: Call, event: Event) -> datetime | None:
    """Return when the call came, as far as the form's word can be true."""
    opened = call.called_at
    return opened if opened and event.at - LONGEST_CALL <= opened <= event.at else None


def _lock_outage(outage_id: int | None) -> Outage | None:
    outages = clock.read_with(Outage.objects.select_for_update())
    if outage_id is None:
        return outages.filter(ended_at__isnull=True, drill=False).first()
    return outages.filter(pk=outage_id).first()


def _earlier(call: Call) -> Handout | None:
    """Return the handout that this form was answered with before; raise KeyReused."""
    return _same(_found(call), call)


def _found(call: Call, keys: Collection[UUID] = (), like: Q = NO_HANDOUT) -> list[Handout]:
    """Return the handouts of this form and of ``keys``, and those ``like`` this call.

    The latest first, and each with ``alike``. One statement for all of them.
    """
    handouts = Handout.objects.select_related("number__binder", "ward__clinic", "outage")
    wanted = Q(request_key__in=[call.request_key, *keys]) | like
    alike = ExpressionWrapper(like, output_field=BooleanField())
    return list(handouts.annotate(alike=alike).filter(wanted).order_by("-pk"))


def _same(found: list[Handout], call: Call) -> Handout | None:
    earlier = next((each for each in found if each.request_key == call.request_key), None)
    if earlier and not _same_content(earlier, call):
        raise KeyReused(earlier)
    return earlier


def _check_not_alike(found: list[Any], call: Call) -> None:
    """Raise SameCall when a handout that was found may be this call's, sent once more."""
    alike = [each for each in found if each.alike and each.patient_sex == call.sex]
    if alike:
        raise SameCall(alike)


def _like(call: Call, outage: Outage | None, event: Event) -> Q:
    """Return what handouts this call must be asked about: it may be theirs, sent once more.

    The same caller got a number for the same ward just now, and nobody has read it back; for the
    same sex only is it asked about.
    Nothing is asked of a sheet, of the next number for a missing one, and after the outage.
    """
    if outage is None or not outage.ongoing or call.sheet or call.instead_of:
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


def _same_content(earlier: Handout, call: Call) -> bool:
    same_ward = (
        call.ward.pk == earlier.ward_id
        if call.ward.pk
        else sort_key(call.ward.name) == earlier.ward.key
    )
    return same_ward and (
        call.sex == earlier.patient_sex
        and call.caller == earlier.caller
        and call.callback == earlier.callback
        and call.sheet == (earlier.number.value if earlier.late else "")
        and call.outage_id in {None, earlier.outage_id}
    )


def _lowest_tab(outage: Outage, call: Call) -> ReserveNumber:
    """Return the next number, locked. Training numbers in drills only, and only those there."""
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


def _on_paper(outage: Outage, call: Call, event: Event) -> ReserveNumber:
    """Return the number on the sheet, locked, if the binder could have given it out then."""
    number = sheets.lock(sheets.find(call.sheet, drill=outage.drill))
    missing = sheets.check_not_given(number)
    sheets.check_lay_there(number, event.at)
    if missing:
        quarantine.make_way(missing, event)
    return number


def _take(number: ReserveNumber, event: Event) -> list[LogEntry]:
    if number.taken_at:
        return []  # a count missed the sheet, so it has left the register's binder before
    taken = ReserveNumber.objects.filter(pk=number.pk, taken_at__isnull=True)
    if not taken.update(taken_at=event.at):
        raise IntegrityError(f"number {number.pk} was taken under our lock")
    return [_number_entry(number, event, before=None, after=event.at)]


def _number_entry(
    number: ReserveNumber, event: Event, *, before: datetime | None, after: datetime | None
) -> LogEntry:
    return trail.entry(
        number,
        "leave_binder" if after else "return_to_binder",
        actor=event.recorded_by,
        at=event.recorded_at,
        changes={"taken_at": (before, after)},
    )


def sheet_missing(handout_id: int, event: Event, *, other_sex_reason: str = "") -> Handout:
    """Set aside a number whose sheet is missing, and answer the same call with the next one.

    Returns the handout that the caller gets instead; pressed twice, the same one. A number that
    was read back may be with the patient by now: its handout stays open, for the ward to close or
    void. Raises NotMissing when the handout has gone further or was given out on paper,
    OutageEnded after the outage. NoneLeft, and OutageEnded with ``set_aside``, mean that there is
    no next one; the missing one is set aside all the same.
    """
    missing = quarantine.set_aside_given(handout_id, event)
    call = Call(
        sex=missing.patient_sex.value,
        caller=missing.caller,
        ward=missing.ward,
        callback=missing.callback,
        # From the key of the first form: however often the button is pressed, one number.
        request_key=uuid5(missing.request_key, "sheet missing"),
        outage_id=missing.outage_id,
        other_sex_reason=other_sex_reason or missing.other_sex_reason,
        instead_of=missing,
        called_at=missing.called_at,
    )
    try:
        return hand_out(call, event)
    except Refused as refusal:
        refusal.set_aside = missing
        raise


@transaction.atomic
def confirm_read_back(handout_id: int, *, typed: str, by: User, at: datetime) -> Reading:
    """Record what the caller read back, the last four or the whole number.

    Returns how it differs from the number. A wrong reading is kept in the audit log, all of it; a
    right one also on the handout, the first time. Raises NotOpen.
    """
    handout = steps.lock(handout_id)
    if handout.state not in OPEN:
        raise NotOpen(handout)
    reading = readings.compare(handout.number.value, typed)
    if reading.right and handout.read_back_at:
        return reading
    if reading.right:
        Handout.objects.filter(pk=handout.pk).update(read_back_at=at, read_back_by=by.username)
    act = "read_back" if reading.right else "read_back_wrong"
    trail.record(handout, act, actor=by, at=at, changes={"read_back": (None, reading.typed)})
    return reading


def check_real_number(handout: Handout, text: str, *, today: date) -> Identity:
    """Return the identity that ``text`` names, if it can be this patient's real one.

    Raises BadIdentity: malformed, an emergency number, a prepared number or one of a patient
    registered late, a training number in reality (or the reverse), or standing on another handout.
    """
    return taken.real_identity(text, drill=handout.outage.drill, today=today, besides=handout)


@transaction.atomic
def _replace(
    handout_id: int, text: str, event: Event, *, sex_may_differ: bool, reason: str
) -> Handout:
    handout, event = steps.lock_for(handout_id, Act.REPLACE, event)
    # The date on the hospital's wall: a child born after midnight has today's, not yet UTC's.
    identity = check_real_number(handout, text, today=timezone.localdate(event.recorded_at))
    differs = not same_sex(identity.sex, handout.patient_sex)
    if differs and not (sex_may_differ and reason):
        raise SexDiffers
    steps.advance(
        handout,
        Act.REPLACE,
        event,
        reason=reason if differs else "",
        identity=identity.value,
        real_identity=identity.value,
        real_kind=identity.kind.value,
        replaced_at=event.at,
    )
    return handout


def replace(
    handout_id: int, text: str, event: Event, *, sex_may_differ: bool = False, reason: str = ""
) -> Handout:
    """Register the real number that the ward created in Befreg.

    Raises BadIdentity, SexDiffers (unless acknowledged with a reason), BadTime or IllegalStep.
    """
    try:
        return _replace(handout_id, text, event, sex_may_differ=sex_may_differ, reason=reason)
    except IntegrityError as error:
        # Somebody typed or prepared the same number at the same moment; the database let one pass.
        if "real_identity" in str(error):
            raise BadIdentity(_("This number was just registered on another handout.")) from error
        handout = Handout.objects.select_related("outage").get(pk=handout_id)
        check_real_number(handout, text, today=timezone.localdate(event.recorded_at))
        raise


@transaction.atomic
def withdraw_replacement(handout_id: int, event: Event, *, reason: str) -> Handout:
    """Take back a real number that was wrong. Raises IllegalStep or ReasonMissing."""
    handout, event = steps.lock_for(handout_id, Act.WITHDRAW_REPLACEMENT, event)
    steps.advance(
        handout,
        Act.WITHDRAW_REPLACEMENT,
        event,
        reason=reason,
        identity=handout.real_identity or "",
        real_identity=None,
        real_kind="",
        replaced_at=None,
    )
    return handout


@transaction.atomic
def void(handout_id: int, event: Event, *, reason: str) -> Handout:
    """Record that the number was never used on a patient. It is spent all the same.

    Raises IllegalStep or ReasonMissing.
    """
    handout, event = steps.lock_for(handout_id, Act.VOID, event)
    steps.advance(handout, Act.VOID, event, reason=reason)
    return handout


def undo(handout_id: int, event: Event, *, reason: str) -> Handout:
    """Undo a handout recorded by mistake: the sheet never left the binder.

    The only way a number returns to its tab; one whose sheet a count missed stays set aside, and
    the sheet waits for an explanation again if this was it. Raises IllegalStep, ReasonMissing,
    WasGiven (read back or replaced at some time: void it instead), NotFoundAtCount, SheetDestroyed
    or TabRefilled.
    """
    try:
        return _undo(handout_id, event, reason)
    except IntegrityError as error:
        if "tab" not in str(error):
            raise
        raise TabRefilled(Handout.objects.select_related("number").get(pk=handout_id)) from error


@transaction.atomic
def _undo(handout_id: int, event: Event, reason: str) -> Handout:
    handout, event = steps.lock_for(handout_id, Act.UNDO, event)
    if handout.read_back_at or handout.steps.filter(act=Act.REPLACE).exists():
        raise WasGiven(handout)
    # Locked: a count's sheet of it may be destroyed at this moment.
    number = ReserveNumber.objects.select_for_update(no_key=True).get(pk=handout.number_id)
    if number.count_lines.filter(destroyed_at__isnull=False).exists():
        raise SheetDestroyed(handout)
    _check_no_count_missed_it(handout, number)
    steps.advance(handout, Act.UNDO, event, reason=reason)
    departures.keep_others()
    if number.quarantines.exists():
        quarantine.miss_again(handout, event)
        return handout  # a count missed the sheet: the number stays set aside
    # Refused by the database when the tab was refilled: it holds one number.
    ReserveNumber.objects.filter(pk=number.pk).update(taken_at=None)
    trail.write(_number_entry(number, event, before=number.taken_at, after=None))
    return handout


def _check_no_count_missed_it(handout: Handout, number: ReserveNumber) -> None:
    """Raise NotFoundAtCount when somebody went through the binder since, and it didn't lie there.

    A sheet that never left the binder would have been found, whether it was expected or not. One
    that is in quarantine stays away from the binder anyhow.
    """
    if number.taken_at is None or number.quarantines.exists():
        return
    counts = number.binder.counts.filter(at__gte=number.taken_at)
    if number.laid_in_at:
        counts = counts.filter(listed_at__gte=number.laid_in_at)
    found = number.count_lines.filter(found=True).values("count")
    without = counts.exclude(pk__in=found).order_by("at").last()
    if without:
        raise NotFoundAtCount(handout, without)
