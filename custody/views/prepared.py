"""Numbers prepared for a planned outage: entered, printed for the ward, marked afterwards."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.acts.answers import BAD_FORM, carry_out, event, status_of
from befreg_reserv.addresses import own_address
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import fetched, guarded, may, person, sent, wards_of
from befreg_reserv.people.models import User, Ward
from befreg_reserv.tables import Fault
from custody.afterwards.tasks import next_task
from custody.forms.planned import MarkForm, MoveForm, PrepareForm
from custody.logged import Logged
from custody.models import PreparedNumber
from custody.planned import accounts, prepared
from custody.planned.accounts import Account
from custody.views.refused import answers_refusals
from outage.models import Plan
from outage.plans import planning

PAGE_SIZE = 50
MOST_ACCOUNTS = 400  # with more, those to which something is left to do


@guarded("custody.view_preparednumber")
def numbers(request: HttpRequest, pk: int) -> HttpResponse:
    """List the numbers prepared for an outage and their marks, as far as the person may see."""
    return _page(request, _visible(request, pk))


@guarded("custody.prepare_numbers", "POST")
@answers_refusals
def enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a pasted list for a ward."""
    plan = _visible(request, pk)
    form = PrepareForm(request.POST, auto_id="prepare_%s")
    if not form.is_valid():
        return _page(request, plan, form)
    ward, text = form.cleaned_data["ward"], form.cleaned_data["text"]
    try:
        entered = prepared.enter(plan, ward, text, event(request)).row
    except prepared.NumbersRefused as refused:
        again = PrepareForm(initial={"ward": str(ward), "text": text}, auto_id="prepare_%s")
        return _page(request, plan, again, refused.faults)
    count = len(entered)
    text = ngettext("%(count)d number is set aside for %(ward)s.",
                    "%(count)d numbers are set aside for %(ward)s.", count)  # fmt: skip
    messages.success(request, text % {"count": count, "ward": ward})
    return redirect("outage:prepared", pk)


@guarded("custody.view_preparednumber")
def ward_list(request: HttpRequest, pk: int, ward_pk: int) -> HttpResponse:
    """Show a ward's numbers as a list to print; logged as a print."""
    plan = _visible(request, pk)
    ward = get_object_or_404(Ward.objects.select_related("clinic"), pk=ward_pk)
    rows = list(prepared.visible_to(person(request)).filter(plan=plan, ward=ward))
    if not rows:
        raise Http404
    looked_at(request, *rows, act=Logged.PREPARED_LIST)
    context = {"plan": plan, "ward": ward, "rows": rows, "drill": plan.drill}
    return render(request, "custody/prepared_list.html", context)


@guarded("custody.mark_prepared", "POST")
@answers_refusals
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a number used or unused."""
    number = fetched(request, prepared.visible_to, pk)
    form = MarkForm(request.POST, auto_id="mark_%s")
    if carry_out(form, lambda: prepared.mark(pk, event=event(request), **form.cleaned_data)):
        messages.success(request, _("The number is marked."))
        listed = reverse("outage:prepared", args=[number.plan_id])
        return redirect(own_address(request.POST.get("next", "")) or listed)
    looked_at(request, number)
    context = {"number": number, "form": form, "drill": number.training}
    return render(request, "custody/prepared_mark.html", context, status=BAD_FORM)


@guarded("custody.prepare_numbers", "GET", "POST")
@answers_refusals
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Allot a number to another ward, or away from a cancelled plan."""
    number = fetched(request, prepared.visible_to, pk)
    plans = prepared.plans_for(number)
    data = sent(request)
    initial = {"ward": str(number.ward) if number.plan.cancelled_at else ""}
    form = MoveForm(data, plans=plans, initial=initial, auto_id="move_%s")
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("plan", "ward", "reason")}
        moved = prepared.move(pk, event=event(request), **fields).row
        messages.success(request, _("The number is moved to %(ward)s.") % {"ward": moved.ward})
        return redirect("outage:prepared", moved.plan_id)
    looked_at(request, number)
    context = {
        "number": number,
        "form": form,
        "plans": plans,
        "may_move": prepared.may_move(number),
        "drill": number.training,
    }
    return render(request, "custody/prepared_move.html", context, status=status_of(form))


def _visible(request: HttpRequest, pk: int) -> Plan:
    """Return the plan if it concerns the person or has numbers that they may see; 404 otherwise."""
    return fetched(request, prepared.plans_seen_by, pk)


def _page(
    request: HttpRequest,
    plan: Plan,
    form: PrepareForm | None = None,
    faults: list[Fault] | None = None,
) -> HttpResponse:
    user = person(request)
    visible = prepared.visible_to(user).filter(plan=plan)
    page = Paginator(visible, PAGE_SIZE).get_page(request.GET.get("page"))
    away = prepared.moved_away(plan) if may(user, "custody.see_all_wards") else []
    looked_at(request, *page, *away)
    owed = prepared.is_owed(plan)
    of_wards = accounts.accounts(plan, user)
    form_shown = form or PrepareForm(auto_id="prepare_%s")
    form_shown.candidates = form_shown.candidates or _concerned(plan)
    context = {
        "plan": plan,
        "drill": plan.drill,
        "page": page,
        "away": away,
        "accounts": _shown(of_wards),
        "sums": accounts.sums(of_wards),
        "account_count": len(of_wards),
        "waits": not plan.cancelled_at and planning.outage_of(plan) is None,
        "owed": owed,
        **_next(user, plan, visible, owed=owed),
        "wards": wards_of(user),
        "form": form_shown,
        "faults": faults,
        "outcomes": PreparedNumber.Outcome,
    }
    return render(request, "custody/prepared.html", context, status=BAD_FORM if form else 200)


def _next(
    user: User, plan: Plan, numbers: QuerySet[PreparedNumber], *, owed: bool
) -> dict[str, Any]:
    """Return what else is left to do, for whoever has marked the last number of a list."""
    if not owed or not may(user, "custody.close_handout"):
        return {}
    if numbers.filter(prepared.UNMARKED).exists() or not numbers.exists():
        return {}
    return {"finished": True, "next_task": next_task(user, drill=plan.drill)}


def _shown(found: list[Account]) -> list[Account]:
    if len(found) <= MOST_ACCOUNTS:
        return found
    return [account for account in found if account.missing or account.waiting][:MOST_ACCOUNTS]


def _concerned(plan: Plan) -> list[Ward]:
    """Return the wards that are marked as concerned by the outage, at most PAGE_SIZE."""
    needs = plan.needs.filter(concerned=True).select_related("ward__clinic")
    return [need.ward for need in needs.order_by("ward__clinic__key", "ward__key")[:PAGE_SIZE]]
