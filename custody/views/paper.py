"""What was handed out on paper, entered afterwards: one by one, or a whole log."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv import clock
from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import BAD_FORM, event, status_of
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import guarded, person, sent
from befreg_reserv.serving.budget import long_work
from befreg_reserv.tables import text_of
from custody.binder import restoration
from custody.forms import paper
from custody.forms.paper import LateBatchForm, LateEntryForm
from custody.handouts import doubles
from custody.handouts.followup import visible_to
from custody.logged import Logged
from custody.models import Handout
from custody.paper import one_line, reader, whole_log
from custody.paper.one_line import Entered
from custody.paper.refusals import GivenAlready
from custody.paper.whole_log import Batch
from custody.views import doubled
from custody.views.refused import answers_refusals, carry_out
from outage.models import Outage

PAGE_SIZE = 50


@guarded("custody.enter_late", "GET", "POST")
@answers_refusals
def late_entries(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter one handout from paper; list below what has been entered so far."""
    outage, now = get_object_or_404(Outage, pk=pk), clock.now()
    data = sent(request)
    if data is None:
        lost = restoration.waiting_lost(request.GET.get("lost", ""))
        return _page(request, outage, LateEntryForm.blank(outage, now, lost))
    form = LateEntryForm(data, outage=outage, now=now)
    done = carry_out(request, form, lambda: _enter(form, pk, event(request, now)))
    if done is None:
        return _page(request, outage, form)
    _add_messages(request, done)
    return redirect("outage:late-entries", pk)


def _enter(form: LateEntryForm, outage_id: int, entering: Event) -> Done[Entered]:
    """Enter the line; when another patient has the number, the form asks about that handout."""
    try:
        return one_line.enter(form.entry, outage_id, entering)
    except GivenAlready as question:
        form.ask_about(question.handout)
        raise


def _add_messages(request: HttpRequest, done: Done[Entered]) -> None:
    handout = done.row.handout
    names = {"last": handout.number.last_four, "ward": handout.ward}
    if not done.new:
        messages.info(request, _("%(last)s was entered before. Nothing new was written.") % names)
        return
    messages.success(request, _("%(last)s is entered, for %(ward)s.") % names)
    if done.row.explained:
        messages.info(request, _("Its sheet had been missing; that is explained now."))
    if done.row.double_of:
        messages.warning(request, _("%(last)s: two patients have it. Call both wards now.") % names)


def _page(request: HttpRequest, outage: Outage, form: LateEntryForm) -> HttpResponse:
    handouts = visible_to(person(request)).filter(outage=outage, late=True)
    page = Paginator(handouts.order_by("-recorded_at", "-id"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    looked_at(request, *page)
    context = {
        "form": form,
        "outage": outage,
        "drill": outage.drill,
        "page": page,
        "doubled": doubled.shown(request, doubles.waiting().filter(doubles.in_outage(outage))),
    }
    return render(request, "custody/late_entries.html", context, status=status_of(form))


@long_work
@guarded("custody.enter_late", "GET", "POST")
def late_batch_of(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a paper log, show a preview, and enter it once that is confirmed."""
    outage, now = get_object_or_404(Outage, pk=pk), clock.now()
    answers = sent(request)
    if answers is None:
        return _batch_page(request, outage, LateBatchForm.blank())
    form = LateBatchForm(answers, request.FILES)
    if not form.is_valid():
        return _batch_page(request, outage, form)
    data, confirmed = form.content, "confirmed" in answers
    log = reader.read(data)
    key = form.cleaned_data["request_key"]
    lines = paper.lines(log, outage, key=key, now=now, answers=answers)
    batch = None
    if confirmed and not log.faults:
        batch = whole_log.enter_all(lines, pk, event(request, now)).row
    unanswered = bool(batch and batch.only_asks)
    if batch is None or unanswered:
        batch = whole_log.preview(lines, outage, event(request, now))
        batch = batch.read_from(log)
    elif not batch.faults:
        _add_batch_message(request, batch)
        return redirect("outage:late-entries", pk)
    _log_looks(request, batch)
    return _batch_page(request, outage, form, batch, text_of(data) or "", unanswered=unanswered)


def _log_looks(request: HttpRequest, batch: Batch) -> None:
    """Log the look at the numbers of a preview, and at the handouts that its faults name."""
    looked_at(request, *(done.row.handout.number for _line, done in batch.entered))
    others = (done.row.double_of for _line, done in batch.doubled)
    looked_at(request, *(each for each in others if each and each.pk), act=Logged.NUMBER_CHECKED)
    named = Handout.objects.select_related("number", "ward__clinic").filter(
        pk__in=[fault.handout_id for fault in batch.faults if fault.handout_id]
    )
    looked_at(request, *named, act=Logged.NUMBER_CHECKED)


def _add_batch_message(request: HttpRequest, batch: Batch) -> None:
    count = batch.new
    if count:
        text = ngettext("%(count)d handout is entered.", "%(count)d handouts are entered.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.info(request, _("All of them were entered before. Nothing new was written."))


def _batch_page(
    request: HttpRequest,
    outage: Outage,
    form: LateBatchForm,
    batch: Batch | None = None,
    text: str = "",
    *,
    unanswered: bool = False,
) -> HttpResponse:
    faulty = unanswered or bool(batch and batch.faults)
    bad = (form.is_bound and not form.is_valid()) or faulty
    context: dict[str, Any] = {
        "form": form,
        "outage": outage,
        "drill": outage.drill,
        "batch": batch,
        # The form sends back exactly the text of the preview.
        "text": text,
        "unanswered": unanswered,
        "double_tick": paper.double_tick(paper.doubled(batch)) if batch else "",
    }
    return render(request, "custody/late_batch.html", context, status=BAD_FORM if bad else 200)
