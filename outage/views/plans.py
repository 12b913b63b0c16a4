"""The pages of planned outages: list, announcement, the plan itself, and what wards need."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import (
    answers_refusals,
    carry_out,
    event,
    point_out,
    say_understood,
    status_of,
    understood,
)
from befreg_reserv.addresses import asks_for_drills, own_address
from befreg_reserv.people.access import fetched, guarded, may, own_wards, person, sent
from befreg_reserv.people.models import User
from outage.forms.plans import (
    AnnounceForm,
    CancelForm,
    ChangeForm,
    MoveEndForm,
    NeedForm,
    StartPlanForm,
)
from outage.forms.wards import ticks_for
from outage.models import Need, Plan
from outage.plans import needs, planning, reached
from outage.plans.differences import difference
from outage.plans.planning import PlanState

PAGE_SIZE = 50


@guarded("outage.view_plan")
def index(request: HttpRequest) -> HttpResponse:
    """List every plan that concerns the person, or once did, the latest first."""
    drill = asks_for_drills(request)
    plans = planning.visible_to(person(request)).filter(drill=drill)
    plans = plans.order_by("-planned_start", "-id")
    page = Paginator(plans, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "outage/plans.html", {"page": page, "drill": drill})


@guarded("outage.plan_outage", "GET", "POST")
@answers_refusals
def announce(request: HttpRequest) -> HttpResponse:
    """Show what is about to be announced, and announce it once that is confirmed."""
    form = AnnounceForm(sent(request))
    confirmed = "confirmed" in request.POST
    act = planning.announce if confirmed else planning.foresee
    done = carry_out(form, lambda: act(form.terms, event(request), **form.words))
    if done is None:
        return _form_page(request, "outage/plan_new.html", form)
    if not confirmed:
        return _check_page(request, form, done.row)
    message = _("It is announced. Everyone concerned sees it on their start page.")
    return _done(request, done.row, message if done.new else _("It had been announced already."))


@guarded("outage.view_plan")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan: what was announced, what wards need, what comes next."""
    return _page(request, _visible(request, pk))


@guarded("outage.plan_outage", "GET", "POST")
@answers_refusals
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would be changed of the window or the wards, and change it once confirmed."""
    plan = _visible(request, pk)
    planning.check_waits(plan)
    form = ChangeForm(sent(request), initial=_as_announced(plan))
    confirmed = "confirmed" in request.POST
    act = partial(planning.change, seen=_seen(request)) if confirmed else planning.foresee_change
    done = carry_out(
        form, lambda: act(pk, form.terms, event(request), reason=form.cleaned_data["reason"])
    )
    if done is None:
        return _form_page(request, "outage/plan_change.html", form, plan=plan)
    if done.new and not confirmed:
        return _check_change(request, form, done.row)
    return _done(request, _visible(request, pk), _what_changed(done))


def _seen(request: HttpRequest) -> int | None:
    """Return the version of the plan that the check page has shown; None if it says none."""
    text = request.POST.get("seen", "")
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(2**63)) else None
    )


@guarded("outage.plan_outage", "POST")
@answers_refusals
def move_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the planned end of an outage that has begun."""
    plan = _visible(request, pk)
    form = MoveEndForm(request.POST, auto_id="move_end_%s")
    done = carry_out(
        form,
        lambda: planning.move_end(
            pk, form.cleaned_data["planned_end"], event(request), reason=form.cleaned_data["reason"]
        ),
    )
    if done is None:
        return _page(request, plan, form)
    say_understood(request, form)
    return _done(request, _visible(request, pk), _what_changed(done))


@guarded("outage.plan_outage", "POST")
@answers_refusals
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel the plan."""
    plan = _visible(request, pk)
    form = CancelForm(request.POST, auto_id="cancel_%s")
    if not carry_out(form, lambda: planning.cancel(pk, event(request), **form.cleaned_data)):
        return _page(request, plan, form)
    messages.success(request, _("It is cancelled. Everyone concerned sees that."))
    return redirect(plan)


@guarded("outage.plan_outage", "POST")
@answers_refusals
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the mails that were given up be tried again."""
    plan = _visible(request, pk)
    if reached.send_again(pk, event(request)).new:
        messages.success(request, _("The mails go out again within minutes."))
    else:
        messages.info(request, _("No mail had been given up, so none is sent again."))
    return redirect(plan)


