"""What lies in a binder, tab by tab, and how many numbers of each sex are left."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.utils.translation import gettext_lazy as _

from befreg_reserv.sql import hot
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
from custody.numbers.sql import NO_NUMBER, born_on, stated_on

# In the order of a binder. It may have numbers of unknown sex, or none.
SEXES = (Sex.WOMAN, Sex.MAN, Sex.UNKNOWN)
LABELS = {Sex.WOMAN: _("Women"), Sex.MAN: _("Men"), Sex.UNKNOWN: _("Unknown sex")}

# What is said when none is left, and when one is.
FEW_LEFT = {
    Sex.WOMAN: (_("No woman's number is left."), _("Only one woman's number is left.")),
    Sex.MAN: (_("No man's number is left."), _("Only one man's number is left.")),
    Sex.UNKNOWN: (
        _("No number of unknown sex is left."),
        _("Only one number of unknown sex is left."),
    ),
}


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

    @property
    def few_left(self) -> str:
        """Return a sentence if one number of this sex is left, or none; else ""."""
        return str(FEW_LEFT[self.sex][self.left]) if self.left in (0, 1) else ""


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
        return any(row.few_left for row in self.rows)


# A binder with more tabs than this shows a figure alone.
MOST_TABS = 24
# Emptied binders on a page beside those that hold numbers.
MOST_EMPTY = 10


def lying(*, training: bool | None = None) -> QuerySet[ReserveNumber]:
    """Return what lies in the binders, of one kind or of both, in no order.

    Named in full, as their own small index begins: else SQLite takes one with all that ever were.
    """
    kinds = [False, True] if training is None else [training]
    of_these = Q(training__in=kinds, sex__in=[sex.value for sex in SEXES])
    return ReserveNumber.objects.filter(IN_BINDER, of_these).order_by()


def of_kind(training: bool) -> Q:  # noqa: FBT001  one column's value
    """Return the condition for the real numbers, or for the training numbers.

    As a list of one: SQLite looks into no index for a bare boolean.
    """
    return Q(training__in=[training])


def stock(*, training: bool, with_tabs: bool = False) -> Stock:
    """Count what is left in all real binders, or in all training binders. One statement.

    ``with_tabs``: also each tab with the number that lies there, or the last that did. One more.
    """
    tabs = _tabs(training=training) if with_tabs else []
    return ask_stock(training=training, tabs=tabs)()


def ask_stock(*, training: bool, tabs: Sequence[ReserveNumber] = ()) -> Callable[[], Stock]:
    """Ask for what ``stock`` returns, with these tabs; return what then returns it."""
    counted = _left.send(training=training)
    return lambda: _stock(counted(), tabs)


def _stock(counted: Iterable[Any], tabs: Sequence[ReserveNumber]) -> Stock:
    left = Counter[str]()
    for sex, count in counted:
        left[sex] += count
    rows = [SexStock(sex, left[sex], [tab for tab in tabs if tab.sex == sex]) for sex in SEXES]
    # Most binders have never had a number of unknown sex, and aren't short of them.
    return Stock([row for row in rows if row.sex is not Sex.UNKNOWN or Sex.UNKNOWN in left])


@hot.rows()
def _left(*, training: bool) -> QuerySet[Any, Any]:
    """Return how many are left of each sex; of unknown sex also a 0, if there ever were any."""
    left_of_sex = lying(training=training).values_list("sex").annotate(left=Count("pk"))
    numbers = ReserveNumber.objects.filter(of_kind(training)).order_by()
    unknown = numbers.filter(sex=Sex.UNKNOWN.value).values("pk")[:1]
    ever = numbers.filter(pk=Subquery(unknown)).annotate(left=Value(0)).values_list("sex", "left")
    return left_of_sex.union(ever, all=True)


def binders(
    *, training: bool, also: Collection[int] = (), before: int | None = None
) -> tuple[list[Any], int | None]:
    """Return the binders that hold numbers, those with the keys ``also``, and the latest others.

    Each with ``total``, ``left``, ``women`` and ``men``. ``before``: only others, older than the
    one with this key. Second, that key for the next page; None when there is none.
    """
    of_the_kind = Binder.objects.filter(of_kind(training))
    always = {*lying(training=training).values_list("binder", flat=True), *also}
    others = of_the_kind.exclude(pk__in=always).order_by("-pk").values_list("pk", flat=True)
    older = others.filter(pk__lt=before) if before else others
    found = list(older[: MOST_EMPTY + 1])
    shown = found[:MOST_EMPTY] if before else [*always, *found[:MOST_EMPTY]]
    of_sex = {
        name: Count("numbers", filter=Q(numbers__taken_at__isnull=True, numbers__sex=sex))
        for name, sex in (("women", Sex.WOMAN), ("men", Sex.MAN))
    }
    left = Count("numbers", filter=Q(numbers__taken_at__isnull=True))
    rows = of_the_kind.filter(pk__in=shown).annotate(total=Count("numbers"), left=left, **of_sex)
    return list(rows), shown[-1] if len(found) > MOST_EMPTY else None


def _tabs(*, training: bool) -> list[ReserveNumber]:
    rows = last_of_tabs(ReserveNumber.objects.filter(of_kind(training))).select_related("binder")
    found = list(with_whereabouts(rows).order_by("binder_id", "tab")[: MOST_TABS + 1])
    return found if len(found) <= MOST_TABS else []


def last_of_tabs(numbers: QuerySet[ReserveNumber]) -> QuerySet[ReserveNumber]:
    """Return those of ``numbers`` that lie on their tab now, or were the last that did.

    An undone handout may have returned its number to a tab that held a later one meanwhile.
    """
    same = ReserveNumber.objects.filter(
        training=OuterRef("training"), binder=OuterRef("binder"), tab=OuterRef("tab")
    )
    replaced = Exists(same.filter(IN_BINDER)) | Exists(same.filter(pk__gt=OuterRef("pk")))
    return numbers.filter(IN_BINDER | ~replaced)


def with_whereabouts(numbers: QuerySet[ReserveNumber]) -> QuerySet[Any]:
    """Return the numbers with what became of their sheets, beside ``taken_at``.

    ``missing``: nobody has explained where it is. ``missed``: a count set it aside, or a restored
    backup had forgotten it, and no handout holds it.
    """
    quarantines = Quarantine.objects.filter(number=OuterRef("pk"))
    without_handout = Q(count__isnull=False) | Q(restoration__isnull=False)
    # Asked of the few such sheets: of each number, PostgreSQL would read all handouts there are.
    given = Handout.objects.filter(number=OuterRef("number")).exclude(state=State.UNDONE)
    return numbers.annotate(
        missing=Exists(quarantines.filter(explained_at__isnull=True)),
        missed=Exists(quarantines.filter(without_handout, ~Exists(given))),
    )


def life_of(row: Model | None) -> str:
    """Return the address of the life of the number that ``row`` is about.

    "" where that is no binder's number, as a number that was prepared.
    """
    number = getattr(row, "number", None)
    return number.get_absolute_url() if isinstance(number, ReserveNumber) else ""


def ask_in_use(binder: Binder, *, besides: ReserveNumber) -> Callable[[], int]:
    """Ask how many other numbers of the binder stand for a patient now; return what then says it.

    They share name and birth date, so whoever reads one out should know that there are others.
    """
    used = _in_use.send(binder=binder.pk, besides=besides.pk)
    return lambda: len(used())


@hot.rows(binder=BigIntegerField(), besides=BigIntegerField())
def _in_use(binder: Any, besides: Any) -> QuerySet[Any, Any]:
    handouts = Handout.objects.filter(number__binder=binder, state__in=OPEN).order_by()
    return handouts.exclude(number=besides).values_list("number").distinct()


def birth_dates(most: int) -> list[date]:
    """Return the birth dates of the real binders that hold numbers, and of the latest ones.

    At most so many, in order.
    """
    real = Binder.objects.filter(of_kind(training=False)).order_by("-pk")
    latest = Binder.objects.filter(pk__in=real.values("pk")[:most]).order_by().values("pk")
    holding = lying(training=False).values("binder")
    rows = Binder.objects.filter(pk__in=holding.union(latest)).order_by("birth_date")
    return list(rows.values_list("birth_date", flat=True).distinct()[:most])


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
    of_these = reduce(or_, map(born_on, digits), NO_NUMBER)
    used: Counter[tuple[date, str]] = Counter()
    for numbers in (ReserveNumber.objects, PreparedNumber.objects):
        counted = (
            numbers.filter(of_these, training=False)
            .annotate(born=stated_on("value"))
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
