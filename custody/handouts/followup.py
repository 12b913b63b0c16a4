"""What is open, for whom, and for how long."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.lists import Merged
from befreg_reserv.people.access import held_by, may, of_own, own_only, own_or_mistyped, within
from befreg_reserv.people.models import User, Ward
from custody.logged import Logged
from custody.models import Handout, HandoutStep
from custody.models.states import OPEN, State
from custody.numbers.identities import training_numbers
from outage.models import Outage

EVERY_WARD = "custody.see_all_wards"
FIRST_TRAINING_BIRTH_DATE = date(1930, 1, 1)
TRAINING_DAYS = 60 * 365
# A handout under a mistyped name belongs to the ward that an administrator settled it as.
SETTLED_WARD = Coalesce("ward__same_as", "ward")
# The same condition as ``Handout.was_not_read_back`` checks on one handout.
NEVER_READ_BACK = Q(read_back_at__isnull=True, bedside_at__isnull=True, late=False) & ~Q(
    state__in=(State.VOIDED, State.UNDONE)
)


def visible_to(user: User) -> QuerySet[Handout]:
    """Return the handouts a person may see, with the related rows that a page shows.

    Those of their own wards, unless a role lets them see every ward's.
    """
    return visible_within(own_only(user, EVERY_WARD))


def visible_within(own: Any) -> QuerySet[Handout]:
    """Return the same for a hot statement. ``own``: as ``access.own_only`` says."""
    return within(_with_related(), own)


def _with_related() -> QuerySet[Handout]:
    return Handout.objects.select_related(
        "number__binder", "outage", "ward__clinic", "recorded_by", "instead_of__number", "patient"
    )


def readable_by(user: User) -> QuerySet[Handout]:
    """Return the handouts a person may read: also those that were moved from their wards.

    What is to be done of those is another ward's: acts go by ``visible_to``.
    """
    if may(user, EVERY_WARD):
        return visible_to(user)
    return _with_related().filter(of_own(user) | _left_by(user))


def moved_from(user: User) -> QuerySet[Handout]:
    """Return the open handouts that were moved from a person's wards, the oldest first."""
    if may(user, EVERY_WARD):  # nothing is elsewhere for whoever sees all
        return Handout.objects.none()
    elsewhere = _with_related().filter(_left_by(user), state__in=OPEN).exclude(of_own(user))
    return elsewhere.order_by("handed_out_at", "id")


def _left_by(user: User) -> Q:
    """Return the condition that a handout was moved from a ward of the person's."""
    own = held_by(user)
    former = HandoutStep.objects.filter(handout=OuterRef("pk"))
    return Q(Exists(former.filter(Q(former_ward__in=own) | Q(former_ward__same_as__in=own))))


def training_identity(handout: Handout) -> str:
    """Return the training number that a drill's handout may be replaced with.

    In a drill nobody creates anything in Befreg. The birth date follows from the primary key, so
    that no two of 21,900 handouts get the same number.
    """
    birth_date = FIRST_TRAINING_BIRTH_DATE + timedelta(days=handout.pk % TRAINING_DAYS)
    return training_numbers(birth_date, handout.patient_sex)[0]


def last_handout_at(outage: Outage) -> datetime | None:
    """Return when the last handout of an outage happened."""
    latest: datetime | None = outage.handouts.aggregate(latest=Max("handed_out_at"))["latest"]
    return latest


def open_for(user: User) -> QuerySet[Handout]:
    """Return the open handouts that a person may see, the oldest first, with their steps."""
    waiting = visible_to(user).filter(state__in=OPEN).prefetch_related("steps")
    return waiting.order_by("handed_out_at", "id")


def of_ward(handouts: QuerySet[Handout], ward_id: int) -> QuerySet[Handout]:
    """Return the handouts of one ward, also those recorded under a mistyped name of it."""
    return handouts.annotate(settled=SETTLED_WARD).filter(settled=ward_id)


def not_read_back(*, drill: bool) -> QuerySet[Handout]:
    """Return the handouts that still must be read back, the latest first.

    Those on paper aren't among them: that conversation is over. Nor are those that a ward has
    confirmed at the patient.
    """
    waiting = Handout.objects.filter(NEVER_READ_BACK, state=State.HANDED_OUT, outage__drill=drill)
    related = waiting.select_related("number", "ward__clinic", "ward__same_as")
    return related.order_by("-handed_out_at", "-id")


