"""Which migrations the database still lacks, by their names: none is loaded for that."""

from functools import cache
from pathlib import Path
from pkgutil import iter_modules

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


def names() -> list[str]:
    """Return this version's migrations that aren't recorded in the database, as app.name."""
    recorded = MigrationRecorder(connection).applied_migrations()
    return [".".join(key) for key in known() if key not in recorded]


@cache
def known() -> list[tuple[str, str]]:
    """Return the app and the name of each migration of this version, in order.

    Django's loader would import all and build their graph: 130 ms and memory in each worker.
    """
    return sorted(
        (app.label, each.name)
        for app in apps.get_app_configs()
        if settings.MIGRATION_MODULES.get(app.label, app.label)  # None: it has none here
        for each in iter_modules([str(Path(app.path) / "migrations")])
    )
