"""The late list: patients treated without a number, each ticked off when registered in Befreg."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import BAD_FORM, event, status_of, typed_event
from befreg_reserv.acts.refused import BadTime
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import fetched, guarded, may, person, wards_of
from befreg_reserv.people.models import User, Ward
from custody.afterwards.tasks import WardTask, next_task
from custody.forms.planned import (
    LateForm,
    LateOfAnyWardForm,
    RegisterLateForm,
    StrikeForm,
    WithdrawLateForm,
)
from custody.models import LateRegistration
from custody.planned import late_registration
from custody.planned.late_registration import LatePatient
from custody.views.refused import answers_refusals, carry_out
from outage.models import Outage

PAGE_SIZE = 50
KEEPS_LIST = "custody.register_late"


@guarded("custody.view_lateregistration")
def late(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an outage's late list: of the person's wards or of every ward; of one ward if asked."""
    return _page(request, get_object_or_404(Outage, pk=pk))


@guarded(KEEPS_LIST, "POST")
@answers_refusals
def list_patient(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a patient on the list."""
    outage = get_object_or_404(Outage, pk=pk)
    form = _form(request, outage, request.POST)

    def act() -> Done[LateRegistration]:
        fields = ("ward", "place", "treated_at", "request_key")
        patient = LatePatient(outage, **{name: form.cleaned_data[name] for name in fields})
        return late_registration.list_patient(patient, event(request))

    if carry_out(request, form, act, {BadTime: "treated_at"}):
        messages.success(request, _("The patient is on the list."))
        return redirect("outage:late", pk)
    return _page(request, outage, form)


@guarded(KEEPS_LIST, "POST")
@answers_refusals
def register(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the number that a patient got in Befreg."""
    row = _visible(request, pk)
    form = RegisterLateForm(request.POST, auto_id="register_form_%s")

    def act() -> Done[LateRegistration]:
        data = form.cleaned_data
        return late_registration.register(pk, data["number"], typed_event(request, data))

    if carry_out(request, form, act):
        messages.success(request, _("The patient is registered."))
        return redirect(row.place_in_list)
    return _row_page(request, row, register_form=form)


@guarded(KEEPS_LIST, "POST")
@answers_refusals
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a registration with a wrong number."""
    row = _visible(request, pk)
    form = WithdrawLateForm(request.POST, auto_id="withdraw_form_%s")
    if not form.is_valid():
        return _row_page(request, row, withdraw_form=form)
    late_registration.withdraw_registration(pk, event(request), **form.cleaned_data)
    messages.success(request, _("The registration is withdrawn. Register the patient again."))
    return redirect(row.place_in_list)


@guarded(KEEPS_LIST, "POST")
@answers_refusals
def strike(request: HttpRequest, pk: int) -> HttpResponse:
    """Strike a row that was listed by mistake."""
    row = _visible(request, pk)
    form = StrikeForm(request.POST, auto_id="strike_form_%s")
    if not form.is_valid():
        return _row_page(request, row, strike_form=form)
    late_registration.strike(pk, event(request), **form.cleaned_data)
    messages.success(request, _("The row is struck. It stays to be read."))
    return redirect(row.place_in_list)


def _visible(request: HttpRequest, pk: int) -> LateRegistration:
    """Return the row if the person may see it; 404 for another ward's."""
    return fetched(request, late_registration.visible_to, pk)


def _form(request: HttpRequest, outage: Outage, data: Any = None) -> LateForm:
    """Return the form for another patient, of the person's own wards or of any ward."""
    user = person(request)
    options: dict[str, Any] = {"outage": outage, "now": clock.now(), "auto_id": "late_%s"}
    if may(user, "custody.see_all_wards"):
        return LateOfAnyWardForm(data, **options)
    return LateForm(data, own_wards=wards_of(user), **options)


def _page(request: HttpRequest, outage: Outage, failed: LateForm | None = None) -> HttpResponse:
    user, wanted = person(request), request.GET.get("ward", "")
    rows = late_registration.visible_to(user).filter(outage=outage)
    choices = Ward.objects.select_related("clinic").filter(pk__in=rows.order_by().values("ward"))
    chosen = rows.filter(ward__in=[ward for ward in choices if str(ward.pk) == wanted])
    listed = late_registration.open_first(chosen if wanted else rows)
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    looked_at(request, *page, *(withdrawal for row in page for withdrawal in row.withdrawals.all()))
    open_count = rows.filter(late_registration.OPEN).count()
    context = {
        "outage": outage,
        "drill": outage.drill,
        "page": page,
        "rows": [_with_forms(row, row.pk) for row in page],
        "open_count": open_count,
        "finished": not open_count,
        "next_task": _next(user, outage) if not open_count else None,
        "choices": choices,
        "wanted": wanted,
        "wards": wards_of(user),
        "form": failed or _form(request, outage),
    }
    return render(request, "custody/late.html", context, status=status_of(failed))


def _next(user: User, outage: Outage) -> WardTask | None:
    """Return what the ward has left to do beside this list, for whoever works it off."""
    return next_task(user, drill=outage.drill) if may(user, "custody.close_handout") else None


def _row_page(
    request: HttpRequest,
    row: LateRegistration,
    **failed: RegisterLateForm | WithdrawLateForm | StrikeForm,
) -> HttpResponse:
    """Show one row with all its forms. ``failed``: the one that failed, by its name."""
    looked_at(request, row, *row.withdrawals.all())
    shown = _with_forms(row, "form") | failed
    (form,) = failed.values()
    context = {"late": shown, "failed": form, "drill": row.outage.drill}
    return render(request, "custody/late_row.html", context, status=BAD_FORM)


def _with_forms(row: LateRegistration, suffix: int | str) -> dict[str, Any]:
    """Return a row with empty forms; ``suffix`` keeps their ids apart from other rows'."""
    return {
        "row": row,
        "register_form": RegisterLateForm(auto_id=f"register_{suffix}_%s"),
        "withdraw_form": WithdrawLateForm(auto_id=f"withdraw_{suffix}_%s"),
        "strike_form": StrikeForm(auto_id=f"strike_{suffix}_%s"),
        "to_type_in_a_drill": late_registration.training_number(row) if row.outage.drill else "",
    }
