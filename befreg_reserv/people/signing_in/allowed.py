"""Reasons why a right password opens nothing, which rooms above register at start."""

from collections.abc import Callable

from django.utils.functional import Promise

from befreg_reserv.people.models import User

Words = str | Promise
# Returns why, in words for that person, or "".
Reason = Callable[[User], Words]

_reasons: dict[str, Reason] = {}
_local: dict[str, Callable[[User], bool]] = {}


def register(reason: Reason) -> None:
    """Add a reason."""
    _reasons[f"{reason.__module__}.{reason.__qualname__}"] = reason


def why_not(user: User) -> Words:
    """Return the first reason why this person may not sign in with their password, or ""."""
    found = (reason(user) for reason in _reasons.values())
    return next((why for why in found if why), "")


def keep_local(belongs: Callable[[User], bool]) -> None:
    """Add accounts that sign in here alone: ``belongs`` tells whether a person's is one."""
    _local[f"{belongs.__module__}.{belongs.__qualname__}"] = belongs


def is_local(user: User) -> bool:
    """Tell whether no identity provider may say that somebody is this person."""
    return user.is_superuser or any(belongs(user) for belongs in _local.values())
