"""What lies in a binder, tab by tab, and how many numbers of each sex are left."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from custody.models import (
    IN_BINDER,
    Binder,
    Handout,
    PreparedNumber,
    Quarantine,
    ReserveNumber,
)
from custody.models.states import OPEN, State
from custody.numbers.identities import Sex, numbers_of_a_date, written_date
from custody.numbers.sql import stated_on

# In the order of a binder. It may have numbers of unknown sex, or none.
SEXES = (Sex.WOMAN, Sex.MAN, Sex.UNKNOWN)
LABELS = {Sex.WOMAN: _("Women"), Sex.MAN: _("Men"), Sex.UNKNOWN: _("Unknown sex")}


@dataclass(frozen=True)
class SexStock:
    """What is left of one sex, and its tabs while they are few enough to be drawn."""

    sex: Sex
    left: int
    tabs: list[ReserveNumber]

    @property
    def label(self) -> str:
        """Return what the sex is called on a screen."""
        return str(LABELS[self.sex])


@dataclass(frozen=True)
class Stock:
    """What is left in the binders of one kind: women's numbers, men's, X if they ever had any."""

    rows: list[SexStock]

    def of(self, sex: str) -> int:
        """Return how many numbers of a sex are left."""
        return next((row.left for row in self.rows if row.sex == sex), 0)

    @property
    def any_left(self) -> bool:
        """Tell whether a number of any sex is left."""
        return any(row.left for row in self.rows)

    @property
    def has_tabs(self) -> bool:
        """Tell whether tabs can be drawn."""
        return any(row.tabs for row in self.rows)

    @property
    def out(self) -> bool:
        """Tell whether one of the sexes has none left."""
        return any(row.left == 0 for row in self.rows)

    @property
    def low(self) -> bool:
        """Tell whether one of the sexes has but one left, or none."""
        return any(row.left <= 1 for row in self.rows)


# A binder with more tabs than this shows a figure alone.
MOST_TABS = 24


def stock(*, training: bool, with_tabs: bool = False) -> Stock:
    """Count what is left in all real binders, or in all training binders. One statement.

    ``with_tabs``: also each tab with the number that lies there, or the last that did. One more.
    """
    of_unknown_sex = Q(sex=Sex.UNKNOWN.value)
    numbers = ReserveNumber.objects.filter(IN_BINDER | of_unknown_sex, training=training)
    left = numbers.aggregate(
        ever=Count("pk", filter=of_unknown_sex),
        **{sex.name: Count("pk", filter=IN_BINDER & Q(sex=sex.value)) for sex in SEXES},
    )
    tabs = _tabs(training=training) if with_tabs else []
    rows = [SexStock(sex, left[sex.name], [tab for tab in tabs if tab.sex == sex]) for sex in SEXES]
    # Most binders have never had a number of unknown sex, and aren't short of them.
    return Stock([row for row in rows if row.sex is not Sex.UNKNOWN or left["ever"]])


def _tabs(*, training: bool) -> list[ReserveNumber]:
    rows = last_of_tabs(ReserveNumber.objects.filter(training=training)).select_related("binder")
    found = list(with_whereabouts(rows).order_by("binder", "tab")[: MOST_TABS + 1])
    return found if len(found) <= MOST_TABS else []


def last_of_tabs(numbers: QuerySet[ReserveNumber]) -> QuerySet[ReserveNumber]:
    """Return those of ``numbers`` that lie on their tab now, or were the last that did.

    An undone handout may have returned its number to a tab that held a later one meanwhile.
    """
    same = ReserveNumber.objects.filter(binder=OuterRef("binder"), tab=OuterRef("tab"))
    replaced = Exists(same.filter(IN_BINDER)) | Exists(same.filter(pk__gt=OuterRef("pk")))
    return numbers.filter(IN_BINDER | ~replaced)


def with_whereabouts(numbers: QuerySet[ReserveNumber]) -> QuerySet[Any]:
    """Return the numbers with what became of their sheets, beside ``taken_at``.

    ``missing``: nobody has explained where it is. ``missed``: a count set it aside, or a restored
    backup had forgotten it, and no handout holds it.
    """
    quarantines = Quarantine.objects.filter(number=OuterRef("pk"))
    given = Handout.objects.filter(number=OuterRef("pk")).exclude(state=State.UNDONE)
    without_handout = Q(count__isnull=False) | Q(restoration__isnull=False)
    return numbers.annotate(
        missing=Exists(quarantines.filter(explained_at__isnull=True)),
        missed=Exists(quarantines.filter(without_handout)) & ~Exists(given),
    )


def life_of(row: Model | None) -> str:
    """Return the address of the life of the number that ``row`` is about.

    "" where that is no binder's number, as a number that was prepared.
    """
    number = getattr(row, "number", None)
    return number.get_absolute_url() if isinstance(number, ReserveNumber) else ""


def in_use(binder: Binder, *, besides: ReserveNumber) -> int:
    """Return how many other numbers of the binder stand for a patient now.

    They share name and birth date, so whoever reads one out should know that there are others.
    """
    handouts = Handout.objects.filter(number__binder=binder, state__in=OPEN)
    return handouts.exclude(number=besides).values("number").distinct().count()


@dataclass(frozen=True)
class Supply:
    """How many numbers of a sex one birth date has in all, and how many of them we have used."""

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
    used: Counter[tuple[date, str]] = Counter()
    for numbers in (ReserveNumber.objects, PreparedNumber.objects):
        counted = (
            numbers.annotate(born=stated_on("value"))
            .filter(born__in=digits, training=False)
            .order_by()
            .values_list("born", "sex")
            .annotate(count=Count("pk"))
        )
        for born, sex, count_of_sex in counted:
            used[digits[born], sex] += count_of_sex
    return {
        born: [Supply(str(LABELS[sex]), numbers_of_a_date(sex), used[born, sex]) for sex in SEXES]
        for born in birth_dates
    }
