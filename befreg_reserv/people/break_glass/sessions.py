"""Sessions of break-glass accounts: they end with the use, whoever has the browser."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.people.break_glass import keeping
from befreg_reserv.people.break_glass.models import Breaking
from befreg_reserv.people.models import User

GLASS: Final = "glass"  # in the session: the key of the use; on the request: the use itself


def _signed_in(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Note which use a session belongs to; 0, which is none, if the account isn't open."""
    if keeping.is_glass(user):
        use = keeping.ongoing_of(user, timezone.now())
        request.session[GLASS] = use.pk if use else 0
        setattr(request, GLASS, use)  # its page may be the answer to this very form


def connect() -> None:
    """Listen to sign-ins, whichever page they come from."""
    user_logged_in.connect(_signed_in, dispatch_uid="break-glass sign-in")


class GlassMiddleware:
    """Signs out whose use of a break-glass account is over. Other sessions cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; to somebody who was signed out, as to a stranger."""
        if request.user.is_authenticated and GLASS in request.session:
            use = Breaking.objects.filter(pk=request.session[GLASS]).first()
            if use and use.goes_on(timezone.now()):
                setattr(request, GLASS, use)
            else:
                logout(request)
                text = _("The break-glass account is closed: its time is over, or it was ended.")
                messages.info(request, text)
        return self.get_response(request)
