"""Draws a month's sample of the log: at random, so that anybody can draw the same again.

The seed is the root of the first seal after the month's end, beside the month: nobody knows it
while the month's entries are written, nobody chooses it, and it stands outside of the database.
Each entry's lot is taken from SHA-256 of the seed and the entry's key. An act that was done n times
in the month has the weight 1/√n, so that what is rare is looked at more often (Efraimidis and
Spirakis: the entries with the smallest ln(1/u)·√n). ``docs/security.md`` says how to do it again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from heapq import nsmallest
from math import log, sqrt

from django.conf import settings
from django.db.models import Count, QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import Head, LogEntry, Sample, SampledEntry
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.reviews.months import Month
from befreg_reserv.people.reviews.refusals import NotOver, NotSealed

MOST = 30  # entries of a month's sample
# What began before the month's end is written by then: a row that came after the draw would make
# whoever draws again draw others.
WRITTEN_AFTER = timedelta(hours=1)
DIGITS = 13  # of the hash in hexadecimal: what a float holds exactly

Entry = tuple[int, str]  # its key, and its act


def lot(seed: str, key: int) -> float:
    """Return an entry's number in the draw: above 0, and 1 at most."""
    digest = sha256(f"{seed}:{key}".encode()).hexdigest()
    return (int(digest[:DIGITS], 16) + 1) / float(16**DIGITS)


def chosen(
    seed: str, entries: Iterable[Entry], times: Mapping[str, int], most: int = MOST
) -> list[int]:
    """Return the keys of the entries that are drawn, in their order.

    ``times``: how often each act was done.
    """

    def place(entry: Entry) -> tuple[float, int]:
        key, name = entry
        return -log(lot(seed, key)) * sqrt(times[name]), key

    return sorted(key for key, _name in nsmallest(most, entries, key=place))


def _drawn_meanwhile(month: Month, event: Event) -> Sample | None:
    return Sample.objects.filter(month=str(month)).first()


@act(on_conflict=_drawn_meanwhile)
def draw(month: Month, event: Event) -> Done[Sample]:
    """Draw the sample of a month. A month that has one keeps it.

    Raises NotOver, NotSealed.
    """
    earlier = Sample.objects.filter(month=str(month)).first()
    if earlier:
        return Done(earlier, new=False)
    if not can_be_drawn(month, event.recorded_at):
        raise NotOver
    entries = entries_of(month)
    times = dict(entries.order_by().values_list("act").annotate(Count("pk")))
    seal = _seal(month)
    seed = f"{month}:{seal.root}" if seal else str(month)
    sample = Sample(
        month=str(month),
        seed=seed,
        seal=seal.size if seal else None,
        entries=sum(times.values()),
        at=event.at,
        by=event.recorded_by,
    )
    record.insert(sample)
    # A month may have a million of them: none is kept but those that are drawn.
    keys = chosen(seed, entries.values_list("pk", "act").iterator(), times)
    record.insert(*(SampledEntry(sample=sample, entry_id=key) for key in keys))
    record.record(sample, Logged.SAMPLE_DRAWN, event, record.said(entries=len(keys)))
    return Done(sample)


def can_be_drawn(month: Month, now: datetime) -> bool:
    """Tell whether all of a month is written, and the log has entries of it."""
    return month.end + WRITTEN_AFTER <= now and entries_of(month).exists()


def entries_of(month: Month) -> QuerySet[LogEntry]:
    """Return all entries of a month, in order."""
    found: QuerySet[LogEntry] = LogEntry.objects.filter(
        timestamp__gte=month.begin, timestamp__lt=month.end
    )
    return found.order_by("timestamp", "id")


def _seal(month: Month) -> Head | None:
    """Return the seal whose root is the seed; None where nothing is sealed. Raises NotSealed.

    In production alone a timer seals: elsewhere nobody would ever draw.
    """
    found = Head.objects.filter(at__gte=month.end).order_by("at", "size").first()
    if found is None and settings.SEAL_KEY and settings.PRODUCTION:
        raise NotSealed
    return found
