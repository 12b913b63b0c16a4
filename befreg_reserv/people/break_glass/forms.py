"""What is typed to break the glass, and to make an account."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.break_glass.models import PLACE_LENGTH, REASON_LENGTH
from befreg_reserv.people.forms import SignInForm
from befreg_reserv.people.staff.forms import ROLE, NewPersonForm
from befreg_reserv.text import FreeTextField, LineField

SHORTEST_REASON = 10


class GlassForm(SignInForm):
    """The name and the secret of the envelope, and why it was opened."""

    # Names of the staff are asked for, and an emergency waits for nothing.
    reason = FreeTextField(
        urgent=True,
        names=False,
        label=_("Why the glass is broken"),
        min_length=SHORTEST_REASON,
        max_length=REASON_LENGTH,
        help_text=_("Who you are, and why nobody can sign in as usual. Everybody who answers for"
                    " this will read it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Write why."),
            "min_length": _("Write why in some words: who you are, and what has happened."),
        },
    )  # fmt: skip
    field_order = ["username", "password", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Name on the envelope")
        self.fields["password"].label = _("Secret in the envelope")

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse what is inactive alone: this page is where a sealed account opens."""
        if not user.is_active:
            super().confirm_login_allowed(user)


class GlassAccountForm(NewPersonForm):
    """A new account: a name, roles, and where its envelope will lie."""

    place = LineField(
        label=_("Where the envelope lies"),
        max_length=PLACE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write where it lies.")},
    )
    field_order = ["vgr_id", "place"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vgr_id"].label = _("Name of the account")
        for name in ("email", "ward", "ward_choice", "ward_asked"):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Require a role: without one nothing would open."""
        data = forms.Form.clean(self) or self.cleaned_data
        roles = [name for name in self.fields if name.startswith(ROLE)]
        if not self.errors and not any(data.get(name) for name in roles):
            self.add_error(roles[0], _("Tick at least one role: without one nothing opens."))
        return data


class SealForm(forms.Form):
    """A button that makes a new envelope."""

    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
