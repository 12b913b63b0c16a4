"""The administrator's overview: what must be done, what is left, what is still open."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import event, status_of
from befreg_reserv.addresses import asks_for_drills, of_kind
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.backups import last
from befreg_reserv.people.access import guarded, person
from befreg_reserv.to_do import installation
from befreg_reserv.to_do.waiting import Asked, Waiting, everything
from custody.binder import contents, journal_news, quarantine
from custody.calls import callers
from custody.forms.binder import ExplainForm
from custody.forms.till import CallerForm
from custody.handouts import doubles
from custody.handouts.followup import open_by_ward
from custody.journal import marks
from custody.models import Quarantine
from custody.paper import from_journal
from custody.views import doubled
from custody.views.refused import answers_refusals

MOST_SHOWN = 20  # missing steps; the others follow as these are entered
MOST_DATES = 5  # a binder has one birth date, a hospital a binder or two


@guarded("people.view_ward")
def overview(request: HttpRequest) -> HttpResponse:
    """Show what must be done, the stock, the supply and the open loops.

    What drills have left to do has a page of its own.
    """
    return _page(request, drill=asks_for_drills(request))


@guarded("custody.explain_quarantine", "POST")
@answers_refusals
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Record where a missing sheet was."""
    row = get_object_or_404(Quarantine.objects.select_related("number"), pk=pk)
    drill = row.number.training
    form = ExplainForm(request.POST, auto_id=f"explain_{pk}_%s")
    if not form.is_valid():
        return _page(request, form, drill=drill)
    quarantine.explain(pk, event(request), explanation=form.cleaned_data["reason"])
    messages.success(request, _("The missing sheet is explained. Its number stays spent."))
    return redirect(of_kind(reverse("binder:overview"), drill=drill))


@guarded("custody.find_caller", "POST")
@answers_refusals
def caller(request: HttpRequest, pk: int) -> HttpResponse:
    """Record whose call it was, when the caller didn't know the vgr-id."""
    get_object_or_404(callers.unknown().model, pk=pk)
    form = CallerForm(request.POST, auto_id=f"caller_{pk}_%s")
    if not form.is_valid():
        return _page(request, form)
    callers.find_out(pk, form.cleaned_data["caller"], event(request))
    messages.success(request, _("The caller is known now."))
    return redirect("binder:overview")


def _page(
    request: HttpRequest, failed: BaseForm | None = None, *, drill: bool = False
) -> HttpResponse:
    asked = Asked(person(request), timezone.now(), drill)
    found = everything(asked)
    steps = [] if drill else installation.steps(asked)
    waiting = installation.said_by_none(found.waiting, steps)
    owed = from_journal.owed_steps(training=drill)
    looked_at(request, *(each.shown for each in waiting if each.shown))
    looked_at(request, *{row.handout for row in owed[:MOST_SHOWN]})
    context: dict[str, Any] = {
        "drill": drill,
        "to_do": [(each, _form(each, failed)) for each in waiting],
        "steps": steps,
        "more": found.more,
        "doubled": doubled.shown(request, doubles.waiting().filter(second__outage__drill=drill)),
        "journal": journal_news.now(training=drill),
        "doubts": marks.standing(training=drill),
        "owed": owed,
    }
    context["alarms"] = _alarms(context)
    if not drill:
        context |= _of_reality(asked)
    return render(request, "custody/overview.html", context, status=status_of(failed))


def _alarms(context: dict[str, Any]) -> bool:
    """Tell whether the page begins with an alarm."""
    news = context["journal"]
    return bool(
        news.trouble or news.restored or context["doubled"] or context["doubts"] or context["owed"]
    )


def _of_reality(asked: Asked) -> dict[str, Any]:
    """Return what drills have no part in: the stock, the supply, what is open, the backup."""
    return {
        "backup": last.age(asked.now),
        "stock": contents.stock(training=False, with_tabs=True),
        "supplies": contents.supplies(contents.birth_dates(MOST_DATES)).items(),
        "loops": open_by_ward(asked.now),
    }


def _form(entry: Waiting, failed: BaseForm | None) -> BaseForm | None:
    """Return the form of what waits: the one that failed, or an empty one; None without one."""
    if failed and failed.auto_id == entry.ids:
        return failed
    return entry.form(auto_id=entry.ids) if entry.form else None
