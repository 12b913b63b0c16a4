"""Headers that keep other sites apart from ours; Django and its kept packages set the others."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Nobody else's page may load anything of ours, and ours loads nothing that doesn't say it may.
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


class ApartMiddleware:
    """Sets the headers on each answer, files too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with them."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
