"""Patients treated without a number during an outage: listed, and registered in Befreg afterwards.

A row says where and when, never who. Writes ``LateRegistration``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.clock import TOLERANCE
from befreg_reserv.people.access import seen_by
from befreg_reserv.people.models import User, Ward
from befreg_reserv.times import moment, readings
from custody.handouts.followup import FIRST_TRAINING_BIRTH_DATE, TRAINING_DAYS
from custody.ledger import taken
from custody.ledger.refusals import NamesAPerson
from custody.logged import Logged
from custody.models import LateRegistration, LateWithdrawal
from custody.numbers.identities import contains_identity, normalise, training_numbers
from custody.planned.refusals import (
    AlreadyRegistered,
    AlreadyStruck,
    LateKeyReused,
    NotRegistered,
)
from outage.models import Outage

OPEN = Q(registered_at__isnull=True, struck_at__isnull=True)


@dataclass(frozen=True)
class LatePatient:
    """Somebody who was treated without a number, as the ward lists them."""

    outage: Outage
    ward: Ward
    place: str
    treated_at: datetime
    request_key: UUID


def _answered(patient: LatePatient, _event: Event | None = None) -> LateRegistration | None:
    """Return the row that this form was answered with before. Raises LateKeyReused."""

    def same(earlier: LateRegistration) -> bool:
        listed = (earlier.outage_id, earlier.ward_id, earlier.place)
        # People type minutes, and ``_within`` may have added the seconds of the outage's start.
        same_minute = moment(earlier.treated_at) == moment(patient.treated_at)
        return listed == (patient.outage.pk, patient.ward.pk, patient.place) and same_minute

    rows = LateRegistration.objects.select_related("outage", "ward__clinic")
    rows = rows.filter(request_key=patient.request_key)
    return answered(rows, patient.request_key, same, LateKeyReused)


@act(on_conflict=_answered)  # the same key may be sent at the same moment for another outage
def list_patient(patient: LatePatient, event: Event) -> Done[LateRegistration]:
    """Put a patient on the ward's list, during the outage or after it.

    The same request key again returns the same row. Raises LateKeyReused when it comes with other
    content, NamesAPerson, BadTime for a time outside of the outage.
    """
    # Locked: the outage must not end between the check of the time and the entry.
    outage = Outage.objects.select_for_update().get(pk=patient.outage.pk)
    earlier = _answered(patient)
    if earlier:
        return Done(earlier, new=False)
    if contains_identity(patient.place):
        raise NamesAPerson
    treated_at = _within(outage, patient.treated_at, event.recorded_at)
    row = LateRegistration(
        outage=outage,
        ward=patient.ward,
        request_key=patient.request_key,
        place=patient.place,
        treated_at=treated_at,
        recorded_at=max(event.recorded_at, treated_at),
        recorded_by=event.recorded_by,
    )
    record.insert(row)
    details = record.said(place=row.place, treated_at=treated_at)
    record.record(row, Logged.LIST_LATE, event, details, action=trail.Action.CREATE)
    return Done(row)


def _within(outage: Outage, treated_at: datetime, now: datetime) -> datetime:
    """Return the time, but at the earliest the outage's start: people type minutes.

    In the hour that comes twice when the clock is put back, it is the reading within the outage.
    Raises BadTime if no reading is, or if the time lies in the future.
    """
    if treated_at > now + TOLERANCE:
        raise BadTime(_("The time lies in the future."))
    first_minute = outage.started_at.replace(second=0, microsecond=0)
    end = outage.ended_at or now + TOLERANCE
    for reading in [treated_at, *readings(treated_at)]:
        if first_minute <= reading <= end:
            return max(reading, outage.started_at)
    raise BadTime(
        _("The time lies outside of the outage, which was %(start)s – %(end)s.")
        % {"start": moment(outage.started_at), "end": moment(outage.ended_at or now)}
    )


def _used_meanwhile(row_id: int, text: str, event: Event) -> None:
    """Raise BadIdentity if somebody else used the number at the same moment."""
    _real_number(LateRegistration.objects.select_related("outage").get(pk=row_id), text, event)


@act(on_conflict=_used_meanwhile)
def register(row_id: int, text: str, event: Event) -> Done[LateRegistration]:
    """Record the number that the patient got in Befreg. A wrong one is withdrawn first.

    The same number again returns the same row. Raises BadIdentity, BadTime, AlreadyRegistered
    (with another number), AlreadyStruck, LateRegistration.DoesNotExist.
    """
    row = _lock(row_id)
    if row.number and row.number == normalise(text):
        return Done(row, new=False)
    _check_open(row)
    value = _real_number(row, text, event)
    event = event.after(row.treated_at)
    columns = {"number": value, "registered_at": event.at, "registered_by": event.by}
    record.change(row, Logged.REGISTER_LATE, event, columns)
    return Done(row)


def _real_number(row: LateRegistration, text: str, event: Event) -> str:
    today = timezone.localdate(event.recorded_at)
    return taken.real_identity(text, drill=row.outage.drill, today=today).value


@act
def withdraw_registration(row_id: int, event: Event, *, reason: str) -> Done[LateRegistration]:
    """Withdraw a registration with a wrong number; a LateWithdrawal keeps what it was.

    The patient waits to be registered again, and the number is free for the patient it belongs
    to; never for a binder or a planned outage. Raises ReasonMissing, BadTime, NotRegistered,
    LateRegistration.DoesNotExist.
    """
    row = _lock(row_id)
    if row.number is None or row.registered_at is None:
        raise NotRegistered(row)
    if not reason:
        raise ReasonMissing
    event = event.after(row.registered_at)
    withdrawn = LateWithdrawal.objects.create(
        registration=row,
        number=row.number,
        registered_at=row.registered_at,
        registered_by=row.registered_by,
        at=event.at,
        by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        reason=reason,
    )
    record.assign(row, {"number": None, "registered_at": None, "registered_by": ""})
    # One entry in the log, about the number that the row had.
    changes: trail.Changes = {"number": (withdrawn.number, None), "reason": (None, reason)}
    record.record(withdrawn, Logged.WITHDRAW_LATE, event, changes, action=trail.Action.CREATE)
    return Done(row)


@act
def strike(row_id: int, event: Event, *, reason: str) -> Done[LateRegistration]:
    """Strike a row that was listed by mistake. It stays on the list.

    Raises ReasonMissing, AlreadyRegistered, AlreadyStruck, LateRegistration.DoesNotExist.
    """
    row = _lock(row_id)
    _check_open(row)
    if not reason:
        raise ReasonMissing
    columns = {"struck_at": event.recorded_at, "struck_by": event.by, "struck_reason": reason}
    record.change(row, Logged.STRIKE_LATE, event, columns)
    return Done(row)


def _lock(row_id: int) -> LateRegistration:
    rows = LateRegistration.objects.select_related("outage", "ward__clinic")
    return rows.select_for_update(of=("self",)).get(pk=row_id)


def _check_open(row: LateRegistration) -> None:
    if row.registered_at:
        raise AlreadyRegistered(row)
    if row.struck_at:
        raise AlreadyStruck(row)


# --- reading ------------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[LateRegistration]:
    """Return the rows that a person may see: their own wards', or every ward's."""
    rows = LateRegistration.objects.select_related("outage", "ward__clinic", "recorded_by")
    rows = rows.prefetch_related("withdrawals__registration__ward__clinic")
    return seen_by(rows, user, "custody.see_all_wards")


def open_first(rows: QuerySet[LateRegistration]) -> QuerySet[LateRegistration]:
    """Return the rows in the order of the list: what is open, by time, and then the rest."""
    waits = Case(When(OPEN, then=Value(0)), default=Value(1))
    return rows.order_by(waits, "treated_at", "pk")


def training_number(row: LateRegistration) -> str:
    """Return the training number that a drill's patient may be registered with.

    It follows from the row's key, and differs from those suggested for handouts of a drill.
    """
    born = FIRST_TRAINING_BIRTH_DATE + timedelta(days=row.pk % TRAINING_DAYS)
    return training_numbers(born)[-1]


def still_open(outage: Outage) -> QuerySet[LateRegistration]:
    """Return the patients of an outage who haven't been registered yet."""
    return outage.late_registrations.filter(OPEN).select_related("ward__clinic")


@dataclass(frozen=True)
class PatientsOwed:
    """How many patients of an outage a person's wards have still to register."""

    outage: Outage
    count: int


def owed_by(user: User, *, drill: bool) -> list[PatientsOwed]:
    """Return the outages with patients whom a person has to register, the oldest first."""
    waiting = visible_to(user).filter(OPEN, outage__drill=drill).order_by()
    counts = {
        row["outage"]: row["count"] for row in waiting.values("outage").annotate(count=Count("pk"))
    }
    outages = Outage.objects.filter(pk__in=counts).order_by("started_at", "pk")
    return [PatientsOwed(outage, counts[outage.pk]) for outage in outages]
