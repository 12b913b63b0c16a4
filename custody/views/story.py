"""The outage's page: its story, what is open, and what to do next."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import guarded, may, person
from befreg_reserv.serving.budget import long_work
from custody.afterwards import sign_off
from custody.afterwards.open_items import OpenItem, open_items
from custody.afterwards.report import figures
from custody.afterwards.story.happening import Happening
from custody.afterwards.story.pages import PAGE_SIZE, page_of
from custody.handouts import doubles
from custody.models import DoubledNumber
from custody.planned import prepared
from custody.views import doubled
from custody.views.report import over_time
from outage.forms.outages import EndForm, NoteForm
from outage.models import Outage
from outage.plans import planning

MOST_OPEN = 10
OLDEST, LATEST = "oldest", "latest"


@long_work
@guarded("outage.view_outage")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an outage's story, as far as the person may see it.

    While it is ongoing, the latest comes first; afterwards, the oldest. A link reverses the order.
    """
    outage = get_object_or_404(Outage.objects.select_related("plan"), pk=pk)
    order = request.GET.get("order")
    if order not in {OLDEST, LATEST}:
        order = LATEST if outage.ongoing else OLDEST
    page = page_of(outage, person(request), request.GET.get("page"), latest_first=order == LATEST)
    context = {
        "outage": outage,
        "drill": outage.drill,
        **_planned(request, outage),
        "page": page,
        "order": order,
        "latest_first": order == LATEST,
        "other_order": OLDEST if order == LATEST else LATEST,
        "note_form": NoteForm(auto_id="note_%s"),
        "end_form": EndForm(auto_id="end_%s"),
        **_standing(outage),
        "doubled": doubled.shown(request, _alarms(request, outage)),
        **_over_time(request, outage),
        **_open(request, outage, list(page)),
    }
    return render(request, "custody/story.html", context)


def _alarms(request: HttpRequest, outage: Outage) -> QuerySet[DoubledNumber]:
    """Return the alarms of the outage that stand, as far as the person may see them."""
    return doubles.waiting_for(person(request)).filter(doubles.in_outage(outage))


def _planned(request: HttpRequest, outage: Outage) -> dict[str, Any]:
    """Return the plan if the person may see it, and whether they may see its prepared numbers."""
    if outage.plan is None:
        return {}
    seen = [planning.visible_to(person(request)), prepared.plans_seen_by(person(request))]
    shows, shows_numbers = (plans.filter(pk=outage.plan.pk).exists() for plans in seen)
    return {"plan": outage.plan if shows else None, "shows_prepared": shows_numbers}


def _over_time(request: HttpRequest, outage: Outage) -> dict[str, Any]:
    """Return the drawing and its figures, if the person may see every ward's handouts."""
    if not may(person(request), "custody.see_all_wards"):
        return {}
    return over_time(figures.curve(outage, timezone.now()))


def _standing(outage: Outage) -> dict[str, Any]:
    """Return the latest sign-off, and what is missing for another."""
    return {
        "signed_off": outage.sign_offs.select_related("by").last(),
        "missing": [] if outage.ongoing else sign_off.missing(outage),
    }


def _open(request: HttpRequest, outage: Outage, entries: list[Happening]) -> dict[str, Any]:
    """Return the open items that have waited longest; log the look at them and the entries."""
    waiting = open_items(outage, person(request), None, MOST_OPEN)
    _log(request, [*waiting, *entries])
    return {"open": waiting}


def _log(request: HttpRequest, items: list[OpenItem | Happening]) -> None:
    """Log the look at the numbers shown, each once."""
    once = {(type(row.shown), row.shown.pk): row.shown for row in items if row.shown}
    looked_at(request, *once.values())


@long_work
@guarded("outage.view_outage")
def open_page(request: HttpRequest, pk: int) -> HttpResponse:
    """List all open items of an outage, as far as the person may see them."""
    outage = get_object_or_404(Outage, pk=pk)
    page = open_items(outage, person(request), request.GET.get("page"), PAGE_SIZE)
    _log(request, list(page))
    context = {"outage": outage, "drill": outage.drill, "page": page}
    return render(request, "custody/open_items.html", context)
