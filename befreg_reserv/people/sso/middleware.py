"""Each request of a session that the identity provider vouches for: whether it still does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.people.access import back_to, sent
from befreg_reserv.people.signing_in import idle
from befreg_reserv.people.signing_in.strong import STRONG
from befreg_reserv.people.sso import leaving, provider, views
from befreg_reserv.people.sso.models import Vouched

HELD = "vouched"  # on the request


class VouchedMiddleware:
    """Signs out of whom the provider has taken its word back; asks for a strong sign-in.

    Comes after the idle lock, which takes the user away: a locked session is asked about when it
    is unlocked. Other sessions cost nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; to somebody who was signed out, as to a stranger."""
        if request.user.is_authenticated and not _stays(request):
            logout(request)
            text = _("The identity provider has ended your session. Sign in again.")
            messages.info(request, text)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Send to the provider whose sign-in isn't strong enough for this form; keep its draft."""
        vouched: Vouched | None = getattr(request, HELD, None)
        if vouched is None or not getattr(view, STRONG, False) or sent(request) is None:
            return None
        if is_strong(vouched):
            return None
        onward = back_to(request)
        idle.keep_unsent(request, onward)
        return views.to_prove(request, onward)


def _stays(request: HttpRequest) -> bool:
    if views.VOUCHED not in request.session:
        return True
    vouched = views.vouched_of(request)
    if vouched is None or not leaving.still_holds(vouched, timezone.now()):
        return False
    setattr(request, HELD, vouched)
    return True


def is_strong(vouched: Vouched) -> bool:
    """Tell whether somebody has signed in strongly a moment ago, or nobody asks for that."""
    ours = provider.chosen()
    if not ours.strong:
        return True
    if vouched.acr not in ours.strong or vouched.proved_at is None:
        return False
    return vouched.proved_at > timezone.now() - timedelta(minutes=ours.strong_minutes)
