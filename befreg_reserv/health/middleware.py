"""Answers /live, /ready and /metrics before any other part of the application is touched."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from befreg_reserv.health import checks, metrics


class HealthMiddleware:
    """First in the chain: it answers without session, host check or sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer these addresses; pass everything else on, /metrics without its token too."""
        if request.path_info == "/live":
            return JsonResponse({"live": True})
        if request.path_info == "/ready":
            failing = checks.failing()
            return JsonResponse(
                {"ready": not failing, "failing": failing}, status=503 if failing else 200
            )
        if request.path_info == "/metrics" and metrics.may_read(request):
            return HttpResponse(metrics.page(), content_type=CONTENT_TYPE_LATEST)
        return self.get_response(request)
