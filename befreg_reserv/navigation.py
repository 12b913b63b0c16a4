"""The tabs above each page: the doors that a person's roles open."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.access import back_to, may
from befreg_reserv.people.models import User


class Tab(NamedTuple):
    """A door: where it leads, and the right that opens it."""

    label: str | Promise
    address: str
    permission: str


# In the order in which one is chosen as a person's own door: see ``first_door``.
TABS = (
    Tab(_("Overview"), "binder:overview", "people.view_ward"),
    Tab(_("Till"), "till:board", "custody.see_all_wards"),
    Tab(_("Ward"), "ward:open", "custody.view_handout"),
    Tab(_("Binder"), "binder:index", "custody.view_binder"),
    Tab(_("Outages"), "outage:index", "outage.view_outage"),
    Tab(_("Audit log"), "audit:log", "audit.view_logentry"),
    Tab(_("Wards"), "wards:index", "people.change_ward"),
    Tab(_("Registers"), "admin:index", "people.view_ward"),
)
# Who hands out stands at the till; who reviews, at the log; who refills, at the binder.
OWN_DOORS = (
    ("custody.hand_out", "till:board"),
    ("custody.load_binder", "binder:overview"),
    ("custody.close_handout", "ward:open"),
    ("audit.view_logentry", "audit:log"),
)


def first_door(user: User) -> str | None:
    """Return the address name of the person's own door, or None without a role."""
    return next((door for right, door in OWN_DOORS if may(user, right)), None)


def tabs(request: HttpRequest) -> dict[str, Any]:
    """Give templates the ``tabs`` that the person may open, the present one marked."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.must_change_password:
        return {"tabs": []}  # with a one-time password none of them opens
    shown: list[dict[str, Any]] = [
        {"label": tab.label, "url": reverse(tab.address)}
        for tab in TABS
        if may(user, tab.permission)
    ]
    # The overview lies below the binder: the longest address that fits is the one.
    fitting = [tab["url"] for tab in shown if request.path.startswith(tab["url"])]
    return {"tabs": shown, "current_tab": max(fitting, key=len, default="")}


def here(request: HttpRequest) -> dict[str, str]:
    """Give templates the address ``here``, to which the frame's own forms lead back."""
    return {"here": back_to(request)}
