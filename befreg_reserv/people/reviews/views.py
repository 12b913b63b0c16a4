"""The pages on which the log is reviewed: its months, and a month's sample."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import BAD_FORM, answers_refusals, carry_out, event, status_of
from befreg_reserv.audit.models import Sample
from befreg_reserv.audit.review.asking import QUESTIONS
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import guarded, person, sent
from befreg_reserv.people.reviews import drawing, judging, listing
from befreg_reserv.people.reviews.forms import JudgeForm, MonthForm
from befreg_reserv.people.reviews.months import Month

JUDGES = "audit.add_judgement"


@guarded("audit.view_logentry")
def index(request: HttpRequest) -> HttpResponse:
    """List the months and how far the review of each is."""
    now = timezone.now()
    found = listing.reviews(listing.months(now))
    context = {
        "reviews": [(each, each.is_overdue(now)) for each in found],
        "days": listing.DUE_AFTER.days,
        "kinds": QUESTIONS.values(),
    }
    return render(request, "audit/reviews.html", context)


@guarded(JUDGES, "POST")
@answers_refusals
def draw(request: HttpRequest) -> HttpResponse:
    """Draw a month's sample, or come to the one that it has."""
    form = MonthForm(request.POST)
    if not form.is_valid():
        context = {"reviews": [], "form": form, "kinds": QUESTIONS.values()}
        return render(request, "audit/reviews.html", context, status=BAD_FORM)
    month = form.cleaned_data["month"]
    drawing.draw(month, event(request))
    return redirect(address(month))


@guarded(JUDGES, "GET", "POST")
@answers_refusals
def month(request: HttpRequest) -> HttpResponse:
    """Show a month's sample, and sign what was judged of it."""
    wanted = _wanted(request)
    sample = Sample.objects.filter(month=str(wanted)).first()
    entries = listing.judged(sample, person(request)) if sample else []
    form = JudgeForm(sent(request), entries=entries)
    if sample and _signed(request, form, sample):
        messages.success(request, _("What you judged is signed and kept."))
        return redirect(address(wanted))
    if sample:
        looked_at(request, sample)
    context: dict[str, Any] = {
        "month": wanted,
        "sample": sample,
        "entries": [(each, form.fields_of(each)) for each in entries],
        "left": sum(not each.is_settled for each in entries),
        "can_sign": any(each.can_be_judged for each in entries),
        "gone": sample.sampled.count() - len(entries) if sample else 0,
        "form": form,
        "can_be_drawn": drawing.can_be_drawn(wanted, timezone.now()),
    }
    return render(request, "audit/month.html", context, status=status_of(form))


def _signed(request: HttpRequest, form: JudgeForm, sample: Sample) -> bool:
    def sign() -> Any:
        key = form.cleaned_data["request_key"]
        return judging.judge(sample, form.words, event(request), request_key=key)

    return sent(request) is not None and carry_out(form, sign) is not None


def _wanted(request: HttpRequest) -> Month:
    """Return the month that the address names, else the last that is over; 404 for nonsense."""
    text = request.GET.get("month", "")
    found = Month.read(text) if text else Month.of(timezone.now()).before
    if found is None:
        raise Http404
    return found


def address(month: Month) -> str:
    """Return the address of a month's page."""
    return f"{reverse('audit:review')}?month={month}"
