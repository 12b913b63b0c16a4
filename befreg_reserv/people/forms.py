"""Sign-in."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people import throttle
from befreg_reserv.people.vgr_id import MAX_LENGTH, normalise
from befreg_reserv.text import LineField


class SignInForm(AuthenticationForm):
    """vgr-id and password, tried at ``at`` in the browser with the throttle's ``mark``.

    ``wait`` says how many seconds are to pass before the password is looked at; 0 if it was.
    """

    wait = 0
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

    def __init__(self, *args: Any, at: datetime, mark: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at, self.mark = at, mark
        self.fields["password"].label = _("Password")

    def clean(self) -> dict[str, Any]:
        """Check the password, unless this try has to wait."""
        vgr_id = self.cleaned_data.get("username")
        if vgr_id and self.cleaned_data.get("password"):
            self.wait = throttle.count_try(vgr_id, self.mark, self.at)
        if self.wait:
            raise forms.ValidationError(throttle.refusal(self.wait))
        return super().clean()

    def focus_password(self) -> None:
        """Begin at the password: the vgr-id is filled in."""
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["password"].widget.attrs["autofocus"] = True
