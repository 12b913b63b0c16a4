"""Refusals as pages: what happened, what to do next, whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit.trail import looked_at
from custody import binder
from custody.forms import CallForm, OtherSexForm
from custody.refusals import NoneLeft, SameCall

CONFLICT = 409
OTHER_SEX = "other_sex"  # the button that insists
# What of a call's form is sent once more.
KEPT = [name for name in CallForm.base_fields if name not in OtherSexForm.base_fields]
OTHER_THAN = "other_than"  # the answer to the question whether it is the same call
View = Callable[..., HttpResponse]


def answers_refusals(view: View) -> View:
    """Answer with a designed page where an act is refused."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NoneLeft as refusal:
            return _none_left(request, refusal)
        except SameCall as question:
            return _same_call(request, question)
        except Refused as refusal:
            context = {"refusal": refusal, "drill": refusal.drill}
            return render(request, "custody/refused.html", context, status=CONFLICT)

    return answer


def _none_left(request: HttpRequest, refusal: NoneLeft) -> HttpResponse:
    stock = binder.stock(training=refusal.drill)
    context = {
        "refusal": refusal,
        "drill": refusal.drill,
        "stock": stock,
        "training_left": binder.stock(training=True).of(refusal.sex),
        "other_left": stock.other(refusal.sex),
        # Only who has seen this page, and pressed its button, can have left out the reason.
        "other_form": OtherSexForm(request.POST if OTHER_SEX in request.POST else None),
        "other_sex": OTHER_SEX,
        # The same call once more, with a reason: nothing was taken by its key.
        "action": request.path,
        "kept": _kept(request, KEPT),
    }
    return render(request, "custody/none_left.html", context, status=CONFLICT)


def _same_call(request: HttpRequest, question: SameCall) -> HttpResponse:
    looked_at(request, *question.handouts)
    context = {
        "refusal": question,
        "drill": question.drill,
        "latest": question.handouts[0],
        # The same form once more, with its key; good for these handouts, and no later one.
        "action": request.path,
        "kept": _kept(request, [name for name in CallForm.base_fields if name != OTHER_THAN]),
        "other_than": OTHER_THAN,
    }
    return render(request, "custody/same_call.html", context, status=CONFLICT)


def _kept(request: HttpRequest, names: list[str]) -> list[tuple[str, str]]:
    return [(name, request.POST[name]) for name in names if name in request.POST]
