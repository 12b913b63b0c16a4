"""The checklist's two acts: tick a point, and clear the doubt."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import carry_out, event, status_of
from befreg_reserv.addresses import own_address
from befreg_reserv.people.access import guarded
from outage import doubt, lifecycle
from outage.checklist import checklist
from outage.forms.doubt import TickForm
from outage.forms.outages import StartForm
from outage.models import Doubt
from outage.refusals import NoLongerInDoubt


@guarded("outage.run_outage", "POST")
def tick(request: HttpRequest) -> HttpResponse:
    """Tick a point; somebody may have ticked it, or started the outage, meanwhile."""
    form = TickForm(request.POST)
    try:
        if not carry_out(form, lambda: doubt.tick(event=event(request), **form.cleaned_data)):
            return checklist_again(request, form)
    except NoLongerInDoubt as refusal:
        return _too_late(request, refusal, form.cleaned_data["text"])
    return redirect(own_address(request.POST.get("next", "")) or "door")


@guarded("outage.run_outage", "POST")
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a doubt: Befreg works."""
    if doubt.clear(get_object_or_404(Doubt, pk=pk), event(request)).new:
        messages.success(request, _("Noted: Befreg works. The checklist begins anew."))
    else:
        messages.info(request, _("Somebody was here before you: that doubt is closed already."))
    return redirect(own_address(request.POST.get("next", "")) or "door")


def _too_late(request: HttpRequest, refusal: NoLongerInDoubt, found: str) -> HttpResponse:
    """Write what was found to the timeline of the outage that somebody has started meanwhile."""
    if found:
        lifecycle.note(refusal.outage, event(request), text=found)
        message = _("The outage has been started meanwhile. What you wrote is in its timeline.")
    else:
        message = _("The outage has been started meanwhile. Nothing was ticked.")
    messages.info(request, message)
    return redirect(refusal.outage)


def checklist_again(request: HttpRequest, form: TickForm | StartForm) -> HttpResponse:
    """Show the checklist on a page of its own, with the form that was filled in wrongly."""
    drill = form.cleaned_data.get("drill", False)
    shown = checklist(drill=drill, at=timezone.now(), failed=form)
    context = {"checklist": shown, "drill": drill, "wrong": form}
    return render(request, "outage/start.html", context, status=status_of(form))
