"""What the log knows of a person today: what they did, and what others did to their account.

Without the numbers: whoever looks at those is logged, and this is for the person alone.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils import timezone

from befreg_reserv.audit import acts
from befreg_reserv.audit.acts import Logged as Known
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import User

MOST = 50
# What somebody else does to an account, or tries.
TO_AN_ACCOUNT = (
    Known.SIGN_IN_FAILED,
    Logged.SIGN_IN_REFUSED,
    Logged.SIGN_IN_NOT_ALLOWED,
    Logged.ONE_TIME_REFUSED,
    Logged.PIN_WRONG,
    Logged.RESET_BEGUN,
    Logged.RESET_DECLINED,
    Logged.ONE_TIME_PASSWORD,
    Logged.PERSON_ADDED,
    Logged.PERSON_CHANGED,
    Logged.PERSON_MOVED,
    Logged.PERSON_REACTIVATED,
)


@dataclass(frozen=True)
class Line:
    """One thing that the log knows.

    ``by``: who did it, "" for the person themselves; ``about``: whose account it was, if another's.
    """

    at: datetime
    act: str
    about: str
    unit: str
    by: str
    known_by: bool


@dataclass(frozen=True)
class Today:
    """The latest of today, the latest first. ``more``: there are earlier ones."""

    lines: list[Line]
    more: bool


def of(user: User, at: datetime) -> Today:
    """Return what the log knows of the person on the day of ``at``."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = LogEntry.objects.filter(timestamp__gte=midnight).select_related("actor", "content_type")
    own = rows.filter(actor=user)
    kind = ContentType.objects.get_for_model(User)
    to_them = rows.filter(
        act__in=[acts.stored(act) for act in TO_AN_ACCOUNT],
        content_type=kind,
        object_pk=str(user.pk),
    ).exclude(actor=user)
    found = sorted([*_latest(own), *_latest(to_them)], key=lambda row: row.timestamp, reverse=True)
    return Today([_line(row, user) for row in found[:MOST]], len(found) > MOST)


def _latest(rows: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    return rows.order_by("-timestamp", "-id")[: MOST + 1]


def _line(row: LogEntry, user: User) -> Line:
    by = "" if row.actor is None or row.actor == user else str(row.actor)
    anothers = row.content_type.model_class() is User and row.object_pk != str(user.pk)
    about = row.object_repr if anothers else ""
    return Line(row.timestamp, acts.label(row.act), about, row.unit, by, row.actor is not None)
