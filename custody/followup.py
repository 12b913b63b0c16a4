"""What is open, for whom, and for how long."""

from datetime import date, datetime, timedelta

from django.db.models import Max, Q, QuerySet

from befreg_reserv.people.access import wards_of
from befreg_reserv.people.models import User
from custody.identities import training_numbers
from custody.models import Handout
from custody.states import OPEN
from outage.models import Outage

FIRST_TRAINING_BIRTH_DATE = date(1930, 1, 1)
TRAINING_DAYS = 60 * 365


def visible_to(user: User) -> QuerySet[Handout]:
    """Return the handouts a person may see, with all that a page shows of them.

    Their own wards' only, unless a role lets them see every ward's.
    """
    handouts = Handout.objects.select_related(
        "number__binder", "outage", "ward__clinic", "recorded_by"
    )
    if user.has_perm("custody.see_all_wards"):
        return handouts
    # A handout asked for by a mistyped name belongs to the ward that was meant.
    own = wards_of(user)
    return handouts.filter(Q(ward__in=own) | Q(ward__same_as__in=own))


def training_identity(handout: Handout) -> str:
    """Return the training number that a drill's handout may be replaced with.

    In a drill nobody creates anything in Befreg. The birth date follows from the handout, so
    that no two get the same.
    """
    birth_date = FIRST_TRAINING_BIRTH_DATE + timedelta(days=handout.pk % TRAINING_DAYS)
    numbers = training_numbers(birth_date)
    return next(number for number in numbers if number[8] == handout.number.sex)


def last_handout_at(outage: Outage) -> datetime | None:
    """Return when the last handout of an outage happened."""
    latest: datetime | None = outage.handouts.aggregate(latest=Max("handed_out_at"))["latest"]
    return latest


def open_for(user: User) -> QuerySet[Handout]:
    """Return the open handouts that a person may see, the oldest first."""
    return visible_to(user).filter(state__in=OPEN).order_by("handed_out_at", "id")


def ended_for(user: User) -> QuerySet[Handout]:
    """Return closed, voided and undone handouts, the latest first."""
    return visible_to(user).exclude(state__in=OPEN).order_by("-handed_out_at", "-id")
