"""What /ready and a server's start ask of custody."""

import logging

from django.conf import settings
from django.db import connection
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from custody.binder import restoration
from custody.journal import departures

logger = logging.getLogger(__name__)


def journal() -> str:
    """Return what is wrong with the journal, or "". What it lacks is added first.

    A restored backup is answered here as at a handout, and named this once: the numbers are set
    aside then, and the server may go on.
    """
    found = restoration.look(Unattended(timezone.now()))
    wrong = departures.whole_trouble(add=True)
    if found and not wrong:
        return f"a backup had been restored; {found.lost.count()} numbers are set aside"
    return wrong


def look_back() -> None:
    """Look, as a server starts, for a restored backup, and bring the journal up to date.

    Never prevents the start. Leaves no connection behind: the process may fork.
    """
    try:
        if wrong := journal():
            logger.error("%s: %s", settings.CUSTODY_JOURNAL, wrong)
    except Exception:
        logger.exception("The journal was not looked at when the server started")
    finally:
        connection.close()
        close_pool = getattr(connection, "close_pool", None)
        if close_pool:  # of PostgreSQL: its threads don't survive a fork
            close_pool()
