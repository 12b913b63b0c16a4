"""Asks once more by itself when the connection to the database was lost: with the same key.

So a till whose COMMIT got no reply still gets its number, if there is time and a database.
"""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

from befreg_reserv import deadline
from befreg_reserv.pages import unanswered

LEAST_SECONDS = 0.5  # less is no time for a second answer


class OnceMoreMiddleware:
    """Calls a view again, once, if that can do nothing twice. Must be the last middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the work is in ``process_exception``."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the second answer, or None when there is to be none."""
        if not unanswered.in_doubt(error) or deadline.left() < LEAST_SECONDS:
            return None
        match = request.resolver_match
        if match is None or not unanswered.may_be_asked_again(request):
            return None
        connection.close()
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer
