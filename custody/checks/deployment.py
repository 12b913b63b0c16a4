"""What `manage.py check --deploy` says of custody."""

from typing import Any

from django.conf import settings
from django.core import checks


def journal_is_chosen(app_configs: Any, **_options: Any) -> list[checks.CheckMessage]:
    """Warn if CUSTODY_JOURNAL is not set: a journal beside the code may be thrown away with it."""
    if settings.CUSTODY_JOURNAL_CHOSEN or "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        return []
    hint = "Set CUSTODY_JOURNAL to an absolute path on another disk than the database's."
    return [checks.Warning("CUSTODY_JOURNAL is not set.", hint=hint, id="custody.W001")]
