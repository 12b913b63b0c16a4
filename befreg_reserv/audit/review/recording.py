"""Writes that the log was looked at: it shows patients' numbers (HSLF-FS 2016:40)."""

from collections.abc import Collection, Iterable

from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review.pages import Search

About = tuple[str, str]  # a number and a unit, either of them ""


def record(
    request: HttpRequest,
    search: Search,
    about: Iterable[About],
    offered: Collection[str] = (),
    act: TextChoices = Logged.REVIEW,
) -> None:
    """Write one entry for each number and unit that was searched for.

    So each patient's log shows it; and one for each number that the page offers as a choice.
    """
    now, action = timezone.now(), LogEntry.Action.ACCESS
    shown = {*about, *((number, "") for number in offered)}
    trail.write(
        *(
            trail.entry(
                LogEntry(number=number, unit=unit),
                act,
                actor=request.user,  # type: ignore[arg-type]
                at=now,
                changes=search.asked,
                action=action,
            )
            for number, unit in sorted(shown or {("", "")})
        )
    )
