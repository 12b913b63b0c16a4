"""The values that a typed part of a number, of a vgr-id or of a unit may mean.

The log is searched for whole values only: a part would have to be compared with every row. So the
part is searched for where each value is stored once, and the log for the values that contain it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils.module_loading import import_string

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.text import fold, sort_key

MOST_ASKED = 20  # sets of values that one page searches the log for
MOST_OFFERED = 50  # values to choose from
NUMBER_LENGTH: int = LogEntry._meta.get_field("number").max_length
COLUMN = {"number": "number", "person": "actor", "unit": "unit"}
# Each value of the column once: the index leads from one value to the next, past equal ones.
EACH_UNIT = """
WITH RECURSIVE each(unit) AS (
    SELECT MIN(unit) FROM {table}
    UNION ALL
    SELECT (SELECT MIN(unit) FROM {table} WHERE unit > each.unit) FROM each WHERE unit IS NOT NULL
) SELECT unit FROM each WHERE unit <> ''
"""


@dataclass(frozen=True)
class FieldMeaning:
    """What the text of one field may mean. ``asked``: what people read → what the log keeps.

    ``others``: values that contain the text too, if the log is searched for exactly the text.
    """

    name: str
    typed: str
    asked: Mapping[str, Any]
    others: Iterable[str] = ()

    @property
    def plain(self) -> bool:
        """Tell whether the text can only mean itself, so that the page explains nothing."""
        return list(self.asked) == [self.typed] and not self.others

    @property
    def holding(self) -> list[str]:
        """Return the values that contain the text and can be searched for instead."""
        return list(self.others or self.asked)


@dataclass(frozen=True)
class Meaning:
    """What a whole search means."""

    parts: list[FieldMeaning]

    @property
    def unknown(self) -> list[FieldMeaning]:
        """Return the fields whose text no value contains."""
        return [part for part in self.parts if not part.asked]

    @property
    def too_wide(self) -> FieldMeaning | None:
        """Return the field that must be narrowed if a page would search for too many values."""
        if prod(len(part.asked) for part in self.parts) <= MOST_ASKED:
            return None
        return max(self.parts, key=lambda part: len(part.asked))

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Return each set of column values to search the log for."""
        if self.too_wide:
            return []
        names = [COLUMN[part.name] for part in self.parts]
        sets = product(*(part.asked.values() for part in self.parts))
        return [dict(zip(names, values, strict=True)) for values in sets]

    @property
    def offered_numbers(self) -> set[str]:
        """Return the numbers that the page offers as choices, without those it searched for."""
        numbers = (part.holding[:MOST_OFFERED] for part in self.parts if part.name == "number")
        return set().union(*numbers) - {asked.get("number") for asked in self.columns}


def meaning(*, number: str = "", person: str = "", unit: str = "") -> Meaning:
    """Return what the texts of a search mean; "" means nothing. One statement for each text."""
    parts = [
        number and _number(number),
        person and _person(person),
        unit and _unit(unit),
    ]
    return Meaning([part for part in parts if isinstance(part, FieldMeaning)])


def _number(typed: str) -> FieldMeaning:
    """Return the numbers that contain the text; a whole number may be in the log only."""
    holding: list[str] = import_string(settings.AUDIT_NUMBERS)(typed, MOST_OFFERED + 1)
    whole = [typed] if len(typed) == NUMBER_LENGTH else []
    return FieldMeaning("number", typed, {number: number for number in sorted({*holding, *whole})})


def _person(typed: str) -> FieldMeaning:
    vgr_id, found = get_user_model().objects.holding(typed)
    return _exactly_or_all("person", vgr_id, {u.username: u.pk for u in found[: MOST_OFFERED + 1]})


def _unit(typed: str) -> FieldMeaning:
    wanted = _pieces(typed)
    # A unit whose name is only punctuation has no pieces.
    holding = [unit for unit in units() if unit == typed or (wanted and _holds(unit, wanted))]
    return _exactly_or_all("unit", typed, {unit: unit for unit in holding})


def _exactly_or_all(name: str, typed: str, holding: dict[str, Any]) -> FieldMeaning:
    if typed not in holding:
        return FieldMeaning(name, typed, holding)
    others = [value for value in holding if value != typed]
    return FieldMeaning(name, typed, {typed: holding[typed]}, others)


def _pieces(text: str) -> list[str]:
    """Return the runs of letters and those of digits, without case and accents."""
    return re.findall(r"\d+|[^\W\d_]+", fold(text))


def _holds(unit: str, wanted: list[str]) -> bool:
    """Tell whether every piece is in the unit: letters anywhere, digits whole (2 isn't in 12)."""
    pieces, letters = set(_pieces(unit)), fold(unit)
    return all(piece in pieces if piece.isdigit() else piece in letters for piece in wanted)


def units() -> list[str]:
    """Return every unit as the log names it, also by its former names, in Swedish order."""
    with connection.cursor() as cursor:
        cursor.execute(EACH_UNIT.format(table=LogEntry._meta.db_table))
        return sorted((unit for (unit,) in cursor.fetchall()), key=sort_key)
