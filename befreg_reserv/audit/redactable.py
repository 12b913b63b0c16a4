"""Columns of free text that may be redacted: apps register them when they start.

A text that says who a patient is can be taken away, also from a row that never changes otherwise.
Each rule that refuses to change a row lets exactly that pass: a row of ``Redaction`` names the
column, which becomes MASK, and no other column changes.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db import models

MASK = "[maskerat]"  # as people read it, in the language of what else is typed here
# In the place of all that an entry of the log tells of a change.
MASKED_CHANGES: dict[str, Any] = {"masked": [None, MASK]}
REDACTIONS = "audit_redaction"

Model = type[models.Model]
_columns: dict[str, tuple[Model, tuple[Any, ...]]] = {}


def register(model: Model, *fields: str) -> None:
    """Let these columns of ``model`` be redacted: what people have typed in their own words."""
    found = tuple(model._meta.get_field(name) for name in fields)
    _columns[str(model._meta.db_table)] = (model, found)


def tables() -> Iterator[tuple[Model, tuple[Any, ...]]]:
    """Yield each model with its fields of free text."""
    yield from _columns.values()


def mask(field: Any) -> Any:
    """Return what takes the place of a text."""
    return MASKED_CHANGES if is_json(field) else MASK


def as_stored(field: Any) -> str:
    """Return the same as text."""
    return json.dumps(MASKED_CHANGES) if is_json(field) else MASK


def is_json(field: Any) -> bool:
    """Tell whether a column holds all that an entry tells of a change."""
    return isinstance(field, models.JSONField)


def passes(table: str, vendor: str) -> str:
    """Return the condition in SQL under which an update of a row is its redaction, or ""."""
    if table not in _columns:
        return ""
    model, free = _columns[table]
    fields = model._meta.concrete_fields
    masks = [_becomes(model, field, vendor) for field in free]
    some = [f"({' OR '.join(masks)})"]  # an update that changes nothing is none
    others = [_same(str(field.column), vendor) for field in fields if field not in free]
    same = [_same(str(field.column), vendor) for field in free]
    either = [f"({kept} OR {mask})" for kept, mask in zip(same, masks, strict=True)]
    return " AND ".join([*some, *either, *others])


def _same(column: str, vendor: str) -> str:
    is_as = "IS" if vendor == "sqlite" else "IS NOT DISTINCT FROM"
    return f'NEW."{column}" {is_as} OLD."{column}"'


def _becomes(model: Model, field: Any, vendor: str) -> str:
    table, column, key = model._meta.db_table, str(field.column), model._meta.pk.column
    named = (
        f'SELECT 1 FROM "{REDACTIONS}" r WHERE r."table" = \'{table}\''  # noqa: S608  our own names
        f' AND r."row" = OLD."{key}" AND r."column" = \'{column}\''
    )
    return f'NEW."{column}" = {_masked(field, vendor)} AND EXISTS ({named})'


def _masked(field: Any, vendor: str) -> str:
    kind = "::jsonb" if is_json(field) and vendor != "sqlite" else ""
    return f"'{as_stored(field)}'{kind}"
