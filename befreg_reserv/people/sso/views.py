"""To the identity provider and back, and its word that a session has ended."""

import logging
from typing import Final, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY, login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from befreg_reserv import clock, waits
from befreg_reserv.acts.answers import answers_refusals, event
from befreg_reserv.acts.event import Unattended
from befreg_reserv.acts.refused import Refused
from befreg_reserv.addresses import own_address
from befreg_reserv.people.access import guarded
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import idle
from befreg_reserv.people.signing_in.strong import needs_strong_sign_in
from befreg_reserv.people.sso import arriving, coming, leaving, tokens
from befreg_reserv.people.sso.arriving import Arrival
from befreg_reserv.people.sso.coming import PROVE, SIGN_IN, UNLOCK, Journey
from befreg_reserv.people.sso.models import Identity, Vouched
from befreg_reserv.people.sso.provider import Away, Refusal
from befreg_reserv.people.views import SignIn, Unlock

logger = logging.getLogger(__name__)
VOUCHED: Final = "vouched"  # in the session: the key of its row
BAD_REQUEST, CONFLICT, UNAVAILABLE = 400, 409, 503


def _look_for_provider() -> None:
    """Raise Http404 where the hospital has none."""
    if settings.IDENTITY_PROVIDER is None:
        raise Http404


@idle.reached_when_locked
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the identity provider; if that is away, say so beside the password."""
    _look_for_provider()
    why = PROVE if request.user.is_authenticated else SIGN_IN
    why = UNLOCK if idle.behind_lock(request) else why
    onward = own_address(request.GET.get("next", ""))
    try:
        address, journey = coming.sent_off(request, why, onward, timezone.now())
    except (Away, Refusal) as fault:
        return _not_there(request, fault)
    response = redirect(address)
    coming.keep(response, journey)
    return response


@idle.reached_when_locked
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Let in whom the identity provider sent back, or say why not."""
    _look_for_provider()
    journey = coming.carried(request)
    if journey is None:
        response = _not_this_way(request, _("This sign-in took too long, or was used before."))
    else:
        response = _answered(request, journey)
    coming.forget(response)
    return response


def _answered(request: HttpRequest, journey: Journey) -> HttpResponse:
    try:
        arrival = coming.arrived(request, journey)
        return _let_in(request, journey, arrival)
    except coming.Denied:
        return _not_this_way(request, _("The identity provider didn't let you in."))
    except (Away, Refusal) as fault:
        return _not_there(request, fault)
    except Refused as refusal:
        return _not_this_way(request, str(refusal.advice), status=CONFLICT)


def _let_in(request: HttpRequest, journey: Journey, arrival: Arrival) -> HttpResponse:
    by = Unattended(clock.now(), leaving.BY)
    if journey.why == PROVE:
        return _proved(request, journey, arrival, by)
    vouched = arriving.arrive(arrival, by).row
    user, locked = User.objects.get(pk=vouched.identity.user_id), idle.behind_lock(request)
    if locked == user:
        return _unlocked(request, user, vouched, journey.onward)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[VOUCHED] = vouched.pk
    return redirect("door" if locked else journey.onward or "door")


def _unlocked(request: HttpRequest, user: User, vouched: Vouched, onward: str) -> HttpResponse:
    request.session[VOUCHED] = vouched.pk
    request.session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    if idle.unlock(request, user, timezone.now()):
        text = _("The page had locked itself, so nothing was sent. Please send it again.")
        messages.info(request, text)
    return redirect(idle.take_back(request, onward) or "door")


def _proved(
    request: HttpRequest, journey: Journey, arrival: Arrival, by: Unattended
) -> HttpResponse:
    vouched = vouched_of(request)
    if vouched is None:
        return _not_this_way(request, _("Your session has ended. Sign in again."))
    arriving.prove(vouched, arrival, by)
    request.session.cycle_key()
    messages.info(request, _("You have shown who you are. Please send the form again."))
    return redirect(idle.take_back(request, journey.onward) or "door")


def vouched_of(request: HttpRequest) -> Vouched | None:
    """Return what the provider vouches for in this session, or None: another way of signing in."""
    key = request.session.get(VOUCHED)
    rows = Vouched.objects.select_related("identity__user")
    return rows.filter(pk=key).first() if key and request.user.is_authenticated else None


def _not_there(request: HttpRequest, fault: Away | Refusal) -> HttpResponse:
    """Say at once that the provider can't be reached, or answers what can't be believed."""
    logger.warning("Identity provider: %s", fault)
    if isinstance(fault, Away):
        text = _("The identity provider doesn't answer. Sign in with your local password.")
        return _not_this_way(request, text, status=UNAVAILABLE)
    text = _(
        "The identity provider's answer can't be used. Sign in with your local password, and tell"
        " the system administrator."
    )
    return _not_this_way(request, text)


def _not_this_way(request: HttpRequest, text: str, status: int = BAD_REQUEST) -> HttpResponse:
    """Show the page on which the local password is asked for, with why the other way failed.

    To somebody who is signed in, a page that says so.
    """
    if request.user.is_authenticated:
        refusal = Refused(text)
        return render(request, "refused.html", {"refusal": refusal}, status=status)
    page = Unlock if idle.behind_lock(request) else SignIn
    answer = page.as_view(extra_context={"fault": text})(request)
    answer.status_code = status
    return cast("HttpResponse", answer)


@csrf_exempt
@idle.reached_when_locked
@idle.not_activity
@require_POST
def ended(request: HttpRequest) -> HttpResponse:
    """Take the provider's word that a session has ended there: it ends here at its next request."""
    _look_for_provider()
    try:
        claims = tokens.logout(request.POST.get("logout_token", ""), waits.SIGN_ON_SECONDS)
    except Away:
        return JsonResponse({"error": "temporarily_unavailable"}, status=UNAVAILABLE)
    except Refusal as refusal:
        logger.warning("Logout token: %s", refusal)
        return JsonResponse({"error": "invalid_request"}, status=BAD_REQUEST)
    subject, sid = (str(claims.get(name, ""))[:255] for name in ("sub", "sid"))
    leaving.end(subject, sid, Unattended(clock.now(), leaving.BY))
    return HttpResponse()


def to_prove(request: HttpRequest, onward: str) -> HttpResponse:
    """Send somebody to show once more who they are, and then ``onward``."""
    return redirect(f"{reverse('sign-on:start')}?{urlencode({'next': onward})}")


@needs_strong_sign_in
@guarded("people.change_user", "POST")
@answers_refusals
def let_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the local password of somebody open again of whom the provider has said no."""
    identity = get_object_or_404(Identity.objects.select_related("user"), pk=pk)
    leaving.let_in(identity, event(request))
    text = _("%(person)s can sign in with the local password again.")
    messages.success(request, text % {"person": identity})
    return redirect("claims:index")
