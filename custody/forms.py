"""What is typed at the till, on the ward, and by the administrator. Checks of shape only.

Whether an act is possible is decided by the act itself, under its lock.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people import vgr_id
from befreg_reserv.text import LineField
from befreg_reserv.times import LocalTimeField
from custody.models import Binder
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY
from custody.numbers.identities import Sex
from custody.ward_form import WardForm

SEXES = [(Sex.WOMAN.value, _("Woman")), (Sex.MAN.value, _("Man"))]
REASON_LENGTH = 500


class VgrIdField(LineField):
    """A vgr-id in any case; odd shapes pass, an emergency doesn't wait for a pattern."""

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


class SexField(forms.ChoiceField):
    """K or M, in any case."""

    def to_python(self, value: Any) -> str:
        """Return the letter in upper case."""
        return str(super().to_python(value)).strip().upper()


class HappenedAtField(LocalTimeField):
    """When something happened; empty means now."""

    def __init__(self, **options: Any) -> None:
        help_text = _("As 2026-11-22 14:05. Empty if it was just now.")
        super().__init__(required=False, help_text=help_text, **options)


class CalledAtField(forms.CharField):
    """When the form for a call was opened, as the page itself sends it back.

    What can't be read is None: no call is refused for it.
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


class CallForm(WardForm):
    """A call to the till. ``request_key`` is new for each call, and stays its own."""

    field_order = ("sex", "caller", "ward", "ward_choice", "ward_asked", "callback")
    sex = SexField(
        label=_("Sex"),
        choices=SEXES,
        widget=forms.RadioSelect,
        error_messages={
            "invalid_choice": _(
                "The binder has women's and men's numbers only. If the sex isn't known, choose the"
                " likeliest: the real number replaces it afterwards."
            )
        },
    )
    caller = VgrIdField(label=_("Caller's vgr-id"))
    callback = LineField(
        label=_("Call-back number (optional)"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)
    outage = forms.IntegerField(
        required=False, min_value=1, max_value=2**31, widget=forms.HiddenInput
    )
    other_sex_reason = LineField(required=False, widget=forms.HiddenInput)
    called_at = CalledAtField()
    other_than = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    @classmethod
    def blank(
        cls, outage_id: int, at: datetime, draft: Mapping[str, str] | None = None
    ) -> "CallForm":
        """Return the form of a call that begins ``at``, in an outage.

        Empty but for what ``draft`` remembers, the call's beginning among it, and its key: it may
        have been sent before, and answered.
        """
        begun = {"called_at": at.isoformat(), **(draft or {})}
        key = _key(begun.get("request_key", "")) or uuid4()
        form = cls(initial={**begun, "request_key": key, "outage": outage_id})
        # Only on a new form: on one that is shown again, the fault or the question has focus.
        form.fields["sex"].widget.attrs["autofocus"] = True
        return form

    @property
    def outage_id(self) -> int | None:
        """The outage that the form was shown for, as far as it can be read."""
        outage: int | None = self.cleaned_data.get("outage")
        return outage

    @property
    def call_fields(self) -> dict[str, Any]:
        """What a call is made of."""
        names = (
            "sex", "caller", "ward", "callback", "request_key", "other_sex_reason", "called_at",
        )  # fmt: skip
        return {name: self.cleaned_data[name] for name in names} | {
            "outage_id": self.outage_id,
            "other_than": self.cleaned_data["other_than"] or 0,
        }

    def clean_other_sex_reason(self) -> str:
        """Cut the reason to what is kept: a call isn't refused for a long one."""
        return str(self.cleaned_data["other_sex_reason"])[:REASON_LENGTH]


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class OtherSexForm(forms.Form):
    """Why a number of the other sex is taken, when none is left of the patient's own."""

    other_sex_reason = LineField(
        label=_("Why will the other sex's number do?"), max_length=REASON_LENGTH
    )


class ReadBackForm(forms.Form):
    """The last four as the caller repeats them, or the whole number."""

    typed = LineField(
        label=_("The last four, as the caller reads them back"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )

    def emptied(self) -> "ReadBackForm":
        """Return the form with its faults and an empty field: the next try is typed anew."""
        self.data = {}
        return self


class ReplaceForm(forms.Form):
    """The real number from Befreg."""

    number = LineField(
        label=_("The real number"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("From Befreg, or the patient's personnummer. Hyphens and blanks are fine."),
    )
    at = HappenedAtField(label=_("Created when?"))
    by = VgrIdField(label=_("Created by (vgr-id), if not by you"), required=False)
    sex_may_differ = forms.BooleanField(
        label=_("The sex differs from the emergency number's, and that is right"), required=False
    )
    reason = LineField(
        label=_("Reason, if the sex differs"), required=False, max_length=REASON_LENGTH
    )


class NoticeForm(forms.Form):
    """The notice in RAPS."""

    at = HappenedAtField(label=_("Filed when?"))
    by = VgrIdField(label=_("Filed by (vgr-id), if not by you"), required=False)
    reference = LineField(label=_("RAPS reference (optional)"), required=False, max_length=60)


class ReasonForm(forms.Form):
    """Why something is corrected."""

    reason = LineField(label=_("Reason"), max_length=REASON_LENGTH)


class ExplainForm(ReasonForm):
    """Where a missing sheet was."""

    reason = LineField(label=_("Where was the sheet?"), max_length=REASON_LENGTH)


class BinderForm(forms.Form):
    """Numbers for a binder, as a file or pasted."""

    name = LineField(
        label=_("The binder's name"),
        max_length=60,
        widget=forms.TextInput(attrs={"list": "binders", "autocomplete": "off"}),
        help_text=_("A name that exists refills that binder."),
    )
    training = forms.BooleanField(label=_("A training binder, for drills"), required=False)
    family_name = LineField(
        label=_("Family name in Befreg"), required=False, max_length=60, initial="Driftstopp"
    )
    given_name = LineField(
        label=_("Given name in Befreg"), required=False, max_length=60, initial="AKM"
    )
    file = forms.FileField(
        label=_("File (CSV with tab and number, or one number a line)"),
        required=False,
        allow_empty_file=True,
    )
    text = forms.CharField(
        label=_("… or paste the numbers here"),
        required=False,
        max_length=1024 * 1024,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Demand numbers from one of the two places."""
        data = super().clean() or self.cleaned_data
        if not data.get("file") and not data.get("text"):
            raise forms.ValidationError(_("Choose a file or paste the numbers."))
        return data

    @property
    def numbers(self) -> bytes:
        """The numbers as bytes, at most a little more than a file may have."""
        file = self.cleaned_data["file"]
        if file:
            content: bytes = file.read(1024 * 1024 + 1)
            return content
        return str(self.cleaned_data["text"]).encode()

    @staticmethod
    def known_names() -> list[str]:
        """The binders there are, for the form's suggestions."""
        return list(Binder.objects.values_list("name", flat=True))
