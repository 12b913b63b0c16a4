"""Drafts of the routine that the tests begin from."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from outage.models import Routine, RoutineStep
from outage.routine import keeping, text
from outage.routine.text import Moment, Text
from tests import scenes
from tests.cast import Cast

LINK = "https://insidan.example/raps"


def today() -> date:
    return timezone.localdate()


def draft(after: int = 1, *, begins: int = 0, days: int = 365, **steps: str) -> Text:
    """Return a draft of the version after ``after``; ``steps``: one step for a moment, by its name.

    ``begins`` and ``days``: from today, and how long.
    """
    start = today() + timedelta(days=begins)
    routine = Routine(
        version=after + 1,
        responsible="Verksamhetschefen, akuten",
        decided_by="Adele",
        valid_from=start,
        valid_until=start + timedelta(days=days),
        raps_link=LINK,
    )
    said = {moment.value: f"{moment.value} på svenska" for moment in Moment} | steps
    return Text(
        routine,
        tuple(
            RoutineStep(
                routine=routine, moment=moment, position=1, text=said[moment], text_en=f"{moment}!"
            )
            for moment in Moment
            if said[moment]
        ),
    )


def decide(cast: Cast, **options: Any) -> Routine:
    """Decide on a version after the last one."""
    written = draft(text.latest().routine.version, **options)
    return keeping.decide(written, scenes.now(cast.adele)).row
