"""What a view answers with when an act is refused: the form, or a page that says why."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from befreg_reserv import clock
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused

if TYPE_CHECKING:  # people lie above
    from befreg_reserv.people.models import User

BAD_FORM, CONFLICT = HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT

T = TypeVar("T")
View = Callable[..., HttpResponse]
Answer = Callable[[HttpRequest, Any], HttpResponse]  # to a request and its refusal


def event(request: HttpRequest, at: datetime | None = None) -> Event:
    """Return the event of what the signed-in person does now.

    ``at``: now, where the act itself asks the database's clock; else it is asked here, by one
    statement.
    """
    return Event.now(cast("User", request.user), at or clock.now())


def typed_event(request: HttpRequest, data: Mapping[str, Any]) -> Event:
    """Return the event that the signed-in person records now; when and by whom as ``data`` says.

    ``data``: of a form with ``at`` or ``by``; what was left empty is now, and the person.
    """
    now = event(request)
    return replace(now, at=data.get("at") or now.at, by=data.get("by") or now.by)


def carry_out(
    form: BaseForm, act: Callable[[], T], fields: Mapping[type[Refused], str] | None = None
) -> T | None:
    """Do the act of a form that is valid, and return what it returns.

    None: the form isn't valid, or the act was refused for one of its fields, which says so now.
    ``fields``: kinds of refusals that belong to another field here than their own. Raises every
    other Refused.
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


def status_of(*forms: BaseForm | None) -> int:
    """Return the status of a page with these forms: 400 where one was sent and is shown again."""
    return BAD_FORM if any(form and form.is_bound for form in forms) else 200


def answering(
    template: str, pages: Mapping[type[Refused], Answer] | None = None
) -> Callable[[View], View]:
    """Answer with a page where an act is refused: ``template``, or that of the kind in ``pages``.

    The template is given ``refusal`` and ``drill``.
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


# The page of a refusal that needs no page of its own kind.
answers_refusals = answering("refused.html")