def not_shown(user: User, outage: Outage) -> Handout | None:
    """Return the person's latest handout of an outage if its number was never shown: a lost answer.

    Asks the log, so that it works after a crash, a new sign-in and on another workstation, and
    the handout itself needs no statement for it. None when the number was read back: it arrived.
    """
    # One of the call's numbers is enough: that page leads to the others.
    of_the_call = Handout.objects.filter(patient__call=OuterRef(OuterRef("patient__call")))
    shown = LogEntry.objects.annotate(named=Coalesce("act", Value(""))).filter(
        number__in=of_the_call.values("number__value"),
        # Not the column itself: SQLite would go through all numbers that were ever shown.
        named=Logged.NUMBER_SHOWN,
        object_id__in=of_the_call.values("pk"),
    )
    latest = (
        Handout.objects.select_related("number", "outage", "ward__clinic", "patient")
        .filter(outage=outage, recorded_by=user, late=False)
        .annotate(shown=Exists(shown))
        .order_by("-pk")
        .first()
    )
    if latest is None or latest.shown or latest.read_back_at or latest.state != State.HANDED_OUT:
        return None
    return latest


def never_read_back(outage: Outage) -> QuerySet[Handout]:
    """Return an outage's handouts by telephone whose numbers were never read back, nor confirmed.

    Without those on paper, of which nobody knows, and without voided and undone ones.
    """
    return outage.handouts.filter(NEVER_READ_BACK).order_by("handed_out_at", "id")


NONE_LEFT_OUT = Q()


def ended_for(user: User, *, drill: bool, only: Q = NONE_LEFT_OUT) -> Merged:
    """Return closed, voided and undone handouts, the latest first; also those moved elsewhere.

    ``only``: which of them. Ward by ward, with a statement for each: so a page reads only what it
    shows of years.
    """
    ended = _with_related().filter(only, outage__drill=drill).exclude(state__in=OPEN)
    ended = ended.order_by("-handed_out_at", "-id")
    if may(user, "custody.see_all_wards"):
        return Merged([ended], _by_time)
    wards = list(Ward.objects.filter(own_or_mistyped(user)).order_by().values_list("pk", flat=True))
    moved = HandoutStep.objects.filter(former_ward__in=wards).order_by().values("handout")
    return Merged(
        [ended.filter(pk__in=moved), *(ended.filter(ward=ward) for ward in wards)], _by_time
    )


def ended_rows(user: User, *, drill: bool, only: Q = NONE_LEFT_OUT) -> QuerySet[Handout]:
    """Return the same handouts as ``ended_for``, all of them, the latest first."""
    ended = readable_by(user).filter(only, outage__drill=drill).exclude(state__in=OPEN)
    return ended.order_by("-handed_out_at", "-id")


def _by_time(handout: Handout) -> tuple[datetime, int]:
    return handout.handed_out_at, handout.pk


def is_overdue(handout: Handout, now: datetime) -> bool:
    """Tell whether an open handout should have been closed: Befreg has answered long enough."""
    ended = handout.outage.ended_at
    allowed = timedelta(hours=settings.OVERDUE_AFTER_HOURS)
    return handout.state in OPEN and ended is not None and now - ended > allowed


@dataclass(frozen=True)
class OpenByAge:
    """A ward's open handouts by age."""

    ward: Ward
    day: int
    week: int
    older: int
    oldest: datetime

    @property
    def total(self) -> int:
        """Return how many there are in all."""
        return self.day + self.week + self.older


def open_by_ward(now: datetime) -> list[OpenByAge]:
    """Return every ward with open handouts of real outages, the longest waiting first."""
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    counted = (
        Handout.objects.filter(state__in=OPEN, outage__drill=False)
        .annotate(settled=SETTLED_WARD)
        .values("settled")
        .annotate(
            day=Count("pk", filter=Q(handed_out_at__gt=day)),
            week=Count("pk", filter=Q(handed_out_at__lte=day, handed_out_at__gt=week)),
            older=Count("pk", filter=Q(handed_out_at__lte=week)),
            oldest=Min("handed_out_at"),
        )
        .order_by("oldest", "settled")
    )
    rows: list[dict[str, Any]] = [dict(row) for row in counted]
    wards = Ward.objects.select_related("clinic").in_bulk([row["settled"] for row in rows])
    return [OpenByAge(wards[row.pop("settled")], **row) for row in rows]
