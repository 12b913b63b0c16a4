"""The till: the board, a call, the number, the read-back."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people import vgr_id, wards
from befreg_reserv.people.access import guarded, person
from custody import binder, handouts
from custody.followup import visible_to
from custody.forms import CallForm, ReadBackForm
from custody.handouts import Call
from custody.models import Handout
from custody.states import OPEN
from custody.steps import Event
from custody.views.refused import answers_refusals
from outage.forms import StartForm
from outage.models import Outage

BAD_FORM = 400
MOST_SHOWN = 50


@guarded("custody.see_all_wards")
def board(request: HttpRequest) -> HttpResponse:
    """Show the outage, the stock, the form for a call, and the latest handouts."""
    return _board(request)


@guarded("custody.hand_out", "POST")
@answers_refusals
def hand_out(request: HttpRequest) -> HttpResponse:
    """Hand out one number; the answer is a page of its own, so a reload takes no other."""
    form = CallForm(request.POST)
    if not form.is_valid():
        return _board(request, form)
    fields = dict(form.cleaned_data)
    call = Call(outage_id=fields.pop("outage"), **fields)
    handout = handouts.hand_out(call, Event.now(person(request), timezone.now()))
    return redirect("till:number", handout.pk)


@guarded("custody.see_all_wards")
def number(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the number, large, and ask for the read-back."""
    handout = get_object_or_404(visible_to(person(request)), pk=pk)
    return _number(request, handout, ReadBackForm())


@guarded("custody.hand_out", "POST")
@answers_refusals
def read_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Check what the caller read back: green, or which character differs."""
    handout = get_object_or_404(visible_to(person(request)), pk=pk)
    form = ReadBackForm(request.POST)
    if not form.is_valid():
        return _number(request, handout, form)
    wrong = handouts.confirm_read_back(
        pk, typed=form.cleaned_data["typed"], by=person(request), at=timezone.now()
    )
    # Wrong: an empty field again, for the next try.
    return (
        _number(request, handout, ReadBackForm(), wrong) if wrong else redirect("till:number", pk)
    )


def _number(
    request: HttpRequest, handout: Handout, form: ReadBackForm, wrong: list[int] | None = None
) -> HttpResponse:
    looked_at(request, handout)
    context = {
        "handout": handout,
        "is_open": handout.state in OPEN,
        "wrong_places": ", ".join(str(place + 1) for place in wrong or []),
        "drill": handout.number.training,
        "form": form,
        "characters": [
            (char, place in (wrong or [])) for place, char in enumerate(handout.number.last_four)
        ],
        "odd_caller": vgr_id.looks_odd(handout.caller),
        "stock": binder.stock(training=handout.number.training),
    }
    return render(
        request, "custody/number.html", context, status=BAD_FORM if wrong or form.is_bound else 200
    )


def _board(request: HttpRequest, form: CallForm | None = None) -> HttpResponse:
    outages = list(Outage.objects.filter(ended_at__isnull=True).order_by("drill"))
    # A form that is shown again stays with the outage it was shown for.
    wanted = form["outage"].value() if form else request.GET.get("outage")
    outage = _chosen(outages, str(wanted or ""))
    if form is None and outage:
        form = CallForm.blank(outage.pk)
    context: dict[str, Any] = {
        "ongoing_outages": outages,
        "outage": outage,
        "real_ongoing": any(not outage.drill for outage in outages),
        "drill": bool(outage and outage.drill),
        "form": form,
        "start_form": StartForm(),
        "wards": wards.labels() if form else [],
        "stock": binder.stock(training=bool(outage and outage.drill)),
        "handouts": list(_latest(outages, timezone.now())[:MOST_SHOWN]),
    }
    looked_at(request, *context["handouts"])
    status = BAD_FORM if form and form.is_bound else 200
    return render(request, "custody/board.html", context, status=status)


def _chosen(outages: list[Outage], wanted: str) -> Outage | None:
    """Return the outage that the page is about: the one asked for, else the real one first."""
    return next((outage for outage in outages if str(outage.pk) == wanted), None) or next(
        iter(outages), None
    )


def _latest(outages: list[Outage], now: datetime) -> QuerySet[Handout]:
    """Return the handouts of ongoing outages and those of today, the latest first."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        Handout.objects.select_related("number__binder", "outage", "ward__clinic")
        .filter(Q(outage__in=outages) | Q(handed_out_at__gte=midnight))
        .order_by("-handed_out_at", "-id")
    )
