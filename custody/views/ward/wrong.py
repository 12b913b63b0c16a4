"""Something went wrong with a number: one menu for till, ward and administrator."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import event, point_out, status_of
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people.access import answers_on, guarded, may, person
from custody.binder import contents
from custody.calls import wrong_sex as sexes
from custody.forms.fields import ReasonForm
from custody.forms.wrong import CorrectForm, TransferForm, WrongSexForm
from custody.handouts import closing, correcting
from custody.handouts.refusals import WardsNow
from custody.models import Handout
from custody.models.states import STEPS, Act
from custody.views.refused import answers_refusals, carry_out
from custody.views.ward.page import visible

MAY_CORRECT, MAY_HAND_OUT = "custody.correct_handout", "custody.hand_out"


@guarded(MAY_CORRECT)
@answers_refusals
def menu(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what can be put right of a number; each entry says first what it will do."""
    return _menu(request, _in_time(request, pk))


@answers_on("ward:wrong")
@guarded(MAY_CORRECT, "POST")
@answers_refusals
def transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the number to the ward that has the patient."""
    found = _in_time(request, pk)
    form = TransferForm(request.POST, auto_id="transfer_%s", drill=found.drill)

    def act() -> Done[Handout]:
        data = form.cleaned_data
        said = {"reason": data["reason"], "place": data["place"]}
        return correcting.transfer(pk, data["ward"], event(request), **said)

    return _do(request, pk, form, act, _("The number has been moved. Both wards see it."))


@answers_on("ward:wrong")
@guarded(MAY_CORRECT, "POST")
@answers_refusals
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put caller and call-back number right."""
    form = CorrectForm(request.POST, auto_id="correct_%s")

    def act() -> Done[Handout]:
        return correcting.correct(pk, event(request), **form.cleaned_data)

    return _do(request, pk, form, act, _("Corrected. What stood there before is in the history."))


@answers_on("ward:wrong")
@guarded(MAY_CORRECT, "POST")
@answers_refusals
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the number was never used."""
    form = ReasonForm(request.POST, auto_id="void_%s")

    def act() -> Done[Handout]:
        return closing.void(pk, event(request), reason=form.cleaned_data["reason"])

    return _do(request, pk, form, act, _("The handout is voided. The number is spent."))


@answers_on("ward:wrong")
@may_be_sent_twice
@guarded(MAY_HAND_OUT, "POST")
@answers_refusals
def wrong_sex(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the patient a number of the right sex."""
    found = visible(request, pk)
    form = WrongSexForm(found, request.POST, auto_id="sex_%s")
    done = carry_out(
        request, form, lambda: sexes.give_another(pk, event=event(request), **form.cleaned_data)
    )
    if done is None:
        return _menu(request, found, form)
    point_out(request, form)
    return redirect("till:number", done.row.pk)


def _in_time(request: HttpRequest, pk: int) -> Handout:
    """Return the handout if the person may see it. Raises WardsNow for the till after the outage.

    404 for another ward's.
    """
    found = visible(request, pk)
    if not found.outage.ongoing and not may(request.user, "custody.close_handout"):
        raise WardsNow(found)
    return found


def _do(
    request: HttpRequest, pk: int, form: forms.Form, act: Callable[[], Done[Handout]], success: str
) -> HttpResponse:
    """Authorise, check the form, do the act, and lead back to the number's page."""
    found = _in_time(request, pk)
    if not carry_out(request, form, act):
        return _menu(request, found, form)
    point_out(request, form)
    messages.success(request, success)
    if may(request.user, MAY_HAND_OUT):
        return redirect("till:number", pk)
    return redirect(found)


def _menu(request: HttpRequest, found: Handout, failed: forms.Form | None = None) -> HttpResponse:
    """Render the menu with an empty form for each entry, or the one that failed."""
    looked_at(request, found)
    gives = may(person(request), MAY_HAND_OUT) and found.outage.ongoing
    context = {
        "handout": found,
        "drill": found.drill,
        "place": found.place,
        "may_correct": found.state in STEPS[Act.CORRECT],
        "gives_another": gives and found.awaits_real_number,
        "untouched": sexes.is_untouched(found),
        "stock": contents.stock(training=found.drill),
        "forms": _forms(found, failed),
        "failed": failed,
    }
    return render(request, "custody/wrong.html", context, status=status_of(failed))


def _forms(found: Handout, failed: forms.Form | None) -> dict[str, forms.Form]:
    said = {"caller": found.caller, "callback": found.callback}
    shown = {"shown": correcting.shown_of(found)}
    blank: dict[str, forms.Form] = {
        "transfer": TransferForm(auto_id="transfer_%s", drill=found.drill),
        "correct": CorrectForm(auto_id="correct_%s", initial=said | shown),
        "sex": WrongSexForm(found, auto_id="sex_%s"),
        "void": ReasonForm(auto_id="void_%s"),
    }
    return {
        name: failed if failed and failed.auto_id == form.auto_id else form
        for name, form in blank.items()
    }