@guarded("outage.run_outage", "POST")
@answers_refusals
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the planned outage, or say that another one is ongoing."""
    plan = _visible(request, pk)
    form = StartPlanForm(request.POST, auto_id="start_%s")
    done = carry_out(form, lambda: planning.start(pk, event(request), **form.cleaned_data))
    if done is None:
        return _page(request, plan, form)
    say_understood(request, form)
    point_out(request, form)
    if done.row.plan_id != pk:
        messages.warning(
            request,
            _("Another outage is ongoing, so this one was not started. Your report is in its"
              " timeline. End it first, or cancel this plan."),
        )  # fmt: skip
        return redirect(plan)
    if not done.new:
        messages.info(request, _("The outage was already started. Your report is in its timeline."))
    return redirect(own_address(request.POST.get("next", "")) or done.row)


@guarded("outage.state_need", "GET", "POST")
@answers_refusals
def need(request: HttpRequest, pk: int, ward_pk: int) -> HttpResponse:
    """Say what a ward needs."""
    plan, user = _visible(request, pk), person(request)
    ward = get_object_or_404(needs.answers_for(user), pk=ward_pk)
    planning.check_waits(plan)
    [(_ward, answer)] = needs.of_wards(plan, [ward])
    form = NeedForm(sent(request), initial=_as_answered(answer))
    if not carry_out(form, lambda: needs.state_need(pk, ward, event(request), **form.cleaned_data)):
        return _form_page(request, "outage/need.html", form, plan=plan, ward=ward)
    messages.success(request, _("Noted for %(ward)s.") % {"ward": ward})
    return redirect(plan)


# --- parts of the pages ---------------------------------------------------------------------------


def _visible(request: HttpRequest, pk: int) -> Plan:
    """Return the plan if it concerns the person; 404 otherwise."""
    return fetched(request, planning.visible_to, pk)


def _what_changed(done: Done[Plan]) -> str:
    if done.new:
        return _("It is changed. Everyone concerned sees it on their start page.")
    return _("Nothing was different, so nothing was changed.")


def _done(request: HttpRequest, plan: Plan, message: str) -> HttpResponse:
    """Show the message, warn of overlaps, and redirect to the plan's page."""
    messages.success(request, message)
    if any(planning.overlapping(plan, timezone.now())):
        messages.warning(request, _("It overlaps with something else: see below."))
    return redirect(plan)


def _as_announced(plan: Plan) -> dict[str, Any]:
    named = [] if plan.all_wards else list(needs.concerned(plan))
    return {
        "planned_start": plan.planned_start,
        "planned_end": plan.planned_end,
        "ticked": ticks_for(named),
    }


def _as_answered(answer: Need | None) -> dict[str, Any]:
    names = ("women", "men", "registers_late")
    return {name: getattr(answer, name) for name in names} if answer else {}


def _check_page(request: HttpRequest, form: AnnounceForm, plan: Plan) -> HttpResponse:
    context = {
        "form": form,
        "as_checked": _as_checked(request, form),
        "plan": plan,
        "drill": plan.drill,
        "wards": form.terms.wards or needs.concerned(plan),
        "overlaps": planning.overlapping(plan, timezone.now()),
    }
    return render(request, "outage/plan_new.html", context)


def _check_change(request: HttpRequest, form: ChangeForm, plan: Plan) -> HttpResponse:
    found = difference(plan, form.terms)
    context = {
        "form": form,
        "as_checked": _as_checked(request, form),
        "plan": plan,
        "drill": plan.drill,
        "difference": found,
        "overlaps": planning.overlapping(found.plan, timezone.now()),
    }
    return render(request, "outage/plan_change.html", context)


def _as_checked(request: HttpRequest, form: ChangeForm) -> ChangeForm:
    """Return the form with what the page shows: later, words may mean another day or ward."""
    checked = request.POST.copy()
    for tick in form["ticked"].value():
        del checked[tick]
    wards = dict.fromkeys(ticks_for(form.terms.wards), "on")
    for name, text in {**understood(form), "wards": "", **wards}.items():
        checked[name] = text
    return type(form)(checked, auto_id=False)  # the same ids would stand twice


def _form_page(request: HttpRequest, template: str, form: forms.Form, **more: Any) -> HttpResponse:
    plan = more.get("plan")
    context = {"form": form, "drill": bool(plan and plan.drill), **more}
    return render(request, template, context, status=status_of(form))


def _page(request: HttpRequest, plan: Plan, failed: forms.Form | None = None) -> HttpResponse:
    """Render the plan with an empty form for each act, or the one that failed."""
    now, user = timezone.now(), person(request)
    state = planning.state_of(plan, now)
    wards = Paginator(needs.answered_first(plan), PAGE_SIZE).get_page(request.GET.get("page"))
    waits = state in {PlanState.ANNOUNCED, PlanState.LATE_TO_START}
    end = {"planned_end": plan.planned_end}
    context = {
        "plan": plan,
        "drill": plan.drill,
        "late_to_start": state == PlanState.LATE_TO_START,
        "late_to_end": state == PlanState.LATE_TO_END,
        "outage": planning.outage_of(plan),
        "waits": waits,
        "overlaps": None if plan.cancelled_at else planning.overlapping(plan, now),
        "page": wards,
        "needs": needs.of_wards(plan, list(wards)),
        "totals": needs.totals(plan),
        "taken_out": needs.taken_out(plan),
        "own": _own_forms(plan, user) if waits else [],
        "mailed": reached.standing(plan, now) if may(user, "outage.plan_outage") else None,
        "start_form": _shown(StartPlanForm(auto_id="start_%s"), failed),
        "cancel_form": _shown(CancelForm(auto_id="cancel_%s"), failed),
        "move_end_form": _shown(MoveEndForm(initial=end, auto_id="move_end_%s"), failed),
    }
    return render(request, "outage/plan.html", context, status=status_of(failed))


def _shown(blank: forms.Form, failed: forms.Form | None) -> forms.Form:
    return failed if failed and failed.auto_id == blank.auto_id else blank


def _own_forms(plan: Plan, user: User) -> list[tuple[Any, Need | None, NeedForm]]:
    """Return the person's own wards that the plan concerns, each with its form."""
    if not may(user, "outage.state_need"):
        return []
    own = list(needs.concerned(plan).filter(pk__in=own_wards(user)))
    return [
        (ward, answer, NeedForm(initial=_as_answered(answer), auto_id=f"need_{ward.pk}_%s"))
        for ward, answer in needs.of_wards(plan, own)
    ]
