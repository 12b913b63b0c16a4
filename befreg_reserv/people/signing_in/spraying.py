"""Passwords that are tried for many vgr-ids: seen, and slowed where nobody is known.

Counted by the minute in 60 rows that are written over, however many tries there are.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from prometheus_client.core import GaugeMetricFamily, Metric

from befreg_reserv.people.models import StrangersMinute
from befreg_reserv.people.roles import Role
from befreg_reserv.to_do.waiting import Asked, Waiting

LOOKED_BACK = timedelta(minutes=10)
# So many people hardly mistype in ten minutes, each at a workstation that doesn't know them. If too
# few, they wait half a minute once; if too many, a spray goes on at full speed.
MANY_NAMES = 30
MINUTES = 60
# A spray that was over before anybody looked still stands on the overview for so long.
TOLD_FOR = timedelta(minutes=MINUTES - 1)


class Tried(NamedTuple):
    """How many passwords strangers tried, for how many vgr-ids, and since when."""

    tries: int
    names: int
    since: datetime | None


def count(at: datetime, *, new_name: bool) -> None:
    """Count a stranger's try. ``new_name``: it is the first for its vgr-id for a while."""
    minute, names = at.replace(second=0, microsecond=0), int(new_name)
    rows = StrangersMinute.objects.filter(minute=minute.minute)
    if rows.filter(began_at=minute).update(tries=F("tries") + 1, names=F("names") + names):
        return
    begun = {"began_at": minute, "tries": 1, "names": names}
    StrangersMinute.objects.update_or_create(minute=minute.minute, defaults=begun)


def tried(at: datetime, within: timedelta = LOOKED_BACK) -> Tried:
    """Return what strangers tried within the time before ``at``."""
    rows = StrangersMinute.objects.filter(began_at__gt=at - within, began_at__lte=at)
    sums = rows.aggregate(tries=Sum("tries"), names=Sum("names"), since=Min("began_at"))
    return Tried(sums["tries"] or 0, sums["names"] or 0, sums["since"])


def goes_on(at: datetime) -> bool:
    """Tell whether strangers try so many vgr-ids that each unknown workstation waits its turn."""
    return tried(at).names >= MANY_NAMES


def to_do(asked: Asked) -> Iterator[Waiting]:
    """Yield that passwords were tried for many vgr-ids within the hour."""
    seen = tried(asked.now, TOLD_FOR)
    if seen.names < MANY_NAMES:
        return
    text = _(
        "Strangers tried %(tries)d passwords for some %(names)d vgr-ids within an hour. While it"
        " goes on, workstations that nobody has signed in at before wait half a minute; known ones"
        " and the till don't. Tell the IT support from where, if the proxy's log shows it."
    )
    words = text % {"tries": seen.tries, "names": seen.names}
    yield Waiting(_("Sign-in"), Role.ADMINISTRATOR.label, words, since=seen.since, color="warning")


def gauges() -> Iterator[Metric]:
    """Yield what /metrics shows of strangers' tries: counts alone."""
    seen = tried(timezone.now())
    for name, means, value in (
        ("befreg_strangers_tries", "Passwords tried by strangers in ten minutes.", seen.tries),
        ("befreg_strangers_names", "For how many vgr-ids, about.", seen.names),
    ):
        yield GaugeMetricFamily(name, means, value=float(value))
