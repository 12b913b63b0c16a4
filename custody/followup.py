"""What is open, for whom, and for how long."""

from django.db.models import QuerySet

from befreg_reserv.people.models import User
from custody.models import Handout
from custody.states import OPEN


def visible_to(user: User) -> QuerySet[Handout]:
    """Return the handouts a person may see, with all that a page shows of them.

    Their own wards' only, unless a role lets them see every ward's.
    """
    handouts = Handout.objects.select_related(
        "number__binder", "outage", "ward__clinic", "recorded_by"
    )
    if user.has_perm("custody.see_all_wards"):
        return handouts
    return handouts.filter(ward__membership__user=user)


def open_for(user: User) -> QuerySet[Handout]:
    """Return the open handouts that a person may see, the oldest first."""
    return visible_to(user).filter(state__in=OPEN).order_by("handed_out_at", "id")


def ended_for(user: User) -> QuerySet[Handout]:
    """Return closed, voided and undone handouts, the latest first."""
    return visible_to(user).exclude(state__in=OPEN).order_by("-handed_out_at", "-id")
