"""What /metrics shows of custody: counts alone, no number and no name. Drills are left out."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from befreg_reserv.backups import last
from custody.binder import contents
from custody.calls.waiting import WAITING
from custody.handouts import followup
from custody.journal import departures, marks
from custody.models import Patient
from outage.models import Outage


def all_gauges() -> Iterator[Metric]:
    """Yield each gauge. Adds to the journal what it lacks, as the board does."""
    now = timezone.now()
    left = GaugeMetricFamily("befreg_numbers_left", "Numbers in the binders.", labels=["sex"])
    for row in contents.stock(training=False).rows:
        left.add_metric([row.sex.name.lower()], row.left)
    yield left
    yield _gauge(
        "befreg_patients_waiting",
        "Patients of calls who have no number yet.",
        Patient.objects.filter(WAITING, call__drill=False).count(),
    )
    yield _open_by_age(now)
    yield _gauge(
        "befreg_outage_ongoing",
        "1 while Befreg is said to be down.",
        Outage.objects.filter(drill=False, ended_at=None).exists(),
    )
    yield _gauge(
        "befreg_journal_ok", "1 if the journal has all handouts.", not departures.trouble()
    )
    yield _gauge(
        "befreg_journal_doubts",
        "Journals that can't be relied on, until the binders are counted.",
        len(marks.standing(training=False)),
    )
    backup = last.age(now)
    if backup and backup.taken_at:
        age = (now - backup.taken_at).total_seconds()
        yield _gauge("befreg_backup_age_seconds", "Since the last good backup.", age)


def _open_by_age(now: datetime) -> Metric:
    rows = followup.open_by_ward(now)
    gauge = GaugeMetricFamily("befreg_handouts_open", "Handouts to close.", labels=["age"])
    for age in ("day", "week", "older"):
        gauge.add_metric([age], sum(getattr(row, age) for row in rows))
    return gauge


def _gauge(name: str, means: str, value: float) -> Metric:
    return GaugeMetricFamily(name, means, value=float(value))
