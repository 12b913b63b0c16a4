"""The pages on which two colleagues let a third in, and on which an administrator sees it."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import answers_on, guarded, person, sent
from befreg_reserv.people.models import User
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.resets.forms import AnswerForm, ColleagueForm
from befreg_reserv.people.signing_in import passwords

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


def _page(request: HttpRequest, form: ColleagueForm) -> HttpResponse:
    user = person(request)
    waiting = [
        (reset, AnswerForm(initial={"reset": reset.pk}, auto_id=False))
        for reset in resetting.waiting(timezone.now()).exclude(person=user)
    ]
    context = {"form": form, "waiting": waiting, "minutes": settings.RESET_BY_TWO_MINUTES}
    return render(request, "people/colleague.html", context, status=status_of(form))


@answers_on("colleague:index")
@guarded(resetting.RIGHT, "POST")
@answers_refusals
def confirm(request: HttpRequest) -> HttpResponse:
    """Give the colleague a one-time password, and show it once."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _gone(request)
    reset, key = form.cleaned_data["reset"], form.cleaned_data["request_key"]
    password = passwords.one_time(key, reset.person.username)
    given = resetting.confirm(reset, event(request), password=password).row
    context = {"given": [(given, password.text)], "until": given.one_time_until, "by_two": reset}
    return render(request, "people/staff/given.html", context)


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
