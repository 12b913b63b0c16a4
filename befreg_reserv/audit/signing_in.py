"""Sign-ins, sign-outs and failed tries, in the audit log."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import LogEntry


def _signed_in(*, user: models.Model, **_kwargs: Any) -> None:
    _write(user, Logged.SIGN_IN)


def _signed_out(*, user: models.Model | None, **_kwargs: Any) -> None:
    if user:
        _write(user, Logged.SIGN_OUT)


def _failed(*, credentials: dict[str, Any], **_kwargs: Any) -> None:
    """Only for a known vgr-id: what a stranger types may be somebody's password."""
    username = str(credentials.get("username", ""))
    known = get_user_model().objects.filter(username=username).first()
    if known:
        _write(known, Logged.SIGN_IN_FAILED)


def _write(user: models.Model, act: models.TextChoices) -> None:
    actor = None if act == Logged.SIGN_IN_FAILED else user
    trail.record(user, act, actor=actor, at=timezone.now(), action=LogEntry.Action.ACCESS)


def connect() -> None:
    """Listen to Django's own signals."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit sign-out")
    user_login_failed.connect(_failed, dispatch_uid="audit failed sign-in")
