"""Handing out without protection, to prove that the races would show what it prevents."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.models import QuerySet

from befreg_reserv.audit import trail, triggers
from befreg_reserv.audit.models import LogEntry
from custody import handouts
from custody.models import Handout, HandoutStep, ReserveNumber
from custody.steps import Event

ONCE = next(c for c in Handout._meta.constraints if c.name == "number_handed_out_once")


def unlock() -> None:
    """Let this process hand out as naive code would: read, then write, each by itself."""
    naive = inspect.unwrap(vars(handouts)["_hand_out"])  # without its transaction
    patch.object(handouts, "_hand_out", naive).start()
    patch.object(handouts, "_take", _take_unseen).start()
    patch.object(QuerySet, "select_for_update", just_select).start()


def just_select(rows: QuerySet[Any], **_how: object) -> QuerySet[Any]:
    """Return the rows, locking none."""
    return rows


def _take_unseen(number: ReserveNumber, event: Event) -> list[LogEntry]:
    """Take a number without looking whether somebody has."""
    ReserveNumber.objects.filter(pk=number.pk).update(taken_at=event.recorded_at)
    at = event.recorded_at
    changes: trail.Changes = {"taken_at": (None, at)}
    return [trail.entry(number, "leave_binder", actor=event.recorded_by, at=at, changes=changes)]


@contextmanager
def without_constraint() -> Iterator[None]:
    """Let the database take a number's second handout; afterwards no handout is left."""
    with triggers.lifted(connection):  # they would keep the duplicates for ever
        with connection.schema_editor() as editor:
            editor.remove_constraint(Handout, ONCE)
        try:
            yield
        finally:
            for model in (HandoutStep, Handout):
                model._base_manager.all()._raw_delete(connection.alias)
            ReserveNumber.objects.update(taken_at=None)
            with connection.schema_editor() as editor:
                editor.add_constraint(Handout, ONCE)
