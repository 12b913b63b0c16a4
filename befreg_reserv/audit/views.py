"""The review page of the audit log."""

from django.http import HttpRequest, HttpResponse


def log(request: HttpRequest) -> HttpResponse:
    """List."""
    return HttpResponse("x")
