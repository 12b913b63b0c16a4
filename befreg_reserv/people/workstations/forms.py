"""What is typed of a workstation, and a PIN."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.people.forms import PresentPassword
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import enrolled, pins
from befreg_reserv.text import LineField

NAME_LENGTH, PLACE_LENGTH = 60, 120
KEY_LENGTH, PROOF_LENGTH = 200, 300


class EnrolForm(forms.Form):
    """A name and a place; the script of the page adds a key, and signs with it."""

    name = LineField(
        label=gettext_lazy("What the computer is called"),
        help_text=gettext_lazy("For instance “Till 1”, or the name on its label."),
        max_length=NAME_LENGTH,
        error_messages={"required": gettext_lazy("Write a name for the computer.")},
    )
    place = LineField(
        label=gettext_lazy("Where it stands (optional)"), max_length=PLACE_LENGTH, required=False
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    public_key = forms.CharField(
        widget=forms.HiddenInput, max_length=KEY_LENGTH, required=False, initial=""
    )
    proof = forms.CharField(
        widget=forms.HiddenInput, max_length=PROOF_LENGTH, required=False, initial=""
    )

    def clean(self) -> dict[str, Any]:
        """Take a key only from who has it: a browser that was changed meanwhile must begin anew."""
        data = super().clean() or {}
        key, proof = data.get("public_key", ""), data.get("proof", "")
        if key and not enrolled.owns(key, proof):
            raise forms.ValidationError(
                _("The browser couldn't prove its key. Open the page again, and send it anew.")
            )
        return data


class PinForm(PresentPassword, forms.Form):
    """The password of now, and a PIN."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": gettext_lazy("Write the password.")},
    )
    pin = forms.CharField(
        label=gettext_lazy("New PIN"),
        help_text=gettext_lazy("Six digits that nobody would guess, and no birth date."),
        max_length=6,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": gettext_lazy("Write six digits.")},
    )

    def __init__(self, user: User, *args: Any, at: datetime, mark: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.at, self.mark = user, at, mark

    def clean_password(self) -> str:
        """Check the password."""
        return self.checked(str(self.cleaned_data["password"]))

    def clean_pin(self) -> str:
        """Refuse what isn't six digits, and what others would try first."""
        pin = str(self.cleaned_data["pin"])
        if not pins.SHAPE.fullmatch(pin):
            raise forms.ValidationError(_("Write six digits."))
        if pins.is_obvious(pin):
            raise forms.ValidationError(
                _("Others would guess this one: no row, no pattern, no birth date.")
            )
        return pin
