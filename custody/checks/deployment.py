"""What must not be served, and what `manage.py check --deploy` says of custody."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.demonstration import PEOPLE
from befreg_reserv.people.models import User

# A superuser is a member of every role.
_OWNS = """
    SELECT coalesce(bool_or(pg_has_role(current_user, relowner, 'MEMBER')), false)
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
"""


def journal_is_chosen(app_configs: Any, **_options: Any) -> list[checks.CheckMessage]:
    """Warn if CUSTODY_JOURNAL is not set: a journal beside the code may be thrown away with it."""
    if settings.CUSTODY_JOURNAL_CHOSEN or "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        return []
    hint = "Set CUSTODY_JOURNAL to an absolute path on another disk than the database's."
    return [checks.Warning("CUSTODY_JOURNAL is not set.", hint=hint, id="custody.W001")]


def owns_nothing(
    app_configs: Any, databases: Sequence[str] | None = None, **_options: Any
) -> list[checks.CheckMessage]:
    """Warn if the server is the tables' owner: whoever takes it over can take every rule away.

    `check --deploy --database default` asks.
    """
    if not databases or connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OWNS)
        (owns,) = cursor.fetchone()
    if not owns:
        return []
    hint = "Serve as the running role that deploy/postgresql/database.sql makes."
    return [checks.Warning("DATABASE_URL names the tables' owner.", hint=hint, id="custody.W002")]


def no_demonstration(
    app_configs: Any, databases: Sequence[str] | None = None, **_options: Any
) -> list[checks.CheckMessage]:
    """Refuse the demonstration's people: `migrate` and `check --database default` ask."""
    found = demonstration() if databases else ""
    return [checks.Error(found, id="custody.E001")] if found else []


def demonstration() -> str:
    """Return why production must not serve this database, or "".

    The demonstration's passwords have been printed, and stand in a file.
    """
    if not settings.PRODUCTION or not _has_people():
        return ""
    names = [one.vgr_id for one in PEOPLE]
    made = LogEntry.objects.filter(
        content_type__app_label="people",
        content_type__model="user",
        object_id__in=User.objects.filter(username__in=names).values("pk"),
        additional_data__command="demo",
    )
    if not made.exists():
        return ""
    return "DATABASE_URL names a database with the demonstration's people: begin with an empty one."


def _has_people() -> bool:
    return {User._meta.db_table, LogEntry._meta.db_table} <= set(
        connection.introspection.table_names()
    )
