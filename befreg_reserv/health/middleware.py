"""Answers /live and /ready before any other part of the application is touched."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from befreg_reserv.health import checks


class HealthMiddleware:
    """First in the chain: it answers without session, host check or sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the two health addresses; pass everything else on."""
        if request.path_info == "/live":
            return JsonResponse({"live": True})
        if request.path_info == "/ready":
            failing = checks.failing()
            return JsonResponse(
                {"ready": not failing, "failing": failing}, status=503 if failing else 200
            )
        return self.get_response(request)
