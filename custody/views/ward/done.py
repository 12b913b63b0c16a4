"""What a ward has finished: the list, and the same as a file."""

from collections.abc import Iterator
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.addresses import asks_for_drills, of_kind
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.lists import Uncounted
from befreg_reserv.making import csv_file
from befreg_reserv.people.access import guarded, person
from befreg_reserv.people.models import User
from befreg_reserv.serving.budget import long_work
from custody.afterwards.report import rows_csv
from custody.handouts.followup import ended_for, ended_rows
from custody.logged import Logged

PAGE_SIZE = 50
SEES_ROWS = "custody.view_handout"


@guarded(SEES_ROWS)
def ended_handouts(request: HttpRequest) -> HttpResponse:
    """List what is closed, voided or undone, the latest first."""
    drill = asks_for_drills(request)
    ended = ended_for(person(request), drill=drill)
    page = Uncounted(ended, PAGE_SIZE).get_page(request.GET.get("page"))
    looked_at(request, *page)
    return render(request, "custody/ward_done.html", {"page": page, "drill": drill})


@long_work
@guarded(SEES_ROWS)
def rows(request: HttpRequest) -> HttpResponseBase:
    """Return the list as a file; of many rows, the page that tells how far it is."""
    user, drill = person(request), asks_for_drills(request)
    order = csv_file.order(
        request,
        back=of_kind(reverse("ward:done"), drill=drill),
        permission=SEES_ROWS,
        name=_name(drill=drill),
        drill=drill,
        total=ended_rows(user, drill=drill).count(),
        parts=partial(_parts, request, user, drill=drill),
    )
    return csv_file.answer(request, order)


def _parts(request: HttpRequest, user: User, *, drill: bool) -> Iterator[tuple[int, str]]:
    """Yield the file in parts, with the handouts so far. What a part shows is logged before it."""
    words, done = rows_csv.Words.of(drill=drill), 0
    yield done, rows_csv.head(words)
    for handouts in rows_csv.chunks(ended_rows(user, drill=drill)):
        looked_at(request, *handouts, act=Logged.DONE_CSV)
        done += len(handouts)
        yield done, rows_csv.lines(handouts, words, [])


def _name(*, drill: bool) -> str:
    """Return what the file is called, ``avslutade-nummer-2026-11-22.csv``."""
    words = _("finished-numbers")
    name = f"{words}-{timezone.localdate().isoformat()}.csv"
    return f"{_('DRILL')}-{name}" if drill else name
