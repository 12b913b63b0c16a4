"""At the bedside: the wristband, the switch list, and the pair that a second person checks."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, event
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people.access import answers_on, guarded
from custody.forms.ward import BedsideForm, ConfirmationReasonForm, PairForm
from custody.handouts import bedside, pair, switches
from custody.handouts.refusals import OtherWristband
from custody.views.refused import carry_out
from custody.views.ward.page import do, page_of, switch_form, to_next, visible

MAY_CLOSE = "custody.close_handout"


@answers_on("ward:handout")
@may_be_sent_twice
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the patient wears this number; a wrong one is shown beside it."""
    found = visible(request, pk)
    form = BedsideForm(request.POST, auto_id="bedside_%s")
    done = carry_out(request, form, lambda: bedside.confirm(pk, form.found, event(request)))
    if done and done.row.right:
        messages.success(request, _("Confirmed: the patient wears this number."))
        return to_next(found)
    if done:
        form.add_error("wristband", str(OtherWristband.title))
    return page_of(request, found, form)


@answers_on("ward:handout")
@may_be_sent_twice
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a confirmation that was a mistake."""
    form = ConfirmationReasonForm(request.POST, auto_id="withdraw_confirmation_%s")
    done = _("The confirmation is withdrawn. Look at the patient's wristband again.")
    return do(request, pk, form, lambda said: bedside.withdraw(pk, event(request), **said), done)


@answers_on("ward:handout")
@may_be_sent_twice
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick what has been switched over to the real number."""
    found = visible(request, pk)
    form = switch_form(found, request.POST)
    if not form.is_valid():
        return page_of(request, found, form)
    identity = form.cleaned_data["identity"]
    if switches.answer(pk, identity, form.answers, event(request)).new:
        messages.success(request, _("The switch list is saved."))
    if any(line.is_open for line in switches.lines(found)):
        return redirect(f"{found.get_absolute_url()}#switches")
    return to_next(found)


@answers_on("ward:handout")
@may_be_sent_twice
@guarded(MAY_CLOSE, "POST")
@answers_refusals
def witness(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the signed-in person has checked the pair of numbers."""
    found = visible(request, pk)
    form = PairForm(request.POST, auto_id="witness_%s")
    if not form.is_valid():
        return page_of(request, found, form)
    pair.witness(pk, event(request), identity=form.cleaned_data["identity"])
    messages.success(request, _("You have checked the pair. The notice can be filed."))
    return to_next(found)
