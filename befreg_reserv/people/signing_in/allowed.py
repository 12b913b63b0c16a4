"""Why a right password opens nothing, and whose secret is sealed: rooms above register it."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import User

Words = str | Promise
# Returns why, in words for that person, or "".
Reason = Callable[[User], Words]

_reasons: dict[str, Reason] = {}
_sealed: dict[str, Callable[[User], bool]] = {}


def register(reason: Reason) -> None:
    """Add a reason."""
    _reasons[f"{reason.__module__}.{reason.__qualname__}"] = reason


def why_not(user: User) -> Words:
    """Return the first reason why this person may not sign in with their password, or ""."""
    found = (reason(user) for reason in _reasons.values())
    return next((why for why in found if why), "")


class NobodysOwn(Refused):
    """The account is whoever opened its envelope: perhaps one of the two, a second time."""

    title = _("Sign in as yourself for this")
    advice = _(
        "This account was opened with an envelope, so nobody knows whose word it is. Somebody who"
        " is signed in as themselves can do it."
    )


def keep_sealed(belongs: Callable[[User], bool]) -> None:
    """Add sealed accounts, whose secrets their own room alone makes: ``belongs`` tells them."""
    _sealed[f"{belongs.__module__}.{belongs.__qualname__}"] = belongs


def is_sealed(user: User) -> bool:
    """Tell whether a person's secret lies in an envelope."""
    return any(belongs(user) for belongs in _sealed.values())


def check_is_somebody(user: User | None) -> None:
    """Raise NobodysOwn for whoever uses a sealed account."""
    if user and is_sealed(user):
        raise NobodysOwn


def is_local(user: User) -> bool:
    """Tell whether no identity provider may say that somebody is this person."""
    return user.is_superuser or is_sealed(user)
