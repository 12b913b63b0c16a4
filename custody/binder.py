"""Putting numbers into a binder, and what lies in it. Taking out is ``custody.handouts``' alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from custody import binder_file
from custody.binder_file import BinderFile, BinderRow, Fault, FaultCode
from custody.identities import Sex
from custody.models import IN_BINDER, Binder, HandoutStep, ReserveNumber


class BinderRefused(Exception):
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


def load(
    data: bytes, *, name: str, training: bool, family_name: str = "", given_name: str = ""
) -> Binder:
    """Load a file into the binder ``name``, made new unless it exists. All of it or nothing.

    Raises BinderRefused naming every fault.
    """
    try:
        return _load(
            data,
            name=name,
            training=training,
            family_name=family_name,
            given_name=given_name,
        )
    except IntegrityError as error:
        # Somebody else loaded at the same moment; now the preview sees what they did.
        faults = preview(data, name=name, training=training).faults
        if not faults:
            raise
        raise BinderRefused(faults) from error


@transaction.atomic
def _load(data: bytes, *, name: str, training: bool, family_name: str, given_name: str) -> Binder:
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
    # Somebody else may have made it since the preview: the database's own rules compare again.
    for planned in plan.planned:
        ReserveNumber.objects.create(
            binder=binder,
            tab=planned.tab,
            value=planned.row.identity.value,
            sex=planned.row.identity.sex.value,
            training=planned.row.identity.training,
        )
    return binder


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
        yield Fault(0, binder.name, FaultCode.MIXED, _wrong_binder(training=binder.training))
    values = [row.identity.value for row in file.rows]
    known = dict(
        ReserveNumber.objects.filter(value__in=values).values_list("value", "binder__name")
    )
    patients = _patients(values)
    for row in file.rows:
        if row.identity.value in patients:
            reason = _("This number has been registered as a patient's real number.")
            yield Fault(row.line, row.identity.grouped, FaultCode.NUMBER_TWICE, reason)
        for code, reason in _faults_of(row, binder, known, occupied, training=training):
            yield Fault(row.line, row.identity.grouped, code, reason)


def _patients(values: list[str]) -> set[str]:
    """Return those numbers that are or were a patient's real number."""
    steps = HandoutStep.objects.filter(identity__in=values)
    return set(steps.values_list("identity", flat=True))


def _faults_of(
    row: BinderRow,
    binder: Binder | None,
    known: dict[str, str],
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
        name = {"name": known[identity.value]}
        yield (
            FaultCode.NUMBER_TWICE,
            _("The binder “%(name)s” holds or has held this number.") % name,
        )
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
class Stock:
    """How many numbers of each sex lie in the binders of one kind."""

    women: int
    men: int

    @property
    def rows(self) -> list[tuple[str, int]]:
        """What each sex is called, and how many numbers are left for it."""
        return [(_("Women"), self.women), (_("Men"), self.men)]

    def of(self, sex: str) -> int:
        """Return how many numbers of a sex are left."""
        return self.women if sex == Sex.WOMAN else self.men


def stock(*, training: bool) -> Stock:
    """Count what is left in all real binders, or in all training binders. One statement."""
    left = ReserveNumber.objects.filter(IN_BINDER, training=training).aggregate(
        women=Count("pk", filter=Q(sex=Sex.WOMAN.value)),
        men=Count("pk", filter=Q(sex=Sex.MAN.value)),
    )
    return Stock(**left)
