"""The outage's pages: list, start, note, end. Its story is custody's: ``custody.views.story``."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.addresses import own_address
from befreg_reserv.people.access import guarded, may, person, sent
from befreg_reserv.people.models import User
from befreg_reserv.times import moment
from outage import contacts, lifecycle, planning
from outage.checklist import Checklist, checklist
from outage.doubt_views import checklist_again
from outage.forms import EndForm, NoteForm, StartForm
from outage.lifecycle import Past
from outage.models import Outage
from outage.past_forms import PastForm
from outage.refusals import BadWindow, answers_refusals

PAGE_SIZE = 50
BAD_FORM = 400


@guarded("outage.view_outage")
def index(request: HttpRequest) -> HttpResponse:
    """List outages, the latest first."""
    page = Paginator(Outage.objects.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "checklists": _checklists(person(request), timezone.now())}
    return render(request, "outage/index.html", context)


@guarded("outage.run_outage", "POST")
def start(request: HttpRequest) -> HttpResponse:
    """Start an outage, or come to the one that somebody else started."""
    form = StartForm(request.POST)
    if not form.is_valid():
        return checklist_again(request, form)
    try:
        outage, new = lifecycle.start(by=person(request), at=clock.now(), **form.cleaned_data)
    except BadWindow as refusal:
        form.add_error("since", str(refusal.advice))
        return checklist_again(request, form)
    if not new:
        messages.info(request, _("The outage was already started. Your report is in its timeline."))
    return redirect(own_address(request.POST.get("next", "")) or outage)


@guarded("outage.run_outage", "GET", "POST")
@answers_refusals
def past(request: HttpRequest) -> HttpResponse:
    """Enter an outage that is over, and go on to what was handed out on paper in it."""
    form = PastForm(sent(request))
    if not form.is_valid():
        return _past(request, form)
    try:
        outage = planning.enter_past(
            Past(**form.cleaned_data), recorded_by=person(request), recorded_at=clock.now()
        )
    except lifecycle.NotPast:
        form.add_error("ended_at", _("It must have ended by now, and not before it began."))
        return _past(request, form)
    except lifecycle.TooLongAgo:
        form.add_error("started_at", _("It lies more than two years back. Check the year."))
        return _past(request, form)
    except lifecycle.AlreadyEntered as earlier:
        messages.info(request, _("This outage has been entered before. Nothing new was written."))
        return redirect("outage:late-entries", earlier.outage.pk)
    _point_out(request, lifecycle.overlapping(outage))
    return redirect("outage:late-entries", outage.pk)


def _past(request: HttpRequest, form: PastForm) -> HttpResponse:
    context = {"form": form, "drill": bool(form.data.get("drill"))}
    status = BAD_FORM if form.is_bound else 200
    return render(request, "outage/past.html", context, status=status)


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
    if not form.is_valid():
        return _again(request, outage, "outage/note.html", form)
    lifecycle.note(outage, by=person(request), at=clock.now(), **form.cleaned_data)
    messages.success(request, _("It stands in the timeline now."))
    return redirect(outage)


@guarded("outage.run_outage", "POST")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an outage."""
    outage = get_object_or_404(Outage, pk=pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _again(request, outage, "outage/end.html", form)
    try:
        lifecycle.end(outage, by=person(request), at=clock.now(), **form.cleaned_data)
    except lifecycle.AlreadyEnded:
        messages.info(request, _("Somebody had already ended the outage."))
    return redirect(outage)


def _checklists(user: User, at: datetime) -> list[Checklist]:
    """Return what the person may begin: the real outage and the drill, unless ongoing."""
    if not may(user, "outage.run_outage"):
        return []
    ongoing = set(Outage.objects.filter(ended_at__isnull=True).values_list("drill", flat=True))
    call = contacts.ask(at)
    return [
        checklist(drill=drill, at=at, call=call) for drill in (False, True) if drill not in ongoing
    ]


def _again(request: HttpRequest, outage: Outage, template: str, form: Form) -> HttpResponse:
    """Show the form that was filled in wrongly, on a page of its own."""
    context = {"outage": outage, "drill": outage.drill, "form": form}
    return render(request, template, context, status=BAD_FORM)
