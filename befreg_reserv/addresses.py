"""Addresses to go to that come with a form, and those of lists of drills.

An address from a form is used only when it leads to our own pages.
"""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_address(target: str) -> str:
    """Return ``target`` if it is the path of a page of ours, else "".

    It must begin with a slash: Django's ``redirect`` takes a bare word for the name of a view.
    """
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if ours else ""


DRILLS = "drill"


def asks_for_drills(request: HttpRequest) -> bool:
    """Tell whether a list is asked for with what belongs to drills, which no real list has."""
    return DRILLS in request.GET


def of_kind(address: str, *, drill: bool) -> str:
    """Return the address of a list of reality, or of the same list of drills."""
    return f"{address}?{DRILLS}=1" if drill else address
