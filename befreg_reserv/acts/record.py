"""How acts write: the columns that they change, and one entry of their own in the audit log."""

from collections.abc import Mapping, Sequence
from typing import Any

from auditlog.context import disable_auditlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.trail import Action, Changes
from befreg_reserv.sql import batch

AT_ONCE = 500  # rows of one statement


def entry(
    row: models.Model,
    name: models.TextChoices,
    event: AnyEvent,
    changes: Changes | None = None,
    *,
    action: int = Action.UPDATE,
) -> LogEntry:
    """Return an unsaved entry: the act ``name`` on ``row``, under who recorded it and when.

    ``changes``: field → (before, after). For ``trail.write``, which takes several at once.
    """
    at, actor = event.recorded_at, event.recorded_by
    return trail.entry(row, name, actor=actor, at=at, changes=changes, action=action)


def record(
    row: models.Model,
    name: models.TextChoices,
    event: AnyEvent,
    changes: Changes | None = None,
    *,
    action: int = Action.UPDATE,
) -> None:
    """Write one entry. Arguments as for ``entry``."""
    trail.write(entry(row, name, event, changes, action=action))


def insert(*rows: models.Model) -> None:
    """Insert rows of one model with one statement, and without a diff of their columns in the log.

    Their act has an entry of its own.
    """
    batch.insert(rows)


def said(**values: Any) -> Changes:
    """Return new values as changes for the log: name → (None, value)."""
    return {name: (None, value) for name, value in values.items()}


def assign(
    row: models.Model, columns: Mapping[str, Any], only_if: Mapping[str, Any] | None = None
) -> Changes:
    """Write columns of a locked row, and set them on ``row``. Return the changes for the log.

    ``only_if``: columns and the values that the row must still have. If it doesn't have them,
    raises ObjectDoesNotExist and writes nothing.
    """
    changes = {name: (getattr(row, name), value) for name, value in columns.items()}
    rows: models.QuerySet[models.Model] = models.QuerySet(type(row))
    if columns and not rows.filter(pk=row.pk, **(only_if or {})).update(**columns):
        raise ObjectDoesNotExist
    for name, value in columns.items():
        setattr(row, name, value)
    return changes


def change(
    row: models.Model,
    name: models.TextChoices,
    event: AnyEvent,
    columns: Mapping[str, Any],
    also: Changes | None = None,
    *,
    only_if: Mapping[str, Any] | None = None,
    derives: bool = False,
) -> None:
    """Change columns of a locked row, and record the act ``name`` with the difference.

    ``also``: further changes for the log, such as a reason. ``only_if``: as for ``assign``, which
    raises ObjectDoesNotExist. ``derives``: save by the model's ``save``, which sets columns that
    follow from these; the log then names related rows by their keys, as in the registers.
    """
    changes = _save(row, columns) if derives else assign(row, columns, only_if)
    record(row, name, event, changes | (also or {}))


def change_many(
    changes: Sequence[tuple[models.Model, Mapping[str, Any]]],
    name: models.TextChoices,
    event: AnyEvent,
) -> None:
    """Change columns of many locked rows of one model, as ``change`` does, with few statements.

    No column may be one that is unique, or that others follow from.
    """
    entries, rows = [], [row for row, _columns in changes]
    for row, columns in changes:
        said = {column: (getattr(row, column), value) for column, value in columns.items()}
        for column, value in columns.items():
            setattr(row, column, value)
        entries.append(entry(row, name, event, said))
    if rows:
        fields = sorted({column for _row, columns in changes for column in columns})
        queryset: models.QuerySet[models.Model] = models.QuerySet(type(rows[0]))
        queryset.bulk_update(rows, fields, batch_size=AT_ONCE)
        trail.write(*entries)


def _save(row: models.Model, columns: Mapping[str, Any]) -> Changes:
    changes = {name: (_key(getattr(row, name)), _key(value)) for name, value in columns.items()}
    for name, value in columns.items():
        setattr(row, name, value)
    with disable_auditlog():  # the act writes its own entry
        row.save(update_fields=[*columns])
    return changes


def _key(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value
