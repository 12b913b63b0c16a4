"""Calls and patients afterwards: who still waits, and who never got a number here."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from befreg_reserv.people.access import held_by, may, seen_by
from befreg_reserv.people.models import User
from custody.calls.waiting import WAITING, WHERE
from custody.models import Call, Patient
from custody.models.calls import PatientState
from outage.models import Outage


def calls_seen_by(user: User) -> QuerySet[Call]:
    """Return the calls about a person's own wards, or about all if the person may see those."""
    return seen_by(Call.objects.all(), user, "custody.see_all_wards")


def patients_seen_by(user: User) -> QuerySet[Patient]:
    """Return the patients of a person's own wards, or all if the person may see those."""
    if may(user, "custody.see_all_wards"):
        return _with_calls(Patient.objects.all())
    own = held_by(user)
    called = Q(call__ward__in=own) | Q(call__ward__same_as__in=own)
    as_called = Q(called, corrected_ward=None)
    moved = Q(corrected_ward__in=own) | Q(corrected_ward__same_as__in=own)
    return _with_calls(Patient.objects.filter(as_called | moved))


def of_ward(ward: int) -> Q:
    """Return the condition that a patient is at a ward, as far as it is known now."""
    called = Q(call__ward=ward) | Q(call__ward__same_as=ward)
    moved = Q(corrected_ward=ward) | Q(corrected_ward__same_as=ward)
    return Q(called, corrected_ward=None) | moved


def waiting_for(user: User) -> QuerySet[Patient]:
    """Return the patients without a number that a person may see, the longest waiting first.

    Also those whose call came while no outage was ongoing, and those of drills.
    """
    return patients_seen_by(user).filter(WAITING).order_by("waiting_since", "pk")


def in_reality() -> QuerySet[Patient]:
    """Return all who wait, but for those of drills, the longest waiting first."""
    waiting = Patient.objects.filter(WAITING, call__drill=False)
    return _with_calls(waiting).order_by("waiting_since", "pk")


def of(outage: Outage) -> QuerySet[Patient]:
    """Return the patients of an outage for whom no number of the binder stands, in order.

    They were withdrawn, or settled in Befreg afterwards, or still wait.
    """
    patients = Patient.objects.filter(~Q(state=PatientState.SERVED), call__outage=outage)
    return _with_calls(patients).order_by("waiting_since", "pk")


def _with_calls(patients: QuerySet[Patient]) -> QuerySet[Patient]:
    """Return the patients with their calls, and whether Befreg is down: a drill is for drills."""
    ongoing = Outage.objects.filter(ended_at__isnull=True, drill=OuterRef("call__drill"))
    return patients.annotate(befreg_is_down=Exists(ongoing)).select_related(
        *WHERE, "call__outage", "call__recorded_by"
    )
