"""What an administrator types of what claims give."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from befreg_reserv.environment.identity_provider import IdentityProvider
from befreg_reserv.people.models import Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.sso.models import VALUE_LENGTH
from befreg_reserv.people.staff.forms import OptionalWardForm
from befreg_reserv.text import LineField


class RuleForm(OptionalWardForm):
    """Which claim with which value gives a role, or a ward."""

    claim = forms.ChoiceField(label=_("Claim"))
    value = LineField(
        label=_("Value"),
        max_length=VALUE_LENGTH,
        help_text=_("Exactly as the identity provider says it, upper and lower case too."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the value.")},
    )
    role = forms.ChoiceField(
        label=_("Role (or a ward)"), required=False, choices=[("", "–"), *Role.choices]
    )
    field_order = ["claim", "value", "role", "ward"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = (settings.IDENTITY_PROVIDER or IdentityProvider).mapped
        self.fields["claim"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        self.fields["ward"].label = _("Ward (or a role)")

    def clean(self) -> dict[str, Any]:
        """Require a role or a ward, and not both."""
        data = super().clean()
        if not self.errors and bool(data.get("role")) == bool(data.get("ward")):
            self.add_error("role", _("Choose a role, or write a ward; one of them."))
        return data

    @property
    def gives(self) -> Role | Ward:
        """What the rule gives."""
        ward: Ward | None = self.cleaned_data["ward"]
        return ward or Role(self.cleaned_data["role"])
