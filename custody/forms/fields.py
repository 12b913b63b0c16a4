"""Fields and forms that several screens share. Checks of shape only."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people import vgr_id
from befreg_reserv.text import LineField, ReasonField
from befreg_reserv.times import LocalTimeField


class VgrIdField(LineField):
    """A vgr-id in any case. Odd shapes pass: an emergency must not wait for a pattern."""

    default_error_messages: ClassVar = {"required": _("Write the vgr-id.")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", vgr_id.MAX_LENGTH)
        options.setdefault(
            "widget",
            forms.TextInput(
                attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
            ),
        )
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        """Return the vgr-id in lower case."""
        return vgr_id.normalise(super().to_python(value))


class DoneByField(VgrIdField):
    """Who did something: somebody who can be asked, and no word that says that nobody knows."""

    def validate(self, value: str) -> None:
        """Raise ValidationError for such a word."""
        super().validate(value)
        if vgr_id.says_unknown(value):
            raise forms.ValidationError(_("That is nobody's vgr-id. Write whose it was."))


class SexField(forms.ChoiceField):
    """K, M or X, in any case."""

    default_error_messages: ClassVar = {
        "required": _("Choose the sex. If nobody knows it, choose X.")
    }

    def to_python(self, value: Any) -> str:
        """Return the letter in upper case."""
        return str(super().to_python(value)).strip().upper()


class HappenedAtField(LocalTimeField):
    """When something happened; empty means now."""

    def __init__(self, **options: Any) -> None:
        text = _("As 14:05, or with its date as 2026-11-22 14:05. Empty if it was just now.")
        super().__init__(past=True, required=False, help_text=text, **options)


class CalledAtField(forms.CharField):
    """When the form for a call was opened, as the page itself sends it back.

    A text that is no time becomes None: no call is refused for it.
    """

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> datetime | None:
        """Return the aware time, or None."""
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            return None
        return at if at.tzinfo else None


class ReasonForm(forms.Form):
    """The reason for a correction."""

    reason = ReasonField()


class SettledForm(ReasonForm):
    """What became in Befreg of a patient who waited for a number."""

    reason = ReasonField(
        label=_("What was done in Befreg"),
        error_messages={
            "required": _("Write what was done, in a few words. It stays in the record.")
        },
    )
