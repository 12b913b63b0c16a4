"""What /ready and a server's start ask of custody."""

import logging

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from custody.binder import restoration
from custody.checks import deployment
from custody.journal import looks, marks
from custody.models import Handout
from outage.models import Outage

FAULTS = (Error, psycopg.Error)  # the pool's own errors are psycopg's

logger = logging.getLogger(__name__)


def journal() -> str:
    """Return what is wrong with the journals, or "". Handouts that they lack are added first.

    If a restored backup is found, its numbers are set aside, as before a handout. It is named only
    this once, so that the server counts as ready at the next call; so is a journal that is missing,
    was cut short or changed, and can't be relied on.
    """
    found = restoration.look(Unattended(timezone.now()))
    trouble = looks.trouble()
    marks.notice_others()
    if found and not trouble:
        return f"a backup had been restored; {found.lost.count()} numbers are set aside"
    return trouble


def lock() -> None:
    """Lock what a handout locks, and give it back. Raises DatabaseError if it isn't had in time."""
    with transaction.atomic():
        list(Outage.objects.filter(ended_at__isnull=True).select_for_update().values_list("pk"))
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {Handout._meta.db_table} IN ROW EXCLUSIVE MODE")
        transaction.set_rollback(True)


def refuse() -> None:
    """Raise ImproperlyConfigured if the database must not be served: see ``deployment``.

    A database that can't be asked now doesn't prevent the start; /ready asks again.
    """
    try:
        found = deployment.demonstration()
    except FAULTS:
        logger.exception("The database wasn't looked at when the server started")
        return
    finally:
        _leave()
    if found:
        raise ImproperlyConfigured(found)


def look_back() -> None:
    """Look for a restored backup as a server starts, and bring the journal up to date.

    Never prevents the start. Leaves no connection behind: the process may fork.
    """
    try:
        if trouble := journal():
            logger.error("%s: %s", settings.CUSTODY_JOURNAL, trouble)
    except Exception:
        logger.exception("The journal was not looked at when the server started")
    finally:
        _leave()


def _leave() -> None:
    """Close the connection, and PostgreSQL's pool: its threads don't survive a fork."""
    connection.close()
    close_pool = getattr(connection, "close_pool", None)
    if close_pool:
        close_pool()
