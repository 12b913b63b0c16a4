"""What a number says, in SQL: the counterpart of ``identities``. No other file splits one in SQL.

The places of ``formats.RESERVE`` become literals in constraints, since migrations keep them.
"""

from collections.abc import Iterable

from django.db.models import (
    CheckConstraint,
    F,
    Q,
    Value,
)
from django.db.models.functions import Right, Substr
from django.db.models.lookups import Exact, GreaterThanOrEqual, In, LessThan

from custody.numbers import formats
from custody.numbers.identities import LENGTH, Sex, is_last_four

NO_NUMBER = Q(pk__in=())


def stated_on(column: str | Value) -> Substr:
    """Return the birth date that a number states, as it writes it (``identities.written_date``)."""
    return _part(column, formats.RESERVE.birth_date)


def born_on(written: str) -> Q:
    """Return the condition for the numbers of a birth date, as a range of an index of ``value``.

    ``written``: the date as a number writes it. A sex's mark comes next, a letter before Z.
    """
    return Q(value__gt=written, value__lt=f"{written}Z")


def sex_and_training_constraints(prefix: str, *, sexes: Iterable[Sex]) -> list[CheckConstraint]:
    """Return constraints: the columns sex and training are as the characters of value say.

    ``prefix`` begins the constraints' names; ``sexes`` are those that the table may hold.
    """
    known = [sex.value for sex in sexes]
    serial = _part("value", formats.RESERVE.serial)
    first = Value(formats.RESERVE.first_real_serial)
    return [
        CheckConstraint(name=f"{prefix}_sex_known", condition=Q(sex__in=known)),
        CheckConstraint(name=f"{prefix}_tells_its_sex", condition=_tells_its_sex()),
        CheckConstraint(
            name=f"{prefix}_training_by_serial",
            condition=Q(LessThan(serial, first), training=True)
            | Q(GreaterThanOrEqual(serial, first), training=False),
        ),
    ]


def stated_date(column: str) -> str:
    """Return the same for the SQL of a trigger: the birth date that a number states."""
    place = formats.RESERVE.birth_date
    return f"SUBSTR({column}, {place.start + 1}, {place.stop - place.start})"


def written_date(column: str) -> str:
    """Return, for the SQL of a trigger, a date as a number writes it."""
    return f"REPLACE(CAST({column} AS TEXT), '-', '')"


def written_as(texts: Iterable[str]) -> Q:
    """Return the condition for the numbers that somebody wrote, whole or only their last four.

    ``texts``: normalised.
    """
    texts = set(texts)
    tails = [text for text in texts if is_last_four(text)]
    return Q(value__in=texts.difference(tails)) | Q(In(Right("value", formats.LAST), tails))


def as_logged(column: str) -> Substr:
    """Return the part of a text that the log keeps as a number (``identities.as_logged``)."""
    return Substr(column, 1, LENGTH)


def _tells_its_sex() -> Exact | Q:
    mark = _part("value", formats.RESERVE.sex)
    marks_of = formats.RESERVE.sex_marks
    if all(marks == sex for sex, marks in marks_of.items()):
        return Exact(mark, F("sex"))
    condition = Q()
    for sex, marks in marks_of.items():
        condition |= Q(In(mark, list(marks)), sex=sex.value)
    return condition


def _part(column: str | Value, place: slice) -> Substr:
    return Substr(column, place.start + 1, place.stop - place.start)
