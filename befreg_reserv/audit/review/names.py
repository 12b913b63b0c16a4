"""What rows are called that an entry knows by their key alone: words for people, not keys."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.db import models
from django.utils.functional import Promise

from befreg_reserv.audit.models import LogEntry


class Called(NamedTuple):
    """What a relation to a model is called, and one of its rows by the name that was stored."""

    several: str | Promise
    of_one: Callable[[str], str | Promise]


LONGEST = 18  # digits of a key
Names = Mapping[type[models.Model], Mapping[str, str]]

_words: dict[type[models.Model], Called] = {}


def register(
    model: type[models.Model], several: str | Promise, of_one: Callable[[str], str | Promise]
) -> None:
    """Say what people call ``model``'s rows, where their names in the database are for programs."""
    _words[model] = Called(several, of_one)


def words(model: Any) -> Called | None:
    """Return what people call a model's rows, if that was registered."""
    return _words.get(model)


def of(entries: Iterable[LogEntry]) -> Names:
    """Return model → key → name for each row that the entries' changes point to.

    As they are called now; what is gone has no name. One statement for each model.
    """
    asked: dict[type[models.Model], set[str]] = {}
    for entry in entries:
        model = entry.content_type.model_class()
        for name, what in (entry.changes or {}).items():
            target = pointed_to(model, name)
            if target and isinstance(what, list):
                asked.setdefault(target, set()).update(key for key in what if _is_key(key))
    return {target: _called(target, keys) for target, keys in asked.items() if keys}


def pointed_to(model: type[models.Model] | None, name: str) -> type[models.Model] | None:
    """Return the model that a column of ``model`` points to; None if it is no such column."""
    fields = model._meta.concrete_fields if model else ()
    found = next((field for field in fields if field.name == name), None)
    target = found.related_model if isinstance(found, models.ForeignKey) else None
    return target if isinstance(target, type) else None


def _is_key(value: Any) -> bool:
    """Tell whether a stored text is a key that a database can look for."""
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST


def _called(model: type[models.Model], keys: set[str]) -> dict[str, str]:
    # A row's name may hold the name of a row that it belongs to, as a ward's does its clinic's.
    beside = [field.name for field in model._meta.concrete_fields if field.many_to_one]
    rows = model._base_manager.select_related(*beside)  # noqa: SLF001  with what the default hides
    return {str(row.pk): str(row) for row in rows.filter(pk__in=keys)}
