"""The life of a number: all that is known of it on one page, and the way there from a number."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import status_of
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people.access import fetched, guarded, may, person, sent
from custody.afterwards import finding, life
from custody.forms.binder import FindForm
from custody.handouts import doubles
from custody.ledger import taken
from custody.logged import Logged
from custody.models import ReserveNumber
from custody.views.ward import same_person


@guarded("custody.view_handout")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all that happened to a number, as far as the person may see it, and who saw it."""
    number, user = fetched(request, life.visible_to, pk), person(request)
    handouts = list(life.handouts_of(number, user))
    looked_at(request, *(handouts or [number]))
    context = {
        "number": number,
        "drill": number.training,
        "handouts": handouts,
        "used": [handout for handout in handouts if not handout.is_unused],
        "doubled": doubles.described(list(life.alarms(number, user))),
        "also": same_person.also(request, *handouts),
        "page": life.page_of(number, user, request.GET.get("page")),
        **_looks(request, number),
    }
    return render(request, "custody/life.html", context)


def _looks(request: HttpRequest, number: ReserveNumber) -> dict[str, Any]:
    """Return who was shown the number, for those who may read the log."""
    if not may(person(request), "audit.view_logentry"):
        return {}
    return {"looks": life.looks_at(number, request.GET.get("looks"))}


@guarded("custody.view_handout", "GET", "POST")
@may_be_sent_twice
def find(request: HttpRequest) -> HttpResponse:
    """Lead from what somebody knows of a number to its life; list those that fit if several do.

    It is sent as a form, so that no number stands in an address.
    """
    form = FindForm(sent(request))
    typed = form.cleaned_data["number"] if form.is_valid() else ""
    found = finding.find(typed, person(request)) if typed else []
    if len(found) == 1:
        return redirect(found[0])
    looked_at(request, *found, act=Logged.NUMBER_CHECKED)
    if typed and not found:
        form.add_error("number", _elsewhere(request, typed))
    context, status = (
        {"form": form, "found": found, "most": finding.MOST_FOUND},
        200 if found else status_of(form),
    )
    return render(request, "custody/find_number.html", context, status=status)


def _elsewhere(request: HttpRequest, number: str) -> str:
    """Say where a number stands that no binder holds; a look at a patient's number is logged."""
    if not may(person(request), finding.EVERY_NUMBER):
        return _("No number that you may see fits. Another ward's isn't shown to you.")
    standing = taken.standing([number]).get(number)
    if standing is None:
        return _("No binder holds or has held such a number.")
    looked_at(request, standing.holder, act=Logged.NUMBER_CHECKED)
    return standing.reason
