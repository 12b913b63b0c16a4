"""Calls and patients afterwards: who still waits, and who never got a number here."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from befreg_reserv.people.access import seen_by
from befreg_reserv.people.models import User
from custody.calls.waiting import WAITING
from custody.models import Call, Patient
from custody.models.calls import PatientState
from outage.models import Outage


def calls_seen_by(user: User) -> QuerySet[Call]:
    """Return the calls about a person's own wards, or about all if the person may see those."""
    return seen_by(Call.objects.all(), user, "custody.see_all_wards")


def patients_seen_by(user: User) -> QuerySet[Patient]:
    """Return the patients of the calls that a person may see."""
    patients = Patient.objects.filter(call__in=calls_seen_by(user).order_by().values("pk"))
    return _with_calls(patients)


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
        "call__outage", "call__ward__clinic", "call__ward__same_as", "call__recorded_by"
    )
