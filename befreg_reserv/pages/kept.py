"""The page of the registers: what the hospital keeps up to date itself, each with its page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from befreg_reserv import doors
from befreg_reserv.people.access import guarded, may, person


@guarded("people.view_ward")
def index(request: HttpRequest) -> HttpResponse:
    """List the registers that the person may look at."""
    by = person(request)
    shown = [register for register in doors.kept() if may(by, register.permission)]
    context = {"registers": shown, "django_admin": settings.DJANGO_ADMIN and by.is_staff}
    return render(request, "registers.html", context)
