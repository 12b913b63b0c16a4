"""The refill of a binder: which tabs are empty, and what has to be created in Befreg for them."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from custody.binder.contents import SEXES, Supply, last_of_tabs, supply
from custody.ledger import taken
from custody.models import IN_BINDER, Binder, ReserveNumber
from custody.numbers.identities import Sex, sex_of, training_numbers

HEADER = ("tab", "number")
NAMES = ("family_name", "given_name")


@dataclass(frozen=True)
class Wanted:
    """The empty tabs of one sex, and how many numbers the birth date can still have."""

    sex: Sex
    tabs: list[int]
    supply: Supply

    @property
    def label(self) -> str:
        """Return what the sex is called on a screen."""
        return self.supply.label

    @property
    def enough(self) -> bool:
        """Tell whether Befreg can still have that many numbers on the birth date."""
        return len(self.tabs) <= self.supply.left


@dataclass(frozen=True)
class Refill:
    """What a binder lacks. ``empty``: for each empty tab, the number that lay there last."""

    binder: Binder
    empty: list[ReserveNumber]
    wanted: list[Wanted]
    text: str  # to be completed and loaded: a line for each empty tab


def refill_of(binder: Binder) -> Refill:
    """Return what a binder lacks. A tab whose sheet is missing counts as empty.

    Befreg creates no training numbers, so for a training binder the text has them: those that are
    recorded nowhere yet, as far as the birth date has any.
    """
    last = last_of_tabs(binder.numbers.all())
    empty = list(last.exclude(IN_BINDER).order_by("tab"))
    numbers = _unused(binder) if binder.training else []
    supplies = supply(binder.birth_date)
    if binder.training:
        supplies = _training_supply(binder, numbers, supplies)
    wanted = [
        Wanted(sex, [number.tab for number in empty if number.sex == sex], left)
        for sex, left in zip(SEXES, supplies, strict=True)
    ]
    # Most binders have no tab for a number of unknown sex.
    wanted = [each for each in wanted if each.sex is not Sex.UNKNOWN or each.tabs]
    return Refill(binder, empty, wanted, _file(empty, numbers))


def _file(empty: list[ReserveNumber], numbers: list[str]) -> str:
    """Return the lines for the empty tabs, with columns for names if a number there had its own."""
    named = any(last.family_name or last.given_name for last in empty)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*HEADER, *(NAMES if named else ())])
    for last, value in _values(empty, numbers):
        names = [last.family_name, last.given_name] if named else []
        writer.writerow([last.tab, value, *names])
    return file.getvalue().removesuffix("\n")


def _values(empty: list[ReserveNumber], numbers: list[str]) -> Iterable[tuple[ReserveNumber, str]]:
    """Yield the number that lay last in each empty tab with the new one, "" where none is known."""
    left = list(numbers)
    for last in empty:
        value = next((value for value in left if sex_of(value) == last.sex), "")
        if value:
            left.remove(value)
        yield last, value


def _unused(binder: Binder) -> list[str]:
    values = training_numbers(binder.birth_date)
    known = taken.standing(values)
    return [value for value in values if value not in known]


def _training_supply(binder: Binder, unused: list[str], real: list[Supply]) -> list[Supply]:
    """Return the training numbers that the birth date has, by sex, and how many were used.

    ``real``: the supply of real numbers, for the labels of the sexes.
    """
    values = training_numbers(binder.birth_date)
    rows = []
    for sex, row in zip(SEXES, real, strict=True):
        total = _count_of(sex, values)
        rows.append(Supply(row.label, total, total - _count_of(sex, unused)))
    return rows


def _count_of(sex: Sex, numbers: list[str]) -> int:
    return sum(sex_of(value) == sex for value in numbers)
