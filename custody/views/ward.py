"""The ward: its handouts, and each step from real number to notice."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import event, status_of, typed_event
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import answers_on, fetched, guarded, person, wards_of
from befreg_reserv.people.models import User
from custody.forms.fields import ReasonForm
from custody.forms.ward import NoticeForm, ReplaceForm
from custody.handouts import closing, notices
from custody.handouts.followup import (
    ended_for,
    of_ward,
    open_for,
    training_identity,
    visible_to,
    wards_with_open,
)
from custody.ledger.refusals import BadIdentity
from custody.logged import Logged
from custody.models import Handout, HandoutStep
from custody.models.states import State
from custody.numbers.identities import is_as_long, lacks_century, same_sex
from custody.planned import late_registration, prepared
from custody.views.refused import answers_refusals, carry_out, log_hit

PAGE_SIZE = 50
MAY_CLOSE = "custody.close_handout"
Data = dict[str, Any]


@guarded("custody.view_handout")
def open_handouts(request: HttpRequest) -> HttpResponse:
    """List the open handouts of the person's wards, the oldest first; of one ward if asked."""
    user = person(request)
    wanted = request.GET.get("ward", "")
    waiting = open_for(user)
    chosen = of_ward(waiting, int(wanted)) if _is_key(wanted) else waiting
    page = Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    looked_at(request, *page)
    context = {
        "page": page,
        "wards": wards_of(user),
        "choices": wards_with_open(waiting),
        "wanted": wanted,
        "late_owed": late_registration.owed_by(user),
        "prepared_owed": prepared.owed_by(user),
    }
    return render(request, "custody/ward.html", context)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < len(str(2**63))


@guarded("custody.view_handout")
def ended_handouts(request: HttpRequest) -> HttpResponse:
    """List what is closed, voided or undone, the latest first."""
    page = Paginator(ended_for(person(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    looked_at(request, *page)
    return render(request, "custody/ward_done.html", {"page": page})


@guarded("custody.view_handout")
def handout(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one handout, its history, and what can be done next."""
    return _page(request, _visible(request, pk))


@guarded("custody.view_handout")
def notice_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what to enter in RAPS, to be printed; logged as a print."""
    found = _visible(request, pk)
    if not found.real_identity:
        return redirect(found)
    looked_at(request, found, act=Logged.NOTICE_SHEET)
    context = {
        "handout": found,
        "drill": found.number.training,
        "notice_fields": notices.fields(found),
    }
    return render(request, "custody/notice_sheet.html", context)


@guarded(MAY_CLOSE, "POST")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Check a number while it is typed, as registering it would. Writes nothing."""
    found = _visible(request, pk)
    text = request.POST.get("number", "")
    context: dict[str, Any] = {"handout": found, "two_short": lacks_century(text)}
    if is_as_long(text) and found.state == State.HANDED_OUT:
        try:
            identity = closing.check_real_number(found, text, today=timezone.localdate())
        except BadIdentity as refusal:
            context["refused"] = refusal.advice
            log_hit(request, refusal)
        else:
            context["identity"] = identity
            context["kind"] = notices.KINDS[identity.kind]
            context["differs"] = not same_sex(identity.sex, found.patient_sex)
    return render(request, "custody/_check.html", context)


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Register the real number."""
    form = ReplaceForm(request.POST, auto_id="replace_%s")

    def act(data: Data) -> Done[Handout]:
        options = {name: data[name] for name in ("sex_may_differ", "reason")}
        return closing.replace(pk, data["number"], typed_event(request, data), **options)

    return _do(request, pk, form, act, _("The real number is registered. Now the notice in RAPS."))


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def file_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the notice was filed in RAPS."""
    form = NoticeForm(request.POST, auto_id="notice_%s")

    def act(data: Data) -> Done[Handout]:
        return notices.file_notice(pk, typed_event(request, data), reference=data["reference"])

    return _do(request, pk, form, act, _("The notice is filed. The handout is closed."))


Correction = Callable[..., Done[Handout]]


def _correct(request: HttpRequest, pk: int, correction: Correction, done: str) -> HttpResponse:
    """Carry out a correction. Its form has only a reason."""
    form = ReasonForm(request.POST, auto_id=f"{correction.__name__}_%s")

    def act(data: Data) -> Done[Handout]:
        return correction(pk, event(request), reason=data["reason"])

    return _do(request, pk, form, act, done)


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the number was never used."""
    return _correct(request, pk, closing.void, _("The handout is voided. The number is spent."))


@answers_on("ward:handout")
@guarded("custody.undo_handout", "POST")
@answers_refusals
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a handout recorded by mistake."""
    return _correct(request, pk, closing.undo, _("The handout is undone."))


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def withdraw_replacement(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a wrong real number."""
    return _correct(request, pk, closing.withdraw_replacement, _("The real number is withdrawn."))


@answers_on("ward:handout")
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def withdraw_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the notice was withdrawn."""
    return _correct(
        request, pk, notices.withdraw_notice, _("The notice is withdrawn. File a new one in RAPS.")
    )


def _visible(request: HttpRequest, pk: int) -> Handout:
    """Return the handout if the person may see it; 404 for another ward's."""
    return fetched(request, _with_history, pk)


def _with_history(user: User) -> QuerySet[Handout]:
    history = Prefetch(
        "steps", HandoutStep.objects.select_related("recorded_by", "former_ward__clinic")
    )
    handouts = visible_to(user).select_related("successor__number")
    return handouts.prefetch_related(history, "notices")


def _do(
    request: HttpRequest,
    pk: int,
    form: forms.Form,
    act: Callable[[Data], Done[Handout]],
    success: str,
) -> HttpResponse:
    """Authorise, check the form, do the act, and return to the handout's page."""
    found = _visible(request, pk)
    if carry_out(request, form, lambda: act(form.cleaned_data)):
        messages.success(request, success)
        return redirect(found)
    return _page(request, found, form)


def _page(request: HttpRequest, found: Handout, failed: forms.Form | None = None) -> HttpResponse:
    """Render the handout with an empty form for each act, or the one that failed."""
    looked_at(request, found)
    blank: dict[str, forms.Form] = {
        "replace": ReplaceForm(auto_id="replace_%s"),
        "notice": NoticeForm(auto_id="notice_%s"),
        "void": ReasonForm(auto_id="void_%s"),
        "undo": ReasonForm(auto_id="undo_%s"),
        "withdraw_replacement": ReasonForm(auto_id="withdraw_replacement_%s"),
        "withdraw_notice": ReasonForm(auto_id="withdraw_notice_%s"),
    }
    shown = {
        name: failed if failed and failed.auto_id == form.auto_id else form
        for name, form in blank.items()
    }
    context = {
        "handout": found,
        "drill": found.number.training,
        "notice_fields": notices.fields(found) if found.real_identity else [],
        "to_type_in_a_drill": training_identity(found) if found.number.training else "",
        "forms": shown,
    }
    return render(request, "custody/handout.html", context, status=status_of(failed))
