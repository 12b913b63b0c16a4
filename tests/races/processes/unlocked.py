"""Handing out without protection, to prove that the races would show what it prevents."""

import inspect
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.models import QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.audit import triggers
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.sql import hot
from custody.binder import choosing
from custody.calls import taking
from custody.ledger import tabs
from custody.logged import Logged
from custody.models import Call, Handout, HandoutStep, Patient, ReserveNumber
from outage.models import Outage
from tests.races.processes.forked import meet

ONCE = next(c for c in Handout._meta.constraints if c.name == "number_handed_out_once")


def unlock() -> None:
    """Let this process hand out as naive code would: read, then write, each by itself.

    In each call all processes have read before any writes, so that each of them meets the others.
    """
    naive = inspect.unwrap(taking.take)  # without its transaction
    ask = choosing.ask

    def ask_for_all(outage: Outage, sex: str, count: int) -> Callable[[], Any]:
        numbers = ask(outage, sex, count)()
        meet()
        return lambda: numbers

    patch.object(taking, "take", naive).start()
    patch.object(choosing, "ask", ask_for_all).start()
    patch.object(tabs, "take_out", take_unseen).start()
    unlock_reads()


def unlock_reads() -> None:
    """Let this process lock no row that it reads."""
    patch.object(QuerySet, "select_for_update", just_select).start()
    hot.forget_all()  # they were composed with their locks


@contextmanager
def without_locks() -> Iterator[None]:
    """Lock no row that is read."""
    try:
        with patch.object(QuerySet, "select_for_update", just_select):
            hot.forget_all()
            yield
    finally:
        hot.forget_all()


def just_select(rows: QuerySet[Any], **_how: object) -> QuerySet[Any]:
    """Return the rows, locking none."""
    return rows


def take_unseen(
    numbers: Collection[ReserveNumber], left_at: datetime, event: AnyEvent
) -> list[LogEntry]:
    """Take numbers out without looking whether somebody has."""
    ReserveNumber.objects.filter(pk__in=[each.pk for each in numbers]).update(taken_at=left_at)
    changes = record.said(taken_at=left_at)
    return [record.entry(each, Logged.LEAVE_BINDER, event, changes) for each in numbers]


@contextmanager
def without_constraint() -> Iterator[None]:
    """Let the database take a number's second handout; afterwards no handout is left."""
    with triggers.lifted(connection):  # they would keep the duplicates for ever
        with connection.schema_editor() as editor:
            editor.remove_constraint(Handout, ONCE)
        try:
            yield
        finally:
            for model in (HandoutStep, Handout, Patient, Call):
                model._base_manager.all()._raw_delete(connection.alias)
            ReserveNumber.objects.update(taken_at=None)
            with connection.schema_editor() as editor:
                editor.add_constraint(Handout, ONCE)
