"""Refusals as pages: what happened, what to do next, whom to ask."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from custody import binder
from custody.refusals import NoneLeft, Refused

CONFLICT = 409
View = Callable[..., HttpResponse]


def answers_refusals(view: View) -> View:
    """Answer with a designed page where an act is refused."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NoneLeft as refusal:
            return _none_left(request, refusal)
        except Refused as refusal:
            context = {"refusal": refusal, "drill": refusal.drill}
            return render(request, "custody/refused.html", context, status=CONFLICT)

    return answer


def _none_left(request: HttpRequest, refusal: NoneLeft) -> HttpResponse:
    context = {
        "refusal": refusal,
        "drill": refusal.drill,
        "stock": binder.stock(training=refusal.drill),
        "other_kind": binder.stock(training=not refusal.drill).of(refusal.sex),
    }
    return render(request, "custody/none_left.html", context, status=CONFLICT)
