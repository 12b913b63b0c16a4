"""The tabs above each page: the doors that a person's roles open."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from befreg_reserv import doors
from befreg_reserv.people.access import back_to, may
from befreg_reserv.people.models import User


def first_door(user: User) -> str | None:
    """Return the address name of the person's own door, or None without a role."""
    return next((door.address for door in doors.own() if may(user, door.own_to)), None)


def tabs(request: HttpRequest) -> dict[str, Any]:
    """Give templates the ``tabs`` that the person may open, the present one marked."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.must_change_password:
        return {"tabs": []}  # with a one-time password none of them opens
    shown: list[dict[str, Any]] = [
        {"label": door.label, "url": reverse(door.address)}
        for door in doors.from_the_left()
        if may(user, door.permission)
    ]
    # The overview's address begins with the binder's, so the longest one that fits is current.
    fitting = [tab["url"] for tab in shown if request.path.startswith(tab["url"])]
    return {"tabs": shown, "current_tab": max(fitting, key=len, default="")}


def here(request: HttpRequest) -> dict[str, str]:
    """Give templates the address ``here``, to which the frame's own forms lead back."""
    return {"here": back_to(request)}
