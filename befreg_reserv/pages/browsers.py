"""What browsers refused on our pages: where they say it, and where it is shown."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from befreg_reserv import doors
from befreg_reserv.doors import Kept
from befreg_reserv.health import browsers
from befreg_reserv.health.models import BrowserReport
from befreg_reserv.people.access import guarded
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import idle
from befreg_reserv.to_do import waiting
from befreg_reserv.to_do.waiting import Asked, Waiting

LATELY = timedelta(days=7)
MAY_SEE = "audit.view_logentry"


@require_POST
@csrf_exempt  # browsers send no token with it
@idle.reached_when_locked
@idle.not_activity
def report(request: HttpRequest) -> HttpResponse:
    """A browser says what it refused. The answer is the same whatever it says."""
    known = request.user.is_authenticated
    if _length(request) <= browsers.MOST_BYTES and browsers.gates[known].passes():
        found = browsers.read(request.body)
        if found:
            browsers.note(found, timezone.now(), known=known)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


@guarded(MAY_SEE)
def index(request: HttpRequest) -> HttpResponse:
    """What was refused, by people who were signed in first."""
    context = {"reports": BrowserReport.objects.all(), "other": browsers.OTHER}
    return render(request, "browsers.html", context)


def lately(asked: Asked) -> Iterator[Waiting]:
    """Yield that browsers of people who were signed in refused something. Strangers raise none."""
    count = browsers.of_people(asked.now - LATELY)
    text = ngettext(
        "In the last week browsers refused %(count)d thing that a page of ours tried to load or"
        " run.",
        "In the last week browsers refused %(count)d things that pages of ours tried to load or"
        " run.",
        count,
    )
    if count:
        yield Waiting(
            _("Browsers"),
            Role.ADMINISTRATOR.label,
            text % {"count": count},
            address=asked.to(reverse("browsers"), MAY_SEE),
            leads=_("See which"),
        )


def register() -> None:
    """Put the page on that of the registers, and on the overview when there is something."""
    about = gettext_lazy("What browsers refused to load or run on our pages, and where.")
    doors.keep(Kept(gettext_lazy("What browsers refused"), about, "browsers", MAY_SEE, 95))
    waiting.register(190, lately)
