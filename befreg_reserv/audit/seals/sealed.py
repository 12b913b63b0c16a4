"""Which rows are sealed: apps register their tables when they start."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from befreg_reserv.audit.seals import canonical

Model = type[models.Model]


@dataclass(frozen=True)
class Sealed:
    """A table whose rows are sealed once they are written, with the columns that never change."""

    model: Model
    columns: tuple[Any, ...]  # their fields

    @property
    def table(self) -> str:
        """Return the table's name."""
        return str(self.model._meta.db_table)

    @property
    def key(self) -> str:
        """Return the column of the key, a whole number that grows."""
        return str(self.model._meta.pk.column)

    @cached_property
    def encode(self) -> canonical.Encoder:
        """Return what makes bytes of a row's values."""
        return canonical.encoder(self.table, self.columns)

    def select(self, vendor: str) -> str:
        """Return what a statement asks for: the key, then what ``encode`` takes."""
        return ", ".join([f'"{self.key}"', *canonical.select(self.columns, vendor)])


_registered: dict[str, Sealed] = {}


def register(*tables: Model, only: Collection[str] = ()) -> None:
    """Let the rows of these tables be sealed.

    ``only``: the fields that never change, of a table whose others do; all, if there are none.
    Raises ImproperlyConfigured for a field that is none, or has no canonical form.
    """
    for model in tables:
        names = {field.name for field in model._meta.concrete_fields}
        if unknown := set(only) - names:
            raise ImproperlyConfigured(f"{model.__name__} has no {', '.join(sorted(unknown))}.")
        chosen = [
            field
            for field in model._meta.concrete_fields
            if not only or field.primary_key or field.name in only
        ]
        fields = tuple(sorted(chosen, key=lambda field: str(field.column)))
        canonical.select(fields, "sqlite")
        _registered[str(model._meta.db_table)] = Sealed(model, fields)


def tables() -> list[Sealed]:
    """Return all tables whose rows are sealed, in the order of registration."""
    return list(_registered.values())
