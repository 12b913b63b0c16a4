"""Sign in, sign out, lock and unlock, choose a language."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from befreg_reserv.acts.answers import BAD_FORM
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.addresses import own_address
from befreg_reserv.audit import trail
from befreg_reserv.people import demonstration
from befreg_reserv.people.access import sent
from befreg_reserv.people.forms import SignInForm
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import User, Workstation
from befreg_reserv.people.signing_in import (
    drafts,
    enrolled,
    hashing,
    idle,
    passwords,
    pins,
    throttle,
    turns,
)
from befreg_reserv.people.signing_in.enrolled import YEAR_SECONDS, kept

FORBIDDEN, TOO_MANY = 403, 429
MARK_COOKIE = f"{settings.COOKIE_PREFIX}workstation"
TURN_COOKIE = f"{settings.COOKIE_PREFIX}turn"


@method_decorator(idle.reached_when_locked, name="dispatch")
class SignIn(LoginView):
    """vgr-id and password; then to the page asked for, or the door of the role."""

    template_name = "people/sign_in.html"
    authentication_form = SignInForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form to strangers; a locked session has a page of its own."""
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return redirect("locked") if idle.behind_lock(request) else super().get(request)

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return the page asked for, never this one: it would redirect a signed-in person for ever.

        Nor a bare word, which Django allows and then takes for the name of a view.
        """
        wanted = own_address(super().get_redirect_url())
        return "" if wanted == self.request.path else wanted

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form the time, which workstation this is, and whether a PIN opens the screen."""
        now, till = timezone.now(), self._till()
        known = {
            "at": now,
            "mark": mark_of(self.request),
            "turn": self.request.COOKIES.get(TURN_COOKIE, ""),
            "till": throttle.mark_of_till(till.pk) if till else "",
            "pin_of": pins.unlocks(self.request, enrolled.seen(self.request), now),
        }
        return super().get_form_kwargs() | known

    def _till(self) -> Workstation | None:
        """Return the enrolled workstation: proved where a form is sent, seen where one is shown."""
        if sent(self.request) is None:
            return enrolled.seen(self.request)
        return enrolled.proved(self.request)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Say who is who in a demonstration, which other ways in there are, who helps at night."""
        shown = {
            "demonstration": demonstration.people(),
            "sign_on": settings.IDENTITY_PROVIDER is not None,
            "by_two": bool(settings.RESET_BY_TWO_ROLES),
            "challenge": enrolled.challenge(self.request),  # what a workstation's key is to sign
            "till": enrolled.seen(self.request),
        }
        return super().get_context_data(**context) | shown

    def form_valid(self, form: Any) -> HttpResponse:
        """Let the person in: the locked one goes on, another begins at their own door."""
        user, locked = form.get_user(), idle.behind_lock(self.request)
        # The one who is locked came in with it: that is the same use.
        if user != locked and user.must_change_password:
            try:
                passwords.use_one_time(user, Event.now(user, form.at))
            except Refused as refusal:
                form.add_error(None, str(refusal.advice))
                act, action = Logged.ONE_TIME_REFUSED, trail.Action.ACCESS
                trail.record(user, act, actor=None, at=form.at, action=action)
                return self.form_invalid(form)
        mark = form.mark if form.by_pin else throttle.succeeded(user.username, form.mark, form.at)
        if user == locked:
            response = self._unlocked(user, Logged.UNLOCKED_BY_PIN if form.by_pin else None)
        else:
            response = super().form_valid(form)
            response = redirect("door") if locked else response
            if trial := demonstration.to_try(user.username):
                messages.info(self.request, trial)
        self._note_till(form, response)
        if mark:
            keep_mark(response, mark)
        if TURN_COOKIE in self.request.COOKIES:
            response.delete_cookie(TURN_COOKIE)
        return response

    def _note_till(self, form: Any, response: HttpResponse) -> None:
        """Note at which enrolled workstation somebody came in, if at one."""
        till = self._till()
        if not form.by_pin:
            pins.note_password(self.request, till, form.at)
        if till:
            throttle.succeeded_at_till(form.get_user().username, form.till)
            enrolled.note_use(till, form.at)
            enrolled.remember_again(self.request, response)

    def _unlocked(self, user: User, act: Logged | None) -> HttpResponse:
        if idle.unlock(self.request, user, timezone.now(), act or Logged.UNLOCKED):
            text = _("The page had locked itself, so nothing was sent. Please send it again.")
            messages.info(self.request, text)
        return redirect(idle.take_back(self.request, self.get_redirect_url()) or "door")

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, as a refusal and not as a success."""
        response = super().form_invalid(form)
        response.status_code = TOO_MANY if form.wait else BAD_FORM
        if form.wait:
            response.headers["Retry-After"] = str(form.wait)
            kept_for = int(turns.KEPT_FOR.total_seconds())
            response.set_cookie(TURN_COOKIE, form.turn, **kept(kept_for))
        if form.wait and not form.crowded:
            _record_refused(form)
        return response


