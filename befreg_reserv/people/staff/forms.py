"""What an administrator types of people. Checks of shape, and which ward is named."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from befreg_reserv.pasted import TableForm
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.staff.finding import Person, Which
from befreg_reserv.people.vgr_id import MAX_LENGTH, normalise
from befreg_reserv.people.wards.forms import KnownWardForm
from befreg_reserv.text import LineField

ROLE, STAYS, CHOSEN = "role-", "stays-", "person-"  # a box's name is this and what it is for
SEARCHED_LENGTH = 100
EMAIL_LENGTH = 254


class RolesForm(forms.Form):
    """Roles, each a box of its own name, and an e-mail."""

    email = forms.EmailField(
        label=_("E-mail (optional)"),
        help_text=_("Administrators get reminders there."),
        required=False,
        max_length=EMAIL_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("This is no e-mail address. Write one as name@example.org.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in Role:
            self.fields[f"{ROLE}{role.value}"] = forms.BooleanField(
                label=role.label, required=False
            )

    @property
    def boxes(self) -> Iterator[BoundField]:
        """The boxes of the roles."""
        return (self[f"{ROLE}{role.value}"] for role in Role)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that were ticked."""
        return frozenset(role for role in Role if self.cleaned_data[f"{ROLE}{role.value}"])


def seen_field() -> forms.CharField:
    """Return the field for the mark of what the page showed."""
    return forms.CharField(max_length=64, widget=forms.HiddenInput)


class PersonForm(RolesForm):
    """What a person may do, and where mail reaches them."""

    seen = seen_field()

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        initial = {f"{ROLE}{role.value}": True for role in person.roles}
        kwargs["initial"] = {**initial, "email": person.user.email, "seen": person.mark}
        super().__init__(*args, **kwargs)


class OptionalWardForm(KnownWardForm):
    """A ward by name, or none."""

    def _named(self, text: str) -> Ward | None:
        return super()._named(text) if text else None


class NewPersonForm(RolesForm, OptionalWardForm):
    """Somebody new: vgr-id, roles, and a ward."""

    vgr_id = LineField(
        label=_("vgr-id"),
        max_length=MAX_LENGTH,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={
            "required": _("Write the person's vgr-id."),
            "invalid": _("A vgr-id has letters and digits, without blanks."),
        },
    )
    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
    field_order = ["vgr_id"]

    def clean_vgr_id(self) -> str:
        """Return the vgr-id in lower case."""
        return normalise(self.cleaned_data["vgr_id"])


class WardsForm(OptionalWardForm):
    """The wards of a person: a box for each that stays, and one more by name."""

    seen = seen_field()

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"seen": person.mark}
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["ward"].label = _("One more ward (optional)")
        for ward in person.wards:
            self.fields[f"{STAYS}{ward.pk}"] = forms.BooleanField(
                label=str(ward), required=False, initial=True
            )

    @property
    def boxes(self) -> Iterator[BoundField]:
        """A box for each ward of the person."""
        return (self[f"{STAYS}{ward.pk}"] for ward in self.person.wards)

    @property
    def leaves(self) -> set[int]:
        """The keys of the wards that the person leaves: those whose box was emptied."""
        held = (ward.pk for ward in self.person.wards)
        return {key for key in held if not self.cleaned_data[f"{STAYS}{key}"]}


class AccountForm(forms.Form):
    """A button that ends an account, lets it live again, or sets a one-time password."""

    seen = seen_field()
    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)


class SearchForm(forms.Form):
    """Which people a list shows."""

    q = LineField(
        label=_("vgr-id or ward"),
        required=False,
        max_length=SEARCHED_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("All roles")), *Role.choices]
    )
    which = forms.ChoiceField(label=_("Who"), required=False, choices=Which.choices)


class SeveralForm(OptionalWardForm):
    """What to do with the people whose boxes are ticked."""

    JOIN, PASSWORDS, DEACTIVATE, REACTIVATE = "join", "passwords", "deactivate", "reactivate"
    what = forms.ChoiceField(
        label=_("What to do with them"),
        choices=[
            (JOIN, _("They join a ward")),
            (PASSWORDS, _("They get new one-time passwords")),
            (DEACTIVATE, _("Deactivate them")),
            (REACTIVATE, _("Reactivate them")),
        ],
        error_messages={"required": _("Choose what to do.")},
    )
    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, offered: list[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ward"].label = _("Ward that they join")
        self.offered = offered

    def clean(self) -> dict[str, Any]:
        """Require somebody, and a ward to join."""
        data = super().clean()
        if not self.chosen:
            raise forms.ValidationError(_("Tick at least one person."))
        missing = data.get("what") == self.JOIN and not data.get("ward")
        if missing and not self.errors:
            self.add_error("ward", _("Write which ward they join."))
        return data

    @property
    def chosen_words(self) -> str:
        """What was chosen to be done, as its choice says it."""
        field = self.fields["what"]
        return str(dict(getattr(field, "choices", ())).get(self.cleaned_data["what"], ""))

    @property
    def joins(self) -> str:
        """The ward to be joined, if that was chosen."""
        joins = self.cleaned_data["what"] == self.JOIN
        return str(self.cleaned_data["ward"]) if joins else ""

    @property
    def ends_accounts(self) -> bool:
        """Tell whether people could sign in no more."""
        return bool(self.cleaned_data["what"] == self.DEACTIVATE)

    @property
    def as_checked(self) -> Iterator[SafeString]:
        """The hidden fields of what a check page shows; later a word may mean another ward."""
        checked = {"what": self.cleaned_data["what"], "ward": self.joins}
        checked["request_key"] = str(self.cleaned_data["request_key"])
        for name, value in checked.items():
            yield forms.HiddenInput().render(name, value)

    @property
    def chosen(self) -> list[User]:
        """The people whose boxes were ticked."""
        return [user for user in self.offered if f"{CHOSEN}{user.pk}" in self.data]

    @property
    def seen(self) -> dict[int, str]:
        """What the page showed of each who was ticked, by their key: a mark is a box's value."""
        return {user.pk: self.data[f"{CHOSEN}{user.pk}"] for user in self.chosen}


class PeopleFileForm(TableForm):
    """People, as a file or pasted. ``seen``: the mark of the preview that is confirmed."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)
