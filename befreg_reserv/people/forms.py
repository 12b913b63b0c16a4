"""Sign-in."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.vgr_id import MAX_LENGTH, normalise
from befreg_reserv.text import LineField


class SignInForm(AuthenticationForm):
    """vgr-id and password."""

    username = LineField(
        label=_("vgr-id"),
        max_length=MAX_LENGTH,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    error_messages = {
        "invalid_login": _(
            "The vgr-id or the password is wrong. Mind upper and lower case in the password."
        ),
    }

    def clean_username(self) -> str:
        """Return the vgr-id in lower case."""
        return normalise(self.cleaned_data["username"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
