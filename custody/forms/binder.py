"""Forms of the administrator for a binder. They check the shape only."""

from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.clock import TOLERANCE
from befreg_reserv.pasted import TableForm
from befreg_reserv.text import LineField, ReasonField
from befreg_reserv.times import LocalTimeField
from custody.forms.fields import ReasonForm
from custody.models import Binder
from custody.numbers import scanned
from custody.numbers.identities import LENGTH, LONGEST

MOST_NAMES = 20  # of binders, of each kind
LEAST_TO_FIND = 4  # characters: what tells a binder's numbers apart
NOT_A_NUMBER = _("Write the whole number, or the last four at least.")
SHORTEST_NAME, LONGEST_NAME = 2, 60


class FindForm(forms.Form):
    """A number of which somebody asks what became of it, a part of it, or its name in Befreg."""

    number = LineField(
        label=_("Reserve number, its last four, birth date or name in Befreg"),
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
        error_messages={"required": NOT_A_NUMBER},
    )

    def clean_number(self) -> str:
        """Return it as it is stored, a name as typed. Refuse what is longer, and what most have."""
        typed: str = self.cleaned_data["number"]
        if scanned.is_name(typed) and SHORTEST_NAME <= len(typed) <= LONGEST_NAME:
            return typed
        number = scanned.one(self.cleaned_data["number"])
        if not LEAST_TO_FIND <= len(number) <= LENGTH:
            raise forms.ValidationError(NOT_A_NUMBER)
        return number


class ExplainForm(ReasonForm):
    """Where a missing sheet was."""

    reason = ReasonField(
        label=_("Where was the sheet?"), error_messages={"required": _("Write where it was.")}
    )


class BinderForm(TableForm):
    """Numbers for a binder, as a file or pasted."""

    field_order = ("name", "training", "family_name", "given_name", "since", "file", "text")
    name = LineField(
        label=_("The binder's name"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "binders", "autocomplete": "off"}),
        help_text=_("A name that exists refills that binder."),
        error_messages={"required": _("Write the binder's name, as it stands on its back.")},
    )
    training = forms.BooleanField(label=_("A training binder, for drills"), required=False)
    family_name = LineField(
        label=_("Family name in Befreg"), required=False, max_length=60, initial="Driftstopp"
    )
    given_name = LineField(
        label=_("Given name in Befreg"), required=False, max_length=60, initial="AKM"
    )
    since = LocalTimeField(
        past=True,
        label=_("Since when have the sheets lain in the binder?"),
        help_text=_("As 2026-11-22 14:05. Empty if they were laid in just now."),
        required=False,
    )

    file = forms.FileField(
        label=_("File (CSV with tab and number, or one number a line)"),
        required=False,
        allow_empty_file=True,
    )

    def clean_since(self) -> datetime | None:
        """Refuse a time to come."""
        since: datetime | None = self.cleaned_data["since"]
        if since and since > timezone.now() + TOLERANCE:
            raise forms.ValidationError(_("The time lies in the future."))
        return since

    @staticmethod
    def known_names() -> list[str]:
        """Return the names of the latest binders of each kind, for the form's suggestions."""
        return [
            name
            for kind in (False, True)
            for name in Binder.objects.filter(training__in=[kind])
            .order_by("-pk")
            .values_list("name", flat=True)[:MOST_NAMES]
        ]
