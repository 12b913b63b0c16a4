"""The register of clinics as pages show it: the list, and one clinic with its history."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from befreg_reserv.people.models import Clinic, ClinicChange, Ward
from befreg_reserv.people.wards import clinic_names
from befreg_reserv.people.wards.changes import listing as of_wards

MOST_CHANGES = 50  # of one clinic's page


def every(*, closed: bool = False) -> QuerySet[Clinic]:
    """Return the clinics that are open, or those that have closed, with how many wards each has."""
    open_wards = Count("wards", filter=Q(wards__closed_on=None, wards__confirmed=True))
    clinics = Clinic.objects.filter(closed_on__isnull=not closed)
    return clinics.annotate(open_wards=open_wards).order_by("key", "pk")


@dataclass(frozen=True)
class ToldClinic:
    """All that the page of one clinic shows.

    ``wards``: its open wards, or those that it had when it closed. ``then``: the open clinics that
    came after a closed one. ``history``: what became of it, and of those that it came after.
    """

    clinic: Clinic
    wards: list[Ward]
    then: list[Clinic]
    history: list[ClinicChange]


def told(clinic: Clinic) -> ToldClinic:
    """Return what a clinic's page shows; a fixed number of statements."""
    own = ClinicChange.objects.filter(Q(clinic=clinic) | Q(successions__clinic=clinic)).distinct()
    own = own.select_related("clinic").prefetch_related("successors")
    wards = of_wards.search(closed=not clinic.is_open).filter(clinic=clinic)
    then = [] if clinic.is_open else clinic_names.after([clinic])[clinic.pk]
    return ToldClinic(clinic, list(wards), then, list(own.order_by("-day", "-pk")[:MOST_CHANGES]))
