"""The pages on which two colleagues let a third in, and on which an administrator sees it."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.audit import trail
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import answers_on, guarded, person, sent
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Reset, User
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.resets.forms import AnswerForm, ColleagueForm, ConfirmForm
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.views import TOO_MANY, keep_mark, mark_of

MOST_LISTED = 50


@guarded(resetting.RIGHT, "GET", "POST")
@answers_refusals
def index(request: HttpRequest) -> HttpResponse:
    """Begin to let a colleague in, and list what waits for its second person."""
    form = ColleagueForm(sent(request))
    done = carry_out(form, lambda: _begun(request, form))
    return done or _page(request, form)


def _begun(request: HttpRequest, form: ColleagueForm) -> HttpResponse:
    somebody: User = form.person  # type: ignore[assignment]  # the form is valid
    key = form.cleaned_data["request_key"]
    resetting.begin(somebody, event(request), request_key=key)
    messages.success(request, _("Begun. Now let another colleague confirm it, signed in there."))
    return redirect("colleague:index")


def _page(
    request: HttpRequest, form: ColleagueForm, refused: ConfirmForm | None = None
) -> HttpResponse:
    """Show what waits, and who can't sign in; ``refused``: a confirmation without its password."""
    user, now = person(request), timezone.now()
    asked = refused.cleaned_data.get("reset") if refused else None
    waiting = [
        (reset, refused if reset == asked else _to_confirm(user, reset, now))
        for reset in resetting.waiting(now).exclude(person=user)
    ]
    context = {
        "form": form,
        "refused": refused,
        "waiting": waiting,
        "minutes": settings.RESET_BY_TWO_MINUTES,
    }
    status = TOO_MANY if refused and refused.wait else status_of(form, refused)
    return render(request, "people/colleague.html", context, status=status)


def _to_confirm(user: User, reset: Reset, at: datetime) -> ConfirmForm:
    return ConfirmForm(user, initial={"reset": reset.pk}, auto_id=f"confirm_{reset.pk}_%s", at=at)


@answers_on("colleague:index")
@guarded(resetting.RIGHT, "POST")
@answers_refusals
def confirm(request: HttpRequest) -> HttpResponse:
    """Give the colleague a one-time password, and show it once. Asks for one's own."""
    user, now = person(request), timezone.now()
    asked = request.POST.get("reset", "")
    ids = f"confirm_{asked}_%s" if asked.isdecimal() else True  # it is no pattern of a sender's
    form = ConfirmForm(user, request.POST, auto_id=ids, at=now, mark=mark_of(request))
    if not form.is_valid():
        return _unconfirmed(request, form)
    reset, key = form.cleaned_data["reset"], form.cleaned_data["request_key"]
    password = passwords.one_time(key, reset.person.username)
    given = resetting.confirm(reset, event(request), password=password).row
    context = {"given": [(given, password.text)], "until": given.one_time_until, "by_two": reset}
    response = render(request, "people/staff/given.html", context)
    keep_mark(response, form.mark)
    return response


def _unconfirmed(request: HttpRequest, form: ConfirmForm) -> HttpResponse:
    """Show the form again, or what waits now. A wrong password is logged, not what was typed."""
    if form.wait or form.refused:
        act, action = Logged.RESET_REFUSED, trail.Action.ACCESS
        trail.record(form.user, act, actor=form.user, at=form.at, action=action)
    if {"reset", "request_key"} & form.errors.keys():
        return _gone(request)
    response = _page(request, ColleagueForm(), form)
    if form.wait:
        response.headers["Retry-After"] = str(form.wait)
    return response


@answers_on("colleague:index")
@guarded(resetting.RIGHT, "POST")
@answers_refusals
def decline(request: HttpRequest) -> HttpResponse:
    """Say no to what a colleague has begun, or take back what one has begun oneself."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _gone(request)
    resetting.decline(form.cleaned_data["reset"], event(request))
    messages.success(request, _("Nobody is let in. It stands in the log."))
    return redirect("colleague:index")


def _gone(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("That isn't here any more. Look at what waits now."))
    return redirect("colleague:index")


@guarded("people.change_user")
def every(request: HttpRequest) -> HttpResponse:
    """List what two colleagues did, for the administrators; what nobody has looked at is marked."""
    page = Uncounted(resetting.everything(), MOST_LISTED).get_page(request.GET.get("page"))
    listed = [(reset, AnswerForm(initial={"reset": reset.pk}, auto_id=False)) for reset in page]
    context = {"page": page, "listed": listed, "now": timezone.now()}
    return render(request, "people/colleague_every.html", context)


@answers_on("colleague:every")
@guarded("people.change_user", "POST")
@answers_refusals
def see(request: HttpRequest) -> HttpResponse:
    """Note that an administrator has looked at one."""
    form = AnswerForm(request.POST)
    if form.is_valid():
        resetting.see(form.cleaned_data["reset"], event(request))
        messages.success(request, _("Noted. It stands on the overview no more."))
    return redirect("colleague:every")
