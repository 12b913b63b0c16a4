"""What screens show about the journal: that it can't be written, that a backup was restored."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from custody.binder import restoration
from custody.binder.restoration import Restored
from custody.journal import departures


@dataclass(frozen=True)
class News:
    """``trouble``: why the journal can't be written, in the system's words; "" when it can."""

    path: Path
    trouble: str
    restored: Restored | None


def now(*, training: bool) -> News:
    """Return what to show now, of real numbers or of training numbers.

    Writes no table; adds to the journal what it lacks.
    """
    standing = restoration.standing(training=training)
    return News(settings.CUSTODY_JOURNAL, departures.trouble(), standing)
