"""The front door, and the pages for when something is wrong."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from befreg_reserv.pages import unanswered
from befreg_reserv.pages.navigation import first_door
from befreg_reserv.pages.straight import comes_straight
from befreg_reserv.people.access import guarded, person


@comes_straight
@guarded(None)
def door(request: HttpRequest) -> HttpResponse:
    """Send each person to the door of their role."""
    address = first_door(person(request))
    return redirect(address) if address else render(request, "no_role.html", status=403)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request made no sense."""
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The role doesn't allow it."""
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page, or another ward's."""
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke. The page asks nothing of the database, which may be what broke.

    Django calls this wherever it was raised: in a view, in a middleware, in another of these pages.
    """
    error = sys.exc_info()[1]
    if isinstance(error, unanswered.FAULTS):
        return unanswered.page(request, error)
    from django.template import loader  # noqa: PLC0415

    return HttpResponse(loader.get_template("500.html").render(), status=500)


def csrf_failure(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """The form was too old, or came from elsewhere. Nothing was done.

    A person who has unlocked in another tab doesn't need the lock page's form, and goes on.
    """
    if request.user.is_authenticated and request.path == reverse("locked"):
        return redirect(request.get_full_path())
    return render(request, "csrf.html", status=403)
