"""Which models' changes are written to the log by themselves."""

from collections.abc import Collection
from typing import Any

from auditlog.registry import auditlog
from django.db import models


def watch(model: type[models.Model], *, without: Collection[str] = (), **options: Any) -> None:
    """Log every change that people make to ``model``, column by column.

    ``without``: columns that follow from others or say nothing. ``options`` are
    django-auditlog's, which by default would log reverse relations too.
    """
    columns = [field.name for field in model._meta.concrete_fields if field.name not in without]
    auditlog.register(model, include_fields=columns, **options)
