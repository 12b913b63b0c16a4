"""The outage's pages: list, start, note, end. Its story is custody's: ``custody.views.story``."""

from datetime import datetime

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.acts.answers import (
    answers_refusals,
    carry_out,
    event,
    point_out,
    say_understood,
    status_of,
)
from befreg_reserv.addresses import asks_for_drills, own_address
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import guarded, may, person, sent
from befreg_reserv.people.models import User
from befreg_reserv.times import moment
from outage import lifecycle
from outage.calling import contacts
from outage.checklist import Checklist, checklist
from outage.forms.outages import EndForm, NoteForm, StartForm
from outage.forms.past import PastForm
from outage.lifecycle import Past
from outage.models import Outage
from outage.plans import planning
from outage.views.doubt import checklist_again

PAGE_SIZE = 50


@guarded("outage.view_outage")
def index(request: HttpRequest) -> HttpResponse:
    """List outages, the latest first."""
    drill = asks_for_drills(request)
    page = Uncounted(Outage.objects.filter(drill=drill), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "drill": drill,
        "checklists": _checklists(person(request), timezone.now(), drill=drill),
    }
    return render(request, "outage/index.html", context)


@guarded("outage.run_outage", "POST")
def start(request: HttpRequest) -> HttpResponse:
    """Start an outage, or redirect to the one that somebody else has started."""
    form = StartForm(request.POST)
    done = carry_out(form, lambda: lifecycle.start(event(request), **form.details))
    if done is None:
        return checklist_again(request, form)
    say_understood(request, form)
    point_out(request, form)
    if not done.new:
        messages.info(request, _("The outage was already started. Your report is in its timeline."))
    return redirect(own_address(request.POST.get("next", "")) or done.row)


@guarded("outage.run_outage", "GET", "POST")
@answers_refusals
def past(request: HttpRequest) -> HttpResponse:
    """Enter an outage that is over; the next page is for what was handed out on paper."""
    form = PastForm(sent(request), now=clock.now())
    done = carry_out(form, lambda: planning.enter_past(Past(**form.cleaned_data), event(request)))
    if done is None:
        context = {"form": form, "drill": bool(form.data.get("drill"))}
        return render(request, "outage/past.html", context, status=status_of(form))
    say_understood(request, form)
    if done.new:
        _point_out(request, lifecycle.overlapping(done.row))
    else:
        messages.info(request, _("This outage has been entered before. Nothing new was written."))
    return redirect("outage:late-entries", done.row.pk)


def _point_out(request: HttpRequest, others: list[Outage]) -> None:
    if others:
        began = {"times": ", ".join(moment(other.started_at) for other in others)}
        messages.warning(
            request, _("Another outage lies in the same time. It began: %(times)s.") % began
        )


@guarded("outage.run_outage", "POST")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a note."""
    outage = get_object_or_404(Outage, pk=pk)
    form = NoteForm(request.POST)
    if not carry_out(form, lambda: lifecycle.note(outage, event(request), **form.cleaned_data)):
        return _again(request, outage, "outage/note.html", form)
    messages.success(request, _("It stands in the timeline now."))
    return redirect(outage)


@guarded("outage.run_outage", "POST")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an outage."""
    outage = get_object_or_404(Outage, pk=pk)
    form = EndForm(request.POST)
    done = carry_out(form, lambda: lifecycle.end(outage, event(request), **form.cleaned_data))
    if done is None:
        return _again(request, outage, "outage/end.html", form)
    if not done.new:
        messages.info(request, _("Somebody had already ended the outage."))
    return redirect(outage)


def _checklists(user: User, at: datetime, *, drill: bool) -> list[Checklist]:
    """Return the checklist of what the person may start, an outage or a drill, unless ongoing."""
    ongoing = Outage.objects.filter(ended_at__isnull=True, drill=drill)
    if not may(user, "outage.run_outage") or ongoing.exists():
        return []
    return [checklist(drill=drill, at=at, call=contacts.ask(at))]


def _again(request: HttpRequest, outage: Outage, template: str, form: Form) -> HttpResponse:
    """Show the form that was filled in wrongly, on a page of its own."""
    context = {"outage": outage, "drill": outage.drill, "form": form}
    return render(request, template, context, status=status_of(form))
