"""The administrator's overview: what must be done, what is left, what is still open."""

from datetime import datetime
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
from befreg_reserv.people.access import guarded
from befreg_reserv.people.wards.register import people_without, waiting
from custody.binder import contents, journal_news, quarantine
from custody.calls import callers, unmet
from custody.counts import schedule, settle
from custody.forms.binder import ExplainForm
from custody.forms.till import CallerForm
from custody.handouts import doubles, reminders
from custody.handouts.followup import open_by_ward
from custody.journal import marks
from custody.models import CountLine, ForeignSheet, Quarantine
from custody.paper import from_journal
from custody.paper.from_journal import OwedStep
from custody.views import doubled
from custody.views.refused import answers_refusals
from outage.calling import contacts
from outage.routine.worries import worries

MOST_WAITING = 20  # the longest waiting; the others follow as these are settled
MOST_GAPS = 10  # the first; others follow as these are mended
MOST_DATES = 5  # a binder has one birth date, a hospital a binder or two

# What waits for the administrator, by its name in the page.
TO_DO = (
    *("missing", "unknown_callers", "without_number", "surplus", "foreign", "due", "wards_waiting"),
    *("people_without_ward", "without_address", "unreached", "not_kept", "worries", "gaps"),
)


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
    missing = quarantine.unexplained(training=drill)
    surplus = list(settle.waiting().filter(number__training=drill))
    foreign = list(settle.foreign_waiting().filter(count__binder__training=drill))
    owed = from_journal.owed_steps(training=drill)
    looked_at(request, *{row.handout for row in owed[:MOST_WAITING]})
    if drill:
        return _of_drills(request, failed, missing, surplus, foreign, owed)
    unknown = list(callers.unknown())
    without_number = list(unmet.in_reality()[:MOST_WAITING])
    looked_at(request, *missing, *surplus, *foreign, *unknown, *without_number)
    loops = open_by_ward(timezone.now())
    stock = contents.stock(training=False, with_tabs=True)
    context: dict[str, Any] = {
        "missing": _explained(missing, failed),
        "unknown_callers": [
            (call, _form(CallerForm, f"caller_{call.pk}_%s", failed)) for call in unknown
        ],
        "doubled": doubled.shown(request, doubles.waiting().filter(second__outage__drill=False)),
        "without_number": without_number,
        "surplus": surplus,
        "foreign": foreign,
        "drill": False,
        "backup": last.age(timezone.now()),
        "journal": journal_news.now(training=False),
        "doubts": marks.standing(training=False),
        "owed": owed,
        "due": _due(training=False),
        "wards_waiting": waiting().count(),
        "people_without_ward": people_without().count(),
        "stock": stock,
        "supplies": contents.supplies(contents.birth_dates(MOST_DATES)).items(),
        "loops": loops,
        **_routine_and_contacts(timezone.now()),
        "without_address": [row.ward for row in loops if not row.ward.email],
        "unreached": reminders.unreached([row.ward for row in loops]),
    }
    context["to_do"] = any(context[name] for name in TO_DO) or stock.low
    return render(request, "custody/overview.html", context, status=status_of(failed))


def _routine_and_contacts(now: datetime) -> dict[str, Any]:
    """Return what is wrong with the routine, and of whom that it names no number is kept."""
    not_kept = contacts.not_kept()
    found = worries(timezone.localdate(now), contacts.calls(now))
    gaps = [gap for gap in contacts.gaps(now) if gap.purpose not in found.silent]
    return {
        "worries": found,
        "gaps": gaps[:MOST_GAPS],
        "silent": [purpose.label for purpose in found.silent if purpose not in not_kept],
        "not_kept": [purpose.label for purpose in not_kept],
    }


def _of_drills(
    request: HttpRequest,
    failed: BaseForm | None,
    missing: list[Quarantine],
    surplus: list[CountLine],
    foreign: list[ForeignSheet],
    owed: list[OwedStep],
) -> HttpResponse:
    """Show what drills have left to do."""
    looked_at(request, *missing, *surplus, *foreign)
    context: dict[str, Any] = {
        "drill": True,
        "missing": _explained(missing, failed),
        "surplus": surplus,
        "foreign": foreign,
        "due": _due(training=True),
        "doubled": doubled.shown(request, doubles.waiting().filter(second__outage__drill=True)),
        "backup": last.age(timezone.now()),
        "journal": journal_news.now(training=True),
        "doubts": marks.standing(training=True),
        "owed": owed,
    }
    context["to_do"] = any(context[name] for name in ("missing", "surplus", "foreign", "due"))
    return render(request, "custody/overview.html", context, status=status_of(failed))


def _explained(
    missing: list[Quarantine], failed: BaseForm | None
) -> list[tuple[Quarantine, BaseForm]]:
    return [(row, _form(ExplainForm, f"explain_{row.pk}_%s", failed)) for row in missing]


def _due(*, training: bool) -> list[schedule.Due]:
    return [each for each in schedule.due(timezone.now()) if each.binder.training == training]


def _form(kind: type[BaseForm], ids: str, failed: BaseForm | None) -> BaseForm:
    """Return the form of a row by the ids of its fields: the one that failed, or an empty one."""
    return failed if failed and failed.auto_id == ids else kind(auto_id=ids)
