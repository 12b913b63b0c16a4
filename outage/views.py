"""The outage's pages: list, story, start, note, end."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.addresses import own_address
from befreg_reserv.people.access import guarded, person
from outage import lifecycle
from outage.forms import EndForm, NoteForm, StartForm
from outage.models import Outage

PAGE_SIZE = 50
BAD_FORM = 400


@guarded("outage.view_outage")
def index(request: HttpRequest) -> HttpResponse:
    """List outages, the latest first."""
    page = Paginator(Outage.objects.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "outage/index.html", {"page": page, "start_form": StartForm()})


@guarded("outage.run_outage", "POST")
def start(request: HttpRequest) -> HttpResponse:
    """Start an outage, or come to the one that somebody else started."""
    form = StartForm(request.POST)
    if not form.is_valid():
        return render(request, "outage/start.html", {"start_form": form}, status=BAD_FORM)
    outage, new = lifecycle.start(by=person(request), at=timezone.now(), **form.cleaned_data)
    if not new:
        messages.info(request, _("The outage was already started. Your report is in its timeline."))
    return redirect(own_address(request.POST.get("next", "")) or outage)


@guarded("outage.view_outage")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one outage and its timeline."""
    outage = get_object_or_404(Outage, pk=pk)
    return _page(request, outage)


@guarded("outage.run_outage", "POST")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a note."""
    outage = get_object_or_404(Outage, pk=pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, outage, note_form=form)
    lifecycle.note(outage, by=person(request), at=timezone.now(), **form.cleaned_data)
    return redirect(outage)


@guarded("outage.run_outage", "POST")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an outage."""
    outage = get_object_or_404(Outage, pk=pk)
    form = EndForm(request.POST)
    if not form.is_valid():
        return _page(request, outage, end_form=form)
    try:
        lifecycle.end(outage, by=person(request), at=timezone.now(), **form.cleaned_data)
    except lifecycle.AlreadyEnded:
        messages.info(request, _("Somebody had already ended the outage."))
    return redirect(outage)


def _page(
    request: HttpRequest,
    outage: Outage,
    *,
    note_form: NoteForm | None = None,
    end_form: EndForm | None = None,
) -> HttpResponse:
    timeline = Paginator(outage.timeline.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "outage": outage,
        "drill": outage.drill,
        "timeline": timeline,
        "note_form": note_form or NoteForm(auto_id="note_%s"),
        "end_form": end_form or EndForm(auto_id="end_%s"),
    }
    return render(
        request, "outage/show.html", context, status=BAD_FORM if note_form or end_form else 200
    )
