"""Forms of the till. They check the shape only.

The act itself decides, under its lock, whether it is possible.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField
from custody.forms.fields import REASON_LENGTH, SEXES, CalledAtField, SexField, VgrIdField
from custody.forms.ward_name import WardForm
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY


class CallForm(WardForm):
    """A call to the till. ``request_key`` is the call's own: another call has another."""

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

        It holds what ``draft`` remembers, also the time when the call began and its key, since it
        may have been sent and answered before; the rest is empty.
        """
        begun = {"called_at": at.isoformat(), **(draft or {})}
        key = _key(begun.get("request_key", "")) or uuid4()
        form = cls(initial={**begun, "request_key": key, "outage": outage_id})
        # On a new form only: on one shown again, the fault or the question has the focus.
        form.fields["sex"].widget.attrs["autofocus"] = True
        return form

    @property
    def outage_id(self) -> int | None:
        """The key of the outage that the form was shown for; None if it can't be read."""
        outage: int | None = self.cleaned_data.get("outage")
        return outage

    @property
    def call_fields(self) -> dict[str, Any]:
        """The fields of a ``telephone.Call``."""
        names = (
            "sex", "caller", "ward", "callback", "request_key", "other_sex_reason", "called_at",
        )  # fmt: skip
        return {name: self.cleaned_data[name] for name in names} | {
            "outage_id": self.outage_id,
            "other_than": self.cleaned_data["other_than"] or 0,
        }

    def clean_other_sex_reason(self) -> str:
        """Cut the reason to REASON_LENGTH: a call isn't refused for a long one."""
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
    """The last four as the caller reads them back, or the whole number."""

    typed = LineField(
        label=_("The last four, as the caller reads them back"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}
        ),
    )

    def emptied(self) -> "ReadBackForm":
        """Return the form with its faults but an empty field, for the next try."""
        self.data = {}
        return self
