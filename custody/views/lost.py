"""The handouts that a restored backup had forgotten, to be entered again."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import guarded
from custody.binder import restoration

PAGE_SIZE = 50


@guarded("custody.view_binder")
def lost(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """List them with what the journal knows of each, and a link to enter it."""
    pages = Paginator(restoration.lost_handouts().filter(training=drill), PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    looked_at(request, *page)
    context = {"page": page, "restored": restoration.standing(training=drill), "drill": drill}
    return render(request, "custody/lost.html", context)
