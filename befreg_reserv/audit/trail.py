"""Writes what no signal writes to the audit log: acts, reads, and many rows at once."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from auditlog.context import auditlog_value, set_extra_data
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from befreg_reserv.audit.acts import Logged, stored
from befreg_reserv.audit.middleware import correlation_id
from befreg_reserv.audit.models import LogEntry, standing_of, subject_of
from befreg_reserv.sql import batch

Changes = dict[str, tuple[Any, Any]]
Action = LogEntry.Action

# The request (its correlation id) in which an act was last committed.
_written_in: ContextVar[str | None] = ContextVar("written_in", default=None)


def mask(_value: str) -> str:
    """Return what the log shows instead of a secret."""
    return "******"


def entry(
    instance: models.Model,
    act: models.TextChoices,
    *,
    actor: models.Model | None,
    at: datetime,
    changes: Changes | None = None,
    action: int = Action.UPDATE,
) -> LogEntry:
    """Return an unsaved entry: ``actor`` did ``act`` to ``instance`` at ``at``.

    ``changes``: field → (before, after). The address and the request come from the context
    that django-auditlog's middleware keeps.
    """
    context, subject = auditlog_value.get({}), subject_of(instance)
    return LogEntry(
        content_type_id=ContentType.objects.get_for_model(instance).pk,
        object_pk="" if instance.pk is None else str(instance.pk),
        object_id=instance.pk,
        object_repr=str(instance),
        action=action,
        act=stored(act),
        changes={
            field: [_shown(value) for value in pair] for field, pair in (changes or {}).items()
        },
        actor_id=actor and actor.pk,
        timestamp=at,
        cid=correlation_id(),
        remote_addr=context.get("remote_addr"),
        remote_port=context.get("remote_port"),
        additional_data=context.get("additional_data"),
        **subject,
        **standing_of(actor, subject.get("unit", "")),
    )


def _shown(value: Any) -> str:
    return "None" if value is None else str(value)


def write(*entries: LogEntry) -> None:
    """Write entries in one statement, in the transaction of the change that they describe."""
    batch.insert(entries, with_keys=False)
    if any(entry.action != Action.ACCESS for entry in entries):
        transaction.on_commit(_note_commit)


def _note_commit() -> None:
    _written_in.set(correlation_id())


def has_written() -> bool:
    """Tell whether the current request has committed an act; reads don't count."""
    return correlation_id() is not None and _written_in.get() == correlation_id()


def record(instance: models.Model, act: models.TextChoices, **values: Any) -> None:
    """Write one entry. Arguments as for ``entry``."""
    write(entry(instance, act, **values))


def looked_at(
    request: HttpRequest, *instances: models.Model, act: models.TextChoices = Logged.ACCESS
) -> None:
    """Write that the signed-in person was shown these objects (patientdatalagen 4 kap. 3 §)."""
    now = timezone.now()
    write(
        *(
            entry(shown, act, actor=request.user, at=now, action=Action.ACCESS)  # type: ignore[arg-type]
            for shown in instances
        )
    )


@contextmanager
def command(name: str) -> Iterator[None]:
    """Mark what is written inside as done by a command, and by which system user."""
    try:
        system_user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        system_user = "?"
    try:
        with set_extra_data({"additional_data": {"command": name, "system_user": system_user}}):
            yield
    finally:
        # django-auditlog leaves its context set; the next command or test must not inherit it.
        auditlog_value.set({})


def by_command() -> str:
    """Return who runs the current command, for people: its name and the system user."""
    known = auditlog_value.get({}).get("additional_data") or {}
    return f"{known.get('command', '?')} ({known.get('system_user', '?')})"
