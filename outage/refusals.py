"""Why something about an outage was refused: what happened, and what to do next."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outage.models import Outage, Plan

CONFLICT = 409
View = Callable[..., HttpResponse]


class Refused(Exception):
    """An act that comes too late or can't be. Nothing of it was written.

    ``drill``: whether the page of the refusal wears the drill's frame. ``look_at``: the plan or
    outage that tells more.
    """

    title: str | Promise = _("This can't be done")
    advice: str | Promise = ""
    drill = False
    look_at: Plan | Outage | None = None

    def __init__(self, advice: str | Promise = "", look_at: Plan | Outage | None = None) -> None:
        self.advice = advice or self.advice
        if look_at:
            self.look_at, self.drill = look_at, look_at.drill
        super().__init__(f"{self.title}: {self.advice}")


class PlanCancelled(Refused):
    """The planned outage was called off."""

    title = _("The planned outage is cancelled")
    advice = _(
        "Nothing was changed. If Befreg is down all the same, start an unplanned outage; if the"
        " plan is taken up again, announce it anew."
    )


class PlanStarted(Refused):
    """What was planned has begun."""

    title = _("The planned outage has begun")
    advice = _(
        "Nothing was changed. Its planned end can be moved, and it is ended on the outage's page."
    )


class PlanNotStarted(Refused):
    """Only the end of what has begun is moved alone."""

    title = _("The planned outage hasn't begun")
    advice = _("Nothing was changed. Change the plan instead.")


class PlanOver(Refused):
    """What was planned has begun and ended."""

    title = _("The planned outage is over")
    advice = _("Nothing was changed. What was learned later can be noted on the outage's page.")


class BadWindow(Refused):
    """Times that are out of order, over already, or so far away that they were mistyped."""

    title = _("The times can't be right")


class ReasonMissing(Refused):
    """An announcement, a change or a cancellation without a reason."""

    title = _("A reason is needed")
    advice = _("Write why, in a few words. Everybody concerned reads it.")


class NotConcerned(Refused):
    """A need of a ward that the plan leaves out."""

    title = _("The ward isn't concerned")
    advice = _("Nothing was written. The planned outage doesn't concern this ward any more.")


class BadNeed(Refused):
    """A number of numbers that nobody can mean."""

    title = _("The numbers can't be right")


def answers_refusals(view: View) -> View:
    """Answer with a designed page where an act is refused."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            context = {"refusal": refusal, "drill": refusal.drill}
            return render(request, "outage/refused.html", context, status=CONFLICT)

    return answer
