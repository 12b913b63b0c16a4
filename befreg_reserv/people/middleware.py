"""The person's language, their one-time password, and no pages kept in a shared browser."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation

from befreg_reserv.people.access import back_to, sent_to
from befreg_reserv.people.signing_in import idle, passwords
from befreg_reserv.people.signing_in.idle import IDLE, LOCKED

Handler = Callable[[HttpRequest], HttpResponse]
KNOWN = {code for code, _name in settings.LANGUAGES}


class PersonMiddleware(AuthenticationMiddleware):
    """Says whose request it is: the person themselves.

    Django's own gives an object that asks for them when it is needed. Here the next middleware
    needs them, and then everything else that is asked of a person would go through that object.
    Nor is it there when the database gave no answer: whoever looked at it would ask once more.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Ask for the person of the session."""
        request.user = get_user(request)


class LanguageMiddleware:
    """Speaks the signed-in person's language, else the cookie's, else Swedish.

    The browser's own language isn't asked: the ward's workstations are set up in all kinds.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in that language."""
        language = _chosen(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


def _chosen(request: HttpRequest) -> str:
    own = request.user.language if request.user.is_authenticated else ""
    here = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    # On the lock page somebody else may be reading, who can only change the workstation's.
    wanted = {None: (own, here), IDLE: (here, own)}.get(request.session.get(LOCKED), (here,))
    return next((code for code in wanted if code in KNOWN), settings.LANGUAGE_CODE)


class NoStoreMiddleware:
    """Forbids keeping any page: workstations are shared and pages hold patients' numbers."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with ``Cache-Control: no-store``."""
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class OwnPasswordMiddleware:
    """Leads whoever has a one-time password to the page on which it is changed.

    Comes after the idle lock, which takes the user away. What a locked session may reach, this one
    may reach too: language, lock, change of user, sign-out.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; see ``process_view``."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Redirect from any other page. A form isn't executed, but its draft may be kept."""
        if not request.user.is_authenticated or not request.user.must_change_password:
            return None
        if getattr(view, idle.REACHED, False) or getattr(view, passwords.CHANGES, False):
            return None
        back = back_to(request)
        idle.keep_unsent(request, back)
        return sent_to(request, "password", back)
