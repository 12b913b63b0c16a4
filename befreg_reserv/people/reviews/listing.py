"""What the pages of the reviews show: the months, and a month's sample with its judgements."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from befreg_reserv.audit.models import Judgement, LogEntry, Sample, SampledEntry
from befreg_reserv.audit.review import names
from befreg_reserv.audit.review.shown import ShownEntry
from befreg_reserv.people.models import User
from befreg_reserv.people.reviews.months import Month, complete

MOST_MONTHS = 24
DUE_AFTER = timedelta(days=14)  # a month's review, once the month is over


@dataclass
class Review:
    """The review of a month: its sample, if it was drawn, and how many entries wait for a word."""

    month: Month
    sample: Sample | None = None
    left: int = 0
    of: int = 0

    @property
    def is_done(self) -> bool:
        """Tell whether each entry has its word."""
        return self.sample is not None and not self.left

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it should have been done."""
        return not self.is_done and now >= self.month.end + DUE_AFTER


@dataclass
class Judged:
    """An entry of the sample in words, with what was thought of it, the earliest first."""

    sampled: SampledEntry
    shown: ShownEntry
    judgements: list[Judgement] = field(default_factory=list)
    own: bool = False  # of who looks

    @property
    def is_settled(self) -> bool:
        """Tell whether it has its word, and not only that it is to be looked into."""
        return bool(self.judgements) and self.judgements[-1].word != Judgement.Word.ASK

    @property
    def can_be_judged(self) -> bool:
        """Tell whether who looks may give it a word now."""
        return not (self.own or self.is_settled)


def months(now: datetime) -> list[Month]:
    """Return the months that are over and that the log has been kept in, the latest first."""
    first = LogEntry.objects.order_by("timestamp", "id").values_list("timestamp", flat=True).first()
    return list(complete(first, now, MOST_MONTHS)) if first else []


def reviews(wanted: Iterable[Month]) -> list[Review]:
    """Return the reviews of these months, in their order. Two statements."""
    found = {str(month): Review(month) for month in wanted}
    for sample in Sample.objects.filter(month__in=found):
        found[sample.month].sample = sample
    entries = SampledEntry.objects.filter(sample__month__in=found).order_by()
    for month, last in entries.values_list("sample__month", _last_word()):
        found[month].of += 1
        found[month].left += last in {None, Judgement.Word.ASK}
    return list(found.values())


def _last_word() -> Subquery:
    """Return the latest word that somebody gave to an entry of a sample, or NULL."""
    given = Judgement.objects.filter(sampled=OuterRef("pk")).order_by("-pk").values("word")
    return Subquery(given[:1])


def judged(sample: Sample, looking: User) -> list[Judged]:
    """Return the sample's entries, the earliest first, for who looks.

    Those of a year that went are left out, with what was thought of them.
    """
    entries = sample.sampled.select_related("entry__actor", "entry__content_type")
    rows = list(entries.order_by("entry__timestamp", "entry_id"))
    called = names.of(row.entry for row in rows)
    found = {
        row.pk: Judged(row, ShownEntry(row.entry, called), own=row.entry.actor_id == looking.pk)
        for row in rows
    }
    given = Judgement.objects.filter(sampled__in=found).select_related("signature__by")
    for each in given.order_by("pk"):
        found[each.sampled_id].judgements.append(each)
    return list(found.values())


def waiting(now: datetime) -> list[Review]:
    """Return the reviews that aren't done: since the first sample, or else of the last month."""
    over = months(now)
    if not over:
        return []
    oldest = Sample.objects.order_by("month").values_list("month", flat=True).first()
    since = Month.read(oldest or "") or over[0]
    return [each for each in reviews(m for m in over if m >= since) if not each.is_done]
