"""Refusals as pages: what happened, what to do next, whom to ask."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from django.contrib import messages
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from befreg_reserv.acts import answers
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import person
from befreg_reserv.people.signing_in import drafts
from custody.calls.refusals import SameCall
from custody.forms.till import PATIENT_FIELDS, CallForm
from custody.handouts.refusals import NoneLeft
from custody.ledger.refusals import BadIdentity, CorrectedMeanwhile, SamePerson
from custody.logged import Logged
from custody.paper.refusals import GivenAlready
from outage.models import Outage

# The fields of a call's form that are sent again.
KEPT = [*CallForm.base_fields, *PATIENT_FIELDS]
OTHER_THAN = "other_than"  # the answer to the question whether it is the same call
T = TypeVar("T")


def carry_out(
    request: HttpRequest,
    form: BaseForm,
    act: Callable[[], T],
    fields: Mapping[type[Refused], str] | None = None,
) -> T | None:
    """Do as ``answers.carry_out``, and say which times were understood.

    Logs the look at the object that already has a refused number.
    """

    def logged() -> T:
        try:
            return act()
        except (BadIdentity, GivenAlready) as refusal:
            log_hit(request, refusal)
            raise

    done = answers.carry_out(form, logged, fields)
    if done:
        answers.say_understood(request, form)
    return done


def log_hit(request: HttpRequest, refusal: Refused) -> None:
    """Log the look at the object that already has the number: the answer tells of its patient.

    The page that asks whether it is the same person logs that itself.
    """
    if isinstance(refusal.about, Model) and not isinstance(refusal, SamePerson):
        looked_at(request, refusal.about, act=Logged.NUMBER_CHECKED)


def _none_left(request: HttpRequest, refusal: NoneLeft) -> HttpResponse:
    """Lead to the page of the call, whose patient waits: it says what to do."""
    messages.warning(request, f"{refusal.title}. {refusal.advice}")
    return redirect(refusal.call)


def _look_again(request: HttpRequest, refusal: CorrectedMeanwhile) -> HttpResponse:
    """Lead to what somebody else has put right."""
    messages.warning(request, f"{refusal.title}. {refusal.advice}")
    return redirect(refusal.about)


def _same_call(request: HttpRequest, question: SameCall) -> HttpResponse:
    looked_at(request, *question.handouts, *question.patients)
    # The question is the answer: the form lies in its page, and needn't be offered again.
    form = reverse("till:call", kwargs={"drill": question.drill})
    drafts.forget_sent(person(request), form, request.POST.get("request_key", "").replace("\0", ""))
    context = {
        "refusal": question,
        "drill": question.drill,
        "ongoing": Outage.objects.filter(ended_at__isnull=True, drill=question.drill).exists(),
        # The same form again, with its key; the answer holds for these patients alone.
        "action": request.path,
        "kept": _kept(request, [name for name in KEPT if name != OTHER_THAN]),
        "other_than": OTHER_THAN,
    }
    return render(request, "custody/same_call.html", context, status=answers.CONFLICT)


def _kept(request: HttpRequest, names: list[str]) -> list[tuple[str, str]]:
    return [(name, text) for name in names for text in request.POST.getlist(name)]


answers_refusals = answers.answering(
    "custody/refused.html",
    {NoneLeft: _none_left, SameCall: _same_call, CorrectedMeanwhile: _look_again},
)
