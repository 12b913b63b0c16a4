"""The checklist's two acts: tick points, and clear the doubt."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from befreg_reserv.acts.answers import carry_out, event, point_out, status_of
from befreg_reserv.addresses import own_address
from befreg_reserv.people.access import guarded
from outage import doubt, lifecycle
from outage.checklist import checklist
from outage.forms.doubt import PointsForm, TickForm
from outage.forms.outages import StartForm
from outage.models import Doubt, Tick
from outage.refusals import NoLongerInDoubt


@guarded("outage.run_outage", "POST")
def tick(request: HttpRequest) -> HttpResponse:
    """Tick points; somebody may have ticked them, or started the outage, meanwhile."""
    form = TickForm(request.POST)
    try:
        done = carry_out(form, lambda: doubt.tick(form.checked, event(request), **form.said))
    except NoLongerInDoubt as refusal:
        return _too_late(request, refusal, form)
    point_out(request, form)
    if request.htmx:  # type: ignore[attr-defined]
        return _points(request, drill=form.cleaned_data["drill"])
    if done is None:
        return checklist_again(request, form)
    if since := request.POST.get("since"):  # for the start, which may come next
        return checklist_again(request, StartForm(initial=form.said | {"since": since, "text": ""}))
    return redirect(own_address(request.POST.get("next", "")) or "door")


@guarded("outage.run_outage", "POST")
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a doubt: Befreg works."""
    form, opened = PointsForm(request.POST), get_object_or_404(Doubt, pk=pk)
    if not form.is_valid():
        return checklist_again(request, form)
    point_out(request, form)
    found = form.cleaned_data["text"]
    if doubt.clear(opened, event(request), items=form.checked, text=found).new:
        messages.success(request, _("Noted: Befreg works. The checklist begins anew."))
    else:
        messages.info(request, _("Somebody was here before you: that doubt is closed already."))
        if found:
            messages.warning(
                request, _("What you wrote was not recorded: %(text)s") % {"text": found}
            )
    return redirect(own_address(request.POST.get("next", "")) or "door")


def _too_late(request: HttpRequest, refusal: NoLongerInDoubt, form: TickForm) -> HttpResponse:
    """Write what was found to the timeline of the outage that somebody has started meanwhile."""
    recorded = Tick.objects.filter(doubt__outage=refusal.outage, skipped=False)
    known = set(recorded.values_list("item", flat=True))
    left = [item for item in form.checked if item not in known]
    # Nothing is left when the form that started the outage has overtaken the tick.
    if found := doubt.in_words(left, form.cleaned_data["text"]):
        lifecycle.note(refusal.outage, event(request), text=found)
        text = _(
            "The outage has been started meanwhile. What you ticked or wrote is in its timeline."
        )
        messages.info(request, text)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    return redirect(refusal.outage)


def _points(request: HttpRequest, *, drill: bool) -> HttpResponse:
    """Show the points alone, for a page that keeps its note and its focus."""
    shown = checklist(drill=drill, at=timezone.now())
    context = {"checklist": shown, "with_keys": request.POST.get("with_keys")}
    return render(request, "outage/_points_anew.html", context)


def checklist_again(request: HttpRequest, form: PointsForm) -> HttpResponse:
    """Show the checklist on a page of its own, with the form that was filled in, or wrongly."""
    drill = form.cleaned_data.get("drill", False) if form.is_bound else form.initial["drill"]
    shown = checklist(drill=drill, at=timezone.now(), failed=form)
    context = {"checklist": shown, "drill": drill, "wrong": form}
    return render(request, "outage/start.html", context, status=status_of(form))
