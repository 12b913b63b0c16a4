"""Sign in, sign out, choose a language."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect

from befreg_reserv.addresses import own_address
from befreg_reserv.people.forms import SignInForm

YEAR_SECONDS = 365 * 24 * 3600


class SignIn(LoginView):
    """vgr-id and password; then to the page asked for, or the door of the role."""

    template_name = "people/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return the page asked for; never this one, where a signed-in person would go round."""
        wanted = super().get_redirect_url()
        return "" if wanted == self.request.path else wanted

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, as a refusal and not as a success."""
        response = super().form_invalid(form)
        response.status_code = 400
        return response


class SignOut(LogoutView):
    """End the session; POST only."""


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Send Django's admin to the one sign-in page there is; refuse who is signed in already.

    Sent on, they would come back here for ever.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", "/admin/"))


def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language: with the person, or in a cookie before sign-in."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    language = request.POST.get("language", "")
    response = redirect(own_address(request.POST.get("next", "")) or "door")
    if language in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR_SECONDS, samesite="Lax"
        )
    return response
