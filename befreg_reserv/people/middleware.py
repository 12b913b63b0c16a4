"""The person's own language, and nothing of theirs left in a shared browser's cache."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from befreg_reserv.people.idle import IDLE, LOCKED

Handler = Callable[[HttpRequest], HttpResponse]
KNOWN = {code for code, _name in settings.LANGUAGES}


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
    # On the lock page somebody else may be reading, who can change the workstation's only.
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
