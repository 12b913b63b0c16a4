"""What lies in a binder, tab by tab, and how much is left of each sex's numbers."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from custody.models import (
    IN_BINDER,
    Binder,
    Handout,
    PreparedNumber,
    Quarantine,
    ReserveNumber,
)
from custody.models.states import OPEN, State
from custody.numbers.identities import Sex, numbers_of_a_date, other_sex, written_date
from custody.numbers.sql import stated_on

# The two that a binder has numbers for.
SEXES = (Sex.WOMAN, Sex.MAN)


@dataclass(frozen=True)
class SexStock:
    """What is left of one sex, and its tabs while they are few enough to be drawn."""

    sex: Sex
    left: int
    tabs: list[ReserveNumber]

    @property
    def label(self) -> str:
        """What the sex is called on a screen."""
        return _("Women") if self.sex is Sex.WOMAN else _("Men")


@dataclass(frozen=True)
class Stock:
    """What lies in the binders of one kind: women's numbers, then men's."""

    rows: list[SexStock]

    def of(self, sex: str) -> int:
        """Return how many numbers of a sex are left."""
        return next(row.left for row in self.rows if row.sex == sex)

    def other(self, sex: str) -> int:
        """Return how many numbers the other sex has left."""
        return self.of(other_sex(Sex(sex)))

    @property
    def out(self) -> bool:
        """Tell whether one of the sexes has none left."""
        return any(row.left == 0 for row in self.rows)

    @property
    def low(self) -> bool:
        """Tell whether one of the sexes has but one left, or none."""
        return any(row.left <= 1 for row in self.rows)


# More tabs than a binder has pockets are told as a figure alone.
MOST_TABS = 24


def stock(*, training: bool, with_tabs: bool = False) -> Stock:
    """Count what is left in all real binders, or in all training binders. One statement.

    ``with_tabs`` (one more): each tab with the number that lies there, or the last that did.
    """
    left = ReserveNumber.objects.filter(IN_BINDER, training=training).aggregate(
        **{sex.name: Count("pk", filter=Q(sex=sex.value)) for sex in SEXES}
    )
    tabs = _tabs(training=training) if with_tabs else []
    return Stock(
        [SexStock(sex, left[sex.name], [tab for tab in tabs if tab.sex == sex]) for sex in SEXES]
    )


def _tabs(*, training: bool) -> list[ReserveNumber]:
    rows = last_of_tabs(ReserveNumber.objects.filter(training=training)).select_related("binder")
    found = list(with_whereabouts(rows).order_by("binder", "tab")[: MOST_TABS + 1])
    return found if len(found) <= MOST_TABS else []


def last_of_tabs(numbers: QuerySet[ReserveNumber]) -> QuerySet[ReserveNumber]:
    """Return those of ``numbers`` that lie on their tab now, or were the last that did.

    A number that an undone handout returned may lie on a tab which had a later one meanwhile.
    """
    same = ReserveNumber.objects.filter(binder=OuterRef("binder"), tab=OuterRef("tab"))
    replaced = Exists(same.filter(IN_BINDER)) | Exists(same.filter(pk__gt=OuterRef("pk")))
    return numbers.filter(IN_BINDER | ~replaced)


def with_whereabouts(numbers: QuerySet[ReserveNumber]) -> QuerySet[Any]:
    """Return the numbers with what became of their sheets, beside ``taken_at``.

    ``missing``: nobody knows where it is. ``missed``: a count set it aside, or a restored backup
    had forgotten it, and nobody has it.
    """
    quarantines = Quarantine.objects.filter(number=OuterRef("pk"))
    given = Handout.objects.filter(number=OuterRef("pk")).exclude(state=State.UNDONE)
    without_handout = Q(count__isnull=False) | Q(restoration__isnull=False)
    return numbers.annotate(
        missing=Exists(quarantines.filter(explained_at__isnull=True)),
        missed=Exists(quarantines.filter(without_handout)) & ~Exists(given),
    )


def in_use(binder: Binder, *, besides: ReserveNumber) -> int:
    """Return how many other numbers of the binder stand for a patient now.

    They share name and birth date, so who reads one out should know that it isn't the only one.
    """
    handouts = Handout.objects.filter(number__binder=binder, state__in=OPEN)
    return handouts.exclude(number=besides).count()


@dataclass(frozen=True)
class Supply:
    """How many numbers of a kind a birth date has in all, and how many of them we have had."""

    label: str
    total: int
    used: int

    @property
    def left(self) -> int:
        """Return how many are left at most: others may have been issued besides ours."""
        return self.total - self.used


def supply(birth_date: date) -> list[Supply]:
    """Return the supply on a birth date, by sex: finite, and shared by the whole region."""
    return supplies([birth_date])[birth_date]


def supplies(birth_dates: Collection[date]) -> dict[date, list[Supply]]:
    """Return the supply on each of these birth dates. Two statements.

    Used are the numbers that were ever in a binder, or prepared for a planned outage.
    """
    digits = {written_date(born): born for born in birth_dates}
    ours: Counter[tuple[date, str]] = Counter()
    for numbers in (ReserveNumber.objects, PreparedNumber.objects):
        counted = (
            numbers.annotate(born=stated_on("value"))
            .filter(born__in=digits, training=False)
            .order_by()
            .values_list("born", "sex")
            .annotate(count=Count("pk"))
        )
        for born, sex, count_of_sex in counted:
            ours[digits[born], sex] += count_of_sex
    return {
        born: [
            Supply(_("Women"), numbers_of_a_date(Sex.WOMAN), ours[born, Sex.WOMAN]),
            Supply(_("Men"), numbers_of_a_date(Sex.MAN), ours[born, Sex.MAN]),
            Supply(_("Unknown sex"), numbers_of_a_date(Sex.UNKNOWN), ours[born, Sex.UNKNOWN]),
        ]
        for born in birth_dates
    }
