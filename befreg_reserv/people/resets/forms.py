"""What two colleagues type to let a third in."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.forms import PresentPassword
from befreg_reserv.people.models import Reset, User
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.vgr_id import MAX_LENGTH, normalise
from befreg_reserv.text import LineField


class ColleagueForm(forms.Form):
    """Who can't sign in."""

    vgr_id = LineField(
        label=_("vgr-id of the colleague who can't sign in"),
        max_length=MAX_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("Write the person's vgr-id.")},
    )
    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def clean_vgr_id(self) -> str:
        """Return the vgr-id of somebody who is known here; ``person`` is who it is."""
        vgr_id = normalise(self.cleaned_data["vgr_id"])
        self.person = User.objects.filter(username=vgr_id).first()
        if self.person is None:
            raise forms.ValidationError(_("Nobody here has this vgr-id. Is it right?"))
        return vgr_id


class AnswerForm(forms.Form):
    """A button beside one reset."""

    reset = forms.ModelChoiceField(Reset.objects.none(), widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reset"].queryset = resetting.everything()  # type: ignore[attr-defined]


class ConfirmForm(PresentPassword, AnswerForm):
    """The second person's own password: whoever sits down at an open till hasn't got it."""

    password = forms.CharField(
        label=_("Your own password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Write your password.")},
    )
    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, user: User, *args: Any, at: datetime, mark: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.at, self.mark = user, at, mark

    def clean_password(self) -> str:
        """Check the password."""
        return self.checked(self.cleaned_data["password"])
