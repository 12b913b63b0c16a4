"""Putting numbers into a binder, and what lies in it. Taking out is ``custody.handouts``' alone."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Unattended
from befreg_reserv.acts.refused import Refused
from befreg_reserv.tables import Fault
from custody import quarantine, restoration
from custody.ledger import taken
from custody.ledger.taken import Standing
from custody.models import (
    IN_BINDER,
    Binder,
    Handout,
    PreparedNumber,
    Quarantine,
    ReserveNumber,
)
from custody.models.states import OPEN, State
from custody.numbers import binder_file
from custody.numbers.binder_file import BinderFile, BinderRow, FaultCode
from custody.numbers.identities import Sex, numbers_of_a_date, other_sex, written_date
from custody.numbers.sql import stated_on

# The two that a binder has numbers for.
SEXES = (Sex.WOMAN, Sex.MAN)


class BinderRefused(Refused):
    """The file can't be loaded; ``faults`` names every line and reason. Nothing was written."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(describe, faults)))
        self.faults = faults


def describe(fault: Fault) -> str:
    """Return a fault as one line of text."""
    where = _("line %(line)d: ") % {"line": fault.line} if fault.line else ""
    what = f"{fault.text} – " if fault.text else ""
    return f"{where}{what}{fault.reason}"


@dataclass(frozen=True)
class Planned:
    """One number and the tab it will lie on."""

    tab: int
    row: BinderRow


@dataclass(frozen=True)
class Preview:
    """What loading a file would do: the numbers with their tabs, or the faults."""

    planned: list[Planned]
    faults: list[Fault]
    refill: bool  # the binder exists


def preview(data: bytes, *, name: str, training: bool) -> Preview:
    """Check a binder file against all rules, and say where its numbers would lie.

    ``name`` is the binder's, new or existing: a refill. Rows without a tab get the lowest
    empty ones. Writes nothing.
    """
    file = binder_file.read(data)
    binder = Binder.objects.filter(name=name).first()
    occupied = _occupied(binder)
    faults = sorted(
        [*file.faults, *_against_database(file, binder, occupied, training=training)],
        key=lambda fault: fault.line,
    )
    return Preview(
        planned=[] if faults else list(_lay(file.rows, occupied)),
        faults=faults,
        refill=binder is not None,
    )


def _loaded_meanwhile(
    data: bytes, _event: AnyEvent, *, name: str, training: bool, **_names: str
) -> None:
    """Raise BinderRefused where the preview sees now what somebody loaded at the same moment."""
    faults = preview(data, name=name, training=training).faults
    if faults:
        raise BinderRefused(faults)


@act(on_conflict=_loaded_meanwhile)
def load(
    data: bytes,
    event: AnyEvent,
    *,
    name: str,
    training: bool,
    family_name: str = "",
    given_name: str = "",
) -> Done[Binder]:
    """Load a file into the binder ``name``, made new unless it exists. All of it or nothing.

    Nothing can have been handed out from there before the event. Raises BinderRefused naming
    every fault.
    """
    # One load of a binder at a time: two would wait for each other's tabs.
    Binder.objects.select_for_update(no_key=True).filter(name=name).first()
    plan = preview(data, name=name, training=training)
    if plan.faults:
        raise BinderRefused(plan.faults)
    birth_date = plan.planned[0].row.identity.birth_date
    names = {"family_name": family_name, "given_name": given_name}
    binder, _created = Binder.objects.get_or_create(
        name=name,
        defaults={"training": training, "birth_date": birth_date}
        | {field: value for field, value in names.items() if value},
    )
    # What had left the binder before a backup was restored is known here, but never free.
    by_itself = Unattended(event.at)
    restoration.look(by_itself)
    forgotten = restoration.forgotten([planned.row.identity.value for planned in plan.planned])
    # Somebody else may have made it since the preview: the database's own rules compare again.
    # In the order of all who write several: each value waits for whoever else writes it.
    for planned in sorted(plan.planned, key=lambda each: each.row.identity.value):
        value = planned.row.identity.value
        number = ReserveNumber.objects.create(
            binder=binder,
            tab=planned.tab,
            value=value,
            sex=planned.row.identity.sex.value,
            training=planned.row.identity.training,
            # What was forgotten lay there when it was handed out, whenever that was.
            laid_in_at=None if value in forgotten else event.at,
        )
        if value in forgotten:
            quarantine.set_aside_lost([number], forgotten[value], by_itself)
    return Done(binder)


def _occupied(binder: Binder | None) -> set[int]:
    """Tabs that hold a number now."""
    if binder is None:
        return set()
    return set(binder.numbers.filter(IN_BINDER).values_list("tab", flat=True))


def _against_database(
    file: BinderFile, binder: Binder | None, occupied: set[int], *, training: bool
) -> Iterator[Fault]:
    """Yield the faults that only the database knows of."""
    if binder and binder.training != training:
        yield Fault(0, binder.name, _wrong_binder(training=binder.training), FaultCode.MIXED)
    values = [row.identity.value for row in file.rows]
    known = taken.standing(values)
    for row in file.rows:
        for code, reason in _faults_of(row, binder, known, occupied, training=training):
            yield Fault(row.line, row.identity.grouped, reason, code)


def _faults_of(
    row: BinderRow,
    binder: Binder | None,
    known: dict[str, Standing],
    occupied: set[int],
    *,
    training: bool,
) -> Iterator[tuple[FaultCode, str]]:
    identity = row.identity
    if identity.training and not training:
        yield FaultCode.MIXED, _("This is a training number. A real binder must not hold it.")
    if training and not identity.training:
        yield FaultCode.MIXED, _("This is a real number. A training binder must not hold it.")
    if binder and identity.birth_date != binder.birth_date:
        wanted = {"date": binder.birth_date}
        yield FaultCode.BIRTH_DATE, _("The binder's numbers have the birth date %(date)s.") % wanted
    if identity.value in known:
        yield FaultCode.NUMBER_TWICE, known[identity.value].reason
    if row.tab in occupied:
        yield FaultCode.TAB_TWICE, _("The tab holds a number that has not been handed out.")


def _wrong_binder(*, training: bool) -> str:
    if training:
        return _("This is a training binder; real numbers can't be loaded into it.")
    return _("This is a real binder; training numbers can't be loaded into it.")


def _lay(rows: list[BinderRow], occupied: set[int]) -> Iterator[Planned]:
    """Give each row its tab: its own, else the lowest empty one."""
    taken = occupied | {row.tab for row in rows if row.tab}
    empty = (tab for tab in count(1) if tab not in taken)
    for row in rows:
        yield Planned(row.tab or next(empty), row)


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
