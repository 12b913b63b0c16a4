"""Sign-ins, sign-outs and failed tries, in the audit log."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import LogEntry

# On a request: of how many failed tries the line of the log tells, this one included; 0: no line,
# since who tries without being anybody would fill the log.
FAILURES = "failed_tries_told"
TRIES = "tries"  # in the entry, where it tells of several


def _signed_in(*, user: models.Model, **_kwargs: Any) -> None:
    _write(user, Logged.SIGN_IN)


def _signed_out(*, user: models.Model | None, **_kwargs: Any) -> None:
    if user:
        _write(user, Logged.SIGN_OUT)


def _failed(*, credentials: dict[str, Any], request: Any = None, **_kwargs: Any) -> None:
    """Only for a known vgr-id: what a stranger types may be somebody's password."""
    tries = getattr(request, FAILURES, 1)
    username = str(credentials.get("username", ""))
    known = get_user_model().objects.filter(username=username).first()
    if known and tries:
        _write(known, Logged.SIGN_IN_FAILED, {TRIES: (None, tries)} if tries > 1 else None)


def _write(
    user: models.Model, act: models.TextChoices, changes: trail.Changes | None = None
) -> None:
    actor, action = None if act == Logged.SIGN_IN_FAILED else user, LogEntry.Action.ACCESS
    trail.record(user, act, actor=actor, at=timezone.now(), changes=changes, action=action)


def connect() -> None:
    """Listen to Django's own signals."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit sign-out")
    user_login_failed.connect(_failed, dispatch_uid="audit failed sign-in")
