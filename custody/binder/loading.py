"""Load numbers into a binder, after a preview: all of a file, or none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from django.utils.translation import gettext as _

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Unattended
from befreg_reserv.acts.refused import BadTime, Refused
from befreg_reserv.clock import TOLERANCE
from befreg_reserv.tables import Fault, describe
from custody.binder import quarantine, restoration
from custody.ledger import taken
from custody.ledger.taken import Standing
from custody.models import (
    IN_BINDER,
    Binder,
    ReserveNumber,
)
from custody.numbers import binder_file
from custody.numbers.binder_file import BinderFile, BinderRow, FaultCode


class BinderRefused(Refused):
    """The file can't be loaded; ``faults`` names every line and reason. Nothing was written."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(describe, faults)))
        self.faults = faults


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
    passed_over: tuple[str, ...] = ()  # the names of the file's other columns


def preview(data: bytes, *, name: str, training: bool) -> Preview:
    """Check a binder file against all rules, and return where its numbers would lie.

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
        passed_over=file.passed_over,
    )


def _loaded_meanwhile(
    data: bytes, _event: AnyEvent, *, name: str, training: bool, **_options: Any
) -> None:
    """Raise BinderRefused when the preview now finds what somebody loaded at the same moment."""
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
    since: datetime | None = None,
) -> Done[Binder]:
    """Load a file into the binder ``name``, made new unless it exists. All of it or nothing.

    ``since``: since when the sheets have lain there, unless they were laid in just now. Raises
    BinderRefused, which names every fault, or BadTime if they will be laid in later.
    """
    if since and since > event.at + TOLERANCE:
        raise BadTime(_("The time lies in the future."), field="since")
    lain_since = min(since or event.at, event.at)
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
    # Numbers that a restored backup had forgotten are loaded, and set aside at once.
    unattended = Unattended(event.at)
    restoration.look(unattended)
    forgotten = restoration.forgotten([planned.row.identity.value for planned in plan.planned])
    # Somebody else may have made the binder since the preview: the database's rules check again.
    # In the order of the values, as wherever several are inserted: otherwise two could deadlock.
    for planned in sorted(plan.planned, key=lambda planned: planned.row.identity.value):
        value = planned.row.identity.value
        number = ReserveNumber.objects.create(
            binder=binder,
            tab=planned.tab,
            value=value,
            sex=planned.row.identity.sex.value,
            training=planned.row.identity.training,
            family_name=planned.row.family_name,
            given_name=planned.row.given_name,
            # A forgotten one lay there when it was handed out, and nobody knows since when.
            laid_in_at=None if value in forgotten else event.at,
            lain_since=None if value in forgotten else lain_since,
        )
        if value in forgotten:
            quarantine.set_aside_lost([number], forgotten[value], unattended)
    return Done(binder)


def _occupied(binder: Binder | None) -> set[int]:
    """Return the tabs that hold a number now."""
    if binder is None:
        return set()
    return set(binder.numbers.filter(IN_BINDER).values_list("tab", flat=True))


def _against_database(
    file: BinderFile, binder: Binder | None, occupied: set[int], *, training: bool
) -> Iterator[Fault]:
    """Yield the faults that show only in comparison with the database."""
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
    reserved = occupied | {row.tab for row in rows if row.tab}
    empty = (tab for tab in count(1) if tab not in reserved)
    for row in rows:
        yield Planned(row.tab or next(empty), row)
