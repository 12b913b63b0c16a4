"""What each person chooses for themselves: the keys, and the password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import event, status_of
from befreg_reserv.addresses import own_address
from befreg_reserv.audit import trail
from befreg_reserv.people.access import answers_on, guarded, person, sent
from befreg_reserv.people.forms import OwnPasswordForm
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.signing_in import idle, passwords
from befreg_reserv.people.views import TOO_MANY, keep_mark, mark_of


@guarded(None, "POST")
def single_keys(request: HttpRequest) -> HttpResponse:
    """Turn keys of one letter on or off for the signed-in person."""
    user = person(request)
    user.single_keys = request.POST.get("on") == "1"
    user.save(update_fields=["single_keys"])
    return redirect(own_address(request.POST.get("next", "")) or "door")


@passwords.changes_password
@answers_on("password")
@guarded(None, "GET", "POST")
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password. With a one-time password, no other page opens until then."""
    user, at = person(request), timezone.now()
    form = OwnPasswordForm(user, sent(request), at=at, mark=mark_of(request))
    if not form.is_valid():
        return _asked(request, form)
    try:
        chosen, here = form.cleaned_data["new_password1"], str(request.session.session_key)
        passwords.choose(user, chosen, event(request, at), here=here)
    except passwords.ChangedMeanwhile:
        return redirect("password")  # this leads to the sign-in page: the session has ended
    update_session_auth_hash(request, user)
    rotate_token(request)
    response = _go_on(request)
    if form.mark:
        keep_mark(response, form.mark)
    return response


def _asked(request: HttpRequest, form: OwnPasswordForm) -> HttpResponse:
    """Show the form. If the present password was wrong, log that, but not what was typed."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    context = {"form": form, "next": own_address(wanted)}
    status = TOO_MANY if form.wait else status_of(form)
    response = render(request, "people/password.html", context, status=status)
    if form.wait:
        response.headers["Retry-After"] = str(form.wait)
    if form.wait or form.refused:
        act, action = Logged.OWN_PASSWORD_REFUSED, trail.Action.ACCESS
        trail.record(form.user, act, actor=form.user, at=form.at, action=action)
    return response


def _go_on(request: HttpRequest) -> HttpResponse:
    """Redirect to the page that was asked for, or to the form that was sent but not executed."""
    messages.success(
        request, _("Your new password is in force. Where else you were signed in, you are no more.")
    )
    wanted = own_address(request.POST.get("next", ""))
    if idle.take_unsent(request):
        text = _("The password had to be changed first, so nothing was sent. Please send it again.")
        messages.info(request, text)
        wanted = idle.take_back(request, "") or wanted
    return redirect(wanted or "door")
