"""The page on which the glass is broken, and the administrator's page of the accounts."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from befreg_reserv import clock
from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.access import answers_on, guarded, sent
from befreg_reserv.people.break_glass import keeping
from befreg_reserv.people.break_glass.forms import GlassAccountForm, GlassForm, SealForm
from befreg_reserv.people.break_glass.keeping import NewAccount
from befreg_reserv.people.break_glass.models import Account, Breaking
from befreg_reserv.people.break_glass.sessions import GLASS
from befreg_reserv.people.signing_in import idle, passwords
from befreg_reserv.people.signing_in.strong import needs_strong_sign_in
from befreg_reserv.people.views import SignIn


@method_decorator(idle.reached_when_locked, name="dispatch")
class BreakGlass(SignIn):
    """Name, secret and reason; then to the door of the account's role, for some hours."""

    template_name = "people/break_glass/sign_in.html"
    authentication_form = GlassForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Say for how long it will be open."""
        return super().get_context_data(**context) | {"hours": settings.BREAK_GLASS_HOURS}

    def form_valid(self, form: Any) -> HttpResponse:
        """Break the seal, and let the person in; or say why not, beside the name."""
        user = form.get_user()
        try:
            keeping.break_open(user, form.cleaned_data["reason"], Event.now(user, clock.now()))
        except Refused as refusal:
            form.add_error("username", str(refusal))
            return self.form_invalid(form)
        return super().form_valid(form)


@guarded(None, "POST")
def done(request: HttpRequest) -> HttpResponse:
    """End the use of the account one is signed in with, and sign out."""
    use: Breaking | None = getattr(request, GLASS, None)
    if use:
        keeping.end(use, event(request))
        logout(request)
        text = _("The break-glass account is closed. An administrator seals it anew.")
        messages.success(request, text)
    return redirect("sign-in" if use else "door")


@guarded("break_glass.view_account")
def index(request: HttpRequest) -> HttpResponse:
    """Show the accounts, which are sealed and which were used, and why."""
    return _page(request, GlassAccountForm())


def _page(request: HttpRequest, form: GlassAccountForm) -> HttpResponse:
    now = clock.now()
    listed = [
        (account, account.newest, _goes_on(account, now), SealForm(auto_id=f"{account.pk}_%s"))
        for account in keeping.every()
    ]
    uses = Breaking.objects.select_related("seal__account__user")[:50]
    context = {"form": form, "accounts": listed, "uses": uses}
    return render(request, "people/break_glass/index.html", context, status=status_of(form))


def _goes_on(account: Account, now: Any) -> bool:
    use = account.newest.use
    return use is not None and use.goes_on(now)


@answers_on("glass:index")
@needs_strong_sign_in
@guarded("break_glass.change_account", "POST")
@answers_refusals
def make(request: HttpRequest) -> HttpResponse:
    """Make an account, and show what goes into its envelope."""
    form = GlassAccountForm(sent(request))
    answer = carry_out(form, lambda: _made(request, form))
    return _page(request, form) if answer is None else answer


def _made(request: HttpRequest, form: GlassAccountForm) -> HttpResponse:
    data = form.cleaned_data
    key: UUID = data["request_key"]
    secret = passwords.one_time(key, data["vgr_id"])
    new = NewAccount(data["vgr_id"], form.roles, data["place"])
    account = keeping.make(new, event(request), secret=secret, request_key=key).row
    return _envelope(request, account, secret.text)


@needs_strong_sign_in
@guarded("break_glass.change_account", "POST")
@answers_refusals
def seal(request: HttpRequest, pk: int) -> HttpResponse:
    """Seal an account anew, and show what goes into its envelope."""
    account = get_object_or_404(Account.objects.select_related("user"), pk=pk)
    form = SealForm(request.POST)
    if not form.is_valid():
        return redirect("glass:index")
    key: UUID = form.cleaned_data["request_key"]
    secret = passwords.one_time(key, account.user.username)
    keeping.seal(account, event(request), secret=secret, request_key=key)
    return _envelope(request, account, secret.text)


def _envelope(request: HttpRequest, account: Account, secret: str) -> HttpResponse:
    """Show the secret, which is stored nowhere: this page alone has it."""
    context = {"account": account, "secret": secret, "hours": settings.BREAK_GLASS_HOURS}
    return render(request, "people/break_glass/envelope.html", context)


@needs_strong_sign_in
@guarded("break_glass.change_account", "POST")
@answers_refusals
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a use that goes on: its sessions end at their next request."""
    keeping.end(get_object_or_404(Breaking, pk=pk), event(request))
    messages.success(request, _("The use has ended. Seal the account anew."))
    return redirect("glass:index")
