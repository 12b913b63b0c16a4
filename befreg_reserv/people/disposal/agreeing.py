"""Two people agree that the log of a whole year may go, five years after it at the earliest."""

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit.models import DisposalConfirmation, DisposalProposal, LogEntry
from befreg_reserv.audit.rules import KEPT_DAYS
from befreg_reserv.audit.trail import Action
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.signing_in import allowed

CREATE = Action.CREATE


class TooYoung(Refused):
    """The log of that year must be kept, or has gone."""

    title = _("That year can't go")
    advice = _(
        "The log is kept for five years after the year's end, and the oldest year goes first."
    )


class SamePerson(Refused):
    """Whoever proposed it can't confirm it."""

    title = _("Somebody else must confirm it")
    advice = _("You proposed it yourself. Two people decide that a year of the log goes.")


def end_of(year: int) -> datetime:
    """Return when a year was over here."""
    return timezone.make_aware(datetime(year + 1, 1, 1))  # noqa: DTZ001  made aware


def next_year(at: datetime) -> int | None:
    """Return the oldest year that the log still holds, if it may go at a time; else None.

    A year goes once. Of two entries at its last moment the later may have got the lower key: then
    the other stays, and goes with the next year.
    """
    first = LogEntry.objects.order_by("timestamp", "pk").values_list("timestamp", flat=True).first()
    if first is None:
        return None
    year = timezone.localtime(first).year
    gone = DisposalProposal.objects.filter(confirmation__disposal__isnull=False)
    if last := gone.aggregate(last=Max("year"))["last"]:
        year = max(year, last + 1)
    return year if end_of(year) < at - timedelta(days=KEPT_DAYS) else None


@act
def propose(year: int, event: Event, *, reason: str) -> Done[DisposalProposal]:
    """Propose that the log of a year goes. Raises NobodysOwn, TooYoung."""
    allowed.check_is_somebody(event.recorded_by)
    known = DisposalProposal.objects.filter(year=year).first()
    if known:
        return Done(known, new=False)
    if year != next_year(event.recorded_at):
        raise TooYoung
    row = DisposalProposal(
        year=year,
        ends=end_of(year),
        reason=reason,
        at=event.recorded_at,
        by=event.recorded_by,
    )
    record.insert(row)
    said = record.said(year=year, reason=reason)
    record.record(row, Logged.DISPOSAL_PROPOSED, event, said, action=CREATE)
    return Done(row)


@act
def confirm(proposal: DisposalProposal, event: Event) -> Done[DisposalConfirmation]:
    """Agree, as a second person. Raises NobodysOwn, SamePerson."""
    allowed.check_is_somebody(event.recorded_by)
    locked = DisposalProposal.objects.select_for_update().get(pk=proposal.pk)
    known = DisposalConfirmation.objects.filter(proposal=locked).first()
    if known:
        return Done(known, new=False)
    if locked.by_id == event.recorded_by.pk:
        raise SamePerson
    row = DisposalConfirmation(proposal=locked, at=event.recorded_at, by=event.recorded_by)
    record.insert(row)
    said = record.said(year=locked.year)
    record.record(row, Logged.DISPOSAL_CONFIRMED, event, said, action=CREATE)
    return Done(row)