class Unlock(SignIn):
    """The lock page: the same person goes on, or another signs in. Strangers are sent away."""

    template_name = "people/locked.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for the password, or redirect if the session isn't locked."""
        if idle.behind_lock(request):
            return LoginView.get(self, request)
        return redirect_to_login(self.get_redirect_url() or "/")

    def get_initial(self) -> dict[str, Any]:
        """Return the vgr-id of the person who may go on."""
        person = idle.named_person(self.request)
        return {"username": person.username} if person else {}

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form, with focus on the first empty field."""
        form: Any = super().get_form(form_class)
        if idle.named_person(self.request):
            form.focus_password()
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the person on the page, unless the user is to be changed."""
        return super().get_context_data(**kwargs) | {"person": idle.named_person(self.request)}


@method_decorator(idle.reached_when_locked, name="dispatch")
class SignOut(LogoutView):
    """End the session; POST only."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign out the person whose session it is, locked or not."""
        request.user = idle.holder(request) or request.user
        return super().post(request, *args, **kwargs)


@idle.reached_when_locked
@require_POST
def lock(request: HttpRequest) -> HttpResponseBase:
    """Lock at once: for the script of an idle page, or to let another person come (``change``).

    A form that was half filled in may come along: its fields, and the page's ``draft_path``.
    """
    person, now = idle.holder(request), timezone.now()
    back = own_address(request.POST.get("next", "")) or "/"
    if person:
        idle.lock(request, person, now, change="change" in request.POST)
        path = idle.keep_draft(request, request.POST.get("draft_path", ""), now)
        back = path if path and back == "/" else back
    return idle.to_lock_page(request, back)


@idle.reached_when_locked
@idle.not_activity
def still_here(request: HttpRequest) -> HttpResponse:
    """Say who is signed in and in how many seconds it locks; by POST, note some activity.

    A form that is being filled in may come along, as for ``lock``: it is offered when its page is
    opened again.
    """
    user, now = request.user, timezone.now()
    if sent(request) is not None:
        if not user.is_authenticated:
            return HttpResponse(status=FORBIDDEN)
        idle.mark_active(request, user, now)
        drafts.keep(user, request.POST.get("draft_path", ""), idle.typed_in(request), now)
        return HttpResponse(status=204)
    person = idle.named_person(request) or user
    return JsonResponse({"person": person.pk, "seconds": idle.seconds_left(request, now)})


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect Django's admin to our sign-in page; refuse a person who is signed in already.

    A redirect would bring them back here for ever.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", "/admin/"))


@idle.reached_when_locked
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language: with the person, or in a cookie before sign-in."""
    language = request.POST.get("language", "")
    back = own_address(request.POST.get("next", ""))
    known = language in dict(settings.LANGUAGES)
    if known and request.user.is_authenticated:
        idle.keep_draft(request, request.POST.get("draft_path", ""), timezone.now())
        back = idle.take_back(request, back)
        request.user.language = language
        request.user.save(update_fields=["language"])
    response = redirect(back or "door")
    if known:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=YEAR_SECONDS,
            samesite="Lax",
            secure=settings.LANGUAGE_COOKIE_SECURE,
        )
    return response


def mark_of(request: HttpRequest) -> str:
    """Return the mark by which the throttle knows this browser, or ""."""
    return str(request.get_signed_cookie(MARK_COOKIE, "", max_age=YEAR_SECONDS))


def keep_mark(response: HttpResponse, mark: str) -> None:
    """Let the browser be recognised: by a random mark that says nothing of the person."""
    response.set_signed_cookie(MARK_COOKIE, mark, **kept(YEAR_SECONDS))


def _record_refused(form: SignInForm) -> None:
    """Log it only for a known person: any other text may be a password."""
    vgr_id = form.cleaned_data["username"]
    if not throttle.tells_refusal(vgr_id, form.till or form.mark, form.at):
        return
    with hashing.even():
        if known := User.objects.filter(username=vgr_id).first():
            act, action = Logged.SIGN_IN_REFUSED, trail.Action.ACCESS
            trail.record(known, act, actor=None, at=form.at, action=action)
