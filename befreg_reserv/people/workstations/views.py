"""The page of the till's workstations, and a person's own PIN."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.audit import trail
from befreg_reserv.people.access import answers_on, guarded, person, sent
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Workstation
from befreg_reserv.people.signing_in import enrolled, pins
from befreg_reserv.people.views import TOO_MANY, keep_mark, mark_of
from befreg_reserv.people.workstations import keeping
from befreg_reserv.people.workstations.forms import EnrolForm, PinForm
from befreg_reserv.people.workstations.keeping import NewWorkstation

MOST_WITHDRAWN = 50  # that the page shows, the last ones


@guarded("people.view_workstation")
def index(request: HttpRequest) -> HttpResponse:
    """List the enrolled workstations, with a form for the one at which the page is opened."""
    return _page(request, EnrolForm())


@answers_on("workstations:index")
@guarded("people.add_workstation", "POST")
@answers_refusals
def enrol(request: HttpRequest) -> HttpResponse:
    """Enrol the computer at which the form is sent, and let its browser keep the secret."""
    form = EnrolForm(sent(request))
    done = carry_out(form, lambda: _enrolled(request, form))
    return _page(request, form) if done is None else done


def _enrolled(request: HttpRequest, form: EnrolForm) -> HttpResponse:
    data = form.cleaned_data
    key, names = data["request_key"], ("name", "place", "public_key")
    certificate = enrolled.certificate_of(request)
    new = NewWorkstation(request_key=key, certificate=certificate, **{n: data[n] for n in names})
    row = keeping.enrol(new, event(request), here=enrolled.seen(request)).row
    messages.success(request, _("This computer is enrolled as %(name)s.") % {"name": row})
    response = redirect("workstations:index")
    enrolled.remember(response, enrolled.secret_of(key))
    return response


@guarded("people.change_workstation", "POST")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Trust a workstation no more."""
    done = keeping.withdraw(get_object_or_404(Workstation, pk=pk), event(request))
    text = _("%(name)s is withdrawn. There the password alone unlocks from now on.")
    messages.success(request, text % {"name": done.row})
    return redirect("workstations:index")


def _page(request: HttpRequest, form: EnrolForm) -> HttpResponse:
    rows = Workstation.objects.select_related("enrolled_by")
    kept = [(row, keeping.PROVES[keeping.proves(row)]) for row in rows.filter(withdrawn_at=None)]
    context = {
        "form": form,
        "kept": kept,
        "withdrawn": rows.exclude(withdrawn_at=None).order_by("-withdrawn_at")[:MOST_WITHDRAWN],
        "here": enrolled.seen(request),
        "certificate": enrolled.certificate_of(request),
        "challenge": enrolled.asked_of(enrolled.NEW),
    }
    template = "people/workstations/index.html"
    return render(request, template, context, status=status_of(form))


# --- one's own PIN ----------------------------------------------------------------------------


@answers_on("pin")
@guarded(None, "GET", "POST")
def pin(request: HttpRequest) -> HttpResponse:
    """Choose one's own PIN, with the password."""
    user, at = person(request), timezone.now()
    form = PinForm(user, sent(request), at=at, mark=mark_of(request))
    if not (form.is_valid() and pins.hours()):
        return _asked_pin(request, form)
    pins.choose(user, make_password(form.cleaned_data["pin"]), event(request, at))
    if till := enrolled.proved(request):
        pins.note_password(request, till, at)
    messages.success(request, _("Your PIN is in force at the till's computers."))
    response = redirect("pin")
    keep_mark(response, form.mark)
    return response


def _asked_pin(request: HttpRequest, form: PinForm) -> HttpResponse:
    """Show the form. If the password was wrong, log that, but not what was typed."""
    context: dict[str, Any] = {
        "form": form,
        "has_pin": pins.of(form.user) is not None,
        "till": enrolled.seen(request),
        "hours": pins.hours(),
        "challenge": enrolled.challenge(request),
    }
    status = TOO_MANY if form.wait else status_of(form)
    response = render(request, "people/workstations/pin.html", context, status=status)
    if form.wait:
        response.headers["Retry-After"] = str(form.wait)
    if form.wait or form.refused:
        act, action = Logged.PIN_NOT_CHOSEN, trail.Action.ACCESS
        trail.record(form.user, act, actor=form.user, at=form.at, action=action)
    return response


@guarded(None, "POST")
def drop_pin(request: HttpRequest) -> HttpResponse:
    """Take one's own PIN away."""
    pins.drop(person(request), event(request))
    messages.success(request, _("You have no PIN any more. The password unlocks as ever."))
    return redirect("pin")
