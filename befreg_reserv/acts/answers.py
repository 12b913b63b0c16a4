"""What a view answers with when an act is refused: the form, or a page that says why."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.text import FreeTextField
from befreg_reserv.times import LocalTimeField, moment

if TYPE_CHECKING:  # a higher layer
    from befreg_reserv.people.models import User

BAD_FORM, CONFLICT = HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT

T = TypeVar("T")
View = Callable[..., HttpResponse]
Answer = Callable[[HttpRequest, Any], HttpResponse]  # makes the page for a request that was refused


def event(request: HttpRequest, at: datetime | None = None) -> Event:
    """Return the event of what the signed-in person does now.

    ``at``: the time, if the act itself reads the database's clock. Otherwise the clock is read
    here, with one statement.
    """
    return Event.now(cast("User", request.user), at or clock.now())


def typed_event(request: HttpRequest, data: Mapping[str, Any]) -> Event:
    """Return the event that the signed-in person records now, at the time and by whom they typed.

    ``data``: cleaned data of a form with ``at`` or ``by``. An empty ``at`` means now, an empty
    ``by`` the signed-in person.
    """
    now = event(request)
    return replace(now, at=data.get("at") or now.at, by=data.get("by") or now.by)


def carry_out(
    form: BaseForm, act: Callable[[], T], fields: Mapping[type[Refused], str] | None = None
) -> T | None:
    """Call ``act`` if the form is valid, and return its result.

    Returns None if the form isn't valid, or if the act was refused because of one of its fields,
    which then shows the error. ``fields``: classes of refusals that this form shows beside another
    field than their own. Raises every other Refused.
    """
    if not form.is_valid():
        return None
    try:
        return act()
    except Refused as refusal:
        named = (name for kind, name in (fields or {}).items() if isinstance(refusal, kind))
        field = next(named, refusal.field)
        if field not in form.fields:
            raise
        form.add_error(field, refusal.beside_field)
        return None


def understood(form: BaseForm) -> dict[str, str]:
    """Return each time that was typed without its date, in full: what a check page sends on."""
    fields = form.fields.items()
    times = {name: field for name, field in fields if isinstance(field, LocalTimeField)}
    return {name: moment(field.understood) for name, field in times.items() if field.understood}


def say_understood(request: HttpRequest, form: BaseForm) -> None:
    """Add a message for each time that was typed without its date: what was understood."""
    for name, time in understood(form).items():
        words = {"typed": form[name].value(), "time": time}
        messages.info(request, _("“%(typed)s” was understood as %(time)s.") % words)


def point_out(request: HttpRequest, *sent: BaseForm) -> None:
    """Say on the next page which urgent texts look like a person's number or name."""
    for form, (name, field) in [(each, named) for each in sent for named in each.fields.items()]:
        urgent = isinstance(field, FreeTextField) and field.urgent
        text = str(form.cleaned_data.get(name) or "") if urgent else ""
        if found := text and cast("FreeTextField", field).seen(text):
            said = _(
                "“%(field)s” was kept, and looks like it contains %(what)s. If it says who a"
                " patient is, ask the administrator to mask it."
            )
            messages.warning(request, said % {"field": field.label, "what": found})


def status_of(*forms: BaseForm | None) -> int:
    """Return the status of a page with these forms: 400 if one was sent and is shown again."""
    return BAD_FORM if any(form and form.is_bound for form in forms) else 200


def answering(
    template: str, pages: Mapping[type[Refused], Answer] | None = None
) -> Callable[[View], View]:
    """Answer a Refused with ``template`` and 409, or with the page for its class in ``pages``.

    The template gets ``refusal`` and ``drill``.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except Refused as refusal:
                for kind, page in (pages or {}).items():
                    if isinstance(refusal, kind):
                        return page(request, refusal)
                context = {"refusal": refusal, "drill": refusal.drill}
                return render(request, template, context, status=CONFLICT)

        return answer

    return decorate


# For refusals that need no page of their own.
answers_refusals = answering("refused.html")
