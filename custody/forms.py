"""What is typed at the till, on the ward, and by the administrator. Checks of shape only.

Whether an act is possible is decided by the act itself, under its lock.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people import vgr_id, wards
from befreg_reserv.people.models import Ward
from befreg_reserv.text import LineField
from custody.identities import LONGEST as LONGEST_IDENTITY
from custody.identities import Sex, normalise
from custody.models import Binder

SEXES = [(Sex.WOMAN.value, _("Woman")), (Sex.MAN.value, _("Man"))]
REASON_LENGTH = 500
LAST = 4  # the characters that tell the numbers of a binder apart


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


class HappenedAtField(forms.CharField):
    """A local time to the minute; empty means now."""

    FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")

    def __init__(self, **options: Any) -> None:
        # Not datetime-local: that shows 02:05 PM to a browser that was set up in English.
        widget = forms.TextInput(attrs={"autocomplete": "off"})
        help_text = _("As 2026-11-22 14:05. Empty if it was just now.")
        super().__init__(
            required=False, max_length=30, widget=widget, help_text=help_text, **options
        )

    def clean(self, value: Any) -> datetime | None:
        """Return an aware time, or None. Raises ValidationError for no time that ever was."""
        text = super().clean(value).strip()
        if not text:
            return None
        naive = _parsed(text, self.FORMATS)
        if naive is None:
            raise forms.ValidationError(_("Write the time as 2026-11-22 14:05."))
        zone = timezone.get_current_timezone()
        try:
            later, earlier = (naive.replace(tzinfo=zone, fold=fold) for fold in (1, 0))
            if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
                raise forms.ValidationError(
                    _("This time never was: the clock was put forward an hour that night.")
                )
        except OverflowError as error:
            raise forms.ValidationError(_("The time can't be right.")) from error
        # The night the clock is put back has an hour twice; the later one, unless it is to come.
        return later if later <= timezone.now() + timedelta(minutes=2) else earlier


def _parsed(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007  local, the zone comes next
        except ValueError:
            continue
    return None


AS_WRITTEN = "as-written"


class CallForm(forms.Form):
    """A call to the till. ``request_key`` is new for each shown form and sent but once.

    A ward that isn't named exactly, but could be one of several, is asked about once:
    ``candidates`` are they, and ``ward_choice`` is the answer, good for the text it was asked of.
    """

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
    ward = LineField(
        label=_("Ward"),
        max_length=250,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "data-combobox": reverse_lazy("wards:search"),
            }
        ),
        help_text=_("Three letters of ward or clinic are enough. An unknown name is taken too."),
    )
    ward_choice = forms.CharField(
        label=_("Which ward is it?"), required=False, max_length=20, widget=forms.RadioSelect
    )
    ward_asked = LineField(required=False, widget=forms.HiddenInput)
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates: list[Ward] = []

    @classmethod
    def blank(cls, outage_id: int, draft: Mapping[str, str] | None = None) -> "CallForm":
        """Return the form of a new call in an outage, empty but for what ``draft`` remembers."""
        form = cls(initial={**(draft or {}), "request_key": uuid4(), "outage": outage_id})
        # Only on a new form: on one that is shown again, the fault or the question has focus.
        form.fields["sex"].widget.attrs["autofocus"] = True
        return form

    @property
    def outage_id(self) -> int | None:
        """The outage that the form was shown for, as far as it can be read."""
        outage: int | None = self.cleaned_data.get("outage")
        return outage

    @property
    def only_asks(self) -> bool:
        """Tell whether nothing is wrong but that the ward must be chosen."""
        return bool(self.candidates) and set(self.errors) == {"ward_choice"}

    @property
    def call_fields(self) -> dict[str, Any]:
        """What a call is made of."""
        names = ("sex", "caller", "ward", "callback", "request_key", "other_sex_reason")
        return {name: self.cleaned_data[name] for name in names} | {"outage_id": self.outage_id}

    def clean_other_sex_reason(self) -> str:
        """Cut the reason to what is kept: a call isn't refused for a long one."""
        return str(self.cleaned_data["other_sex_reason"])[:REASON_LENGTH]

    def clean(self) -> dict[str, Any]:
        """Put the ward itself in the place of its name, or ask which one was meant."""
        data = super().clean() or self.cleaned_data
        text = data.get("ward")
        if text:
            data["ward"] = self._ward(text, data.get("ward_choice", ""))
        return data

    def _ward(self, text: str, choice: str) -> Ward | None:
        answered = choice if self.cleaned_data.get("ward_asked") == text else ""
        if answered.isdecimal():
            chosen = Ward.objects.select_related("clinic").filter(pk=int(answered)).first()
            if chosen:
                return chosen
        known, candidates = _known_or_candidates(text)
        if known or not candidates or answered == AS_WRITTEN:
            return known or self._typed_in(text)
        self.candidates = candidates
        self.add_error("ward_choice", _("Choose the ward that the caller means."))
        return None

    def _typed_in(self, text: str) -> Ward | None:
        if len(text) > wards.NAME_LENGTH:
            most = {"most": wards.NAME_LENGTH}
            self.add_error("ward", _("Write a shorter name, %(most)d characters at most.") % most)
            return None
        return wards.typed_in(text)


def _known_or_candidates(text: str) -> tuple[Ward | None, list[Ward]]:
    """Return the ward that is surely meant, or those that may be.

    A name typed in earlier that nobody has settled is sure only while nothing else fits it.
    """
    try:
        known = wards.find(text)
    except wards.Ambiguous as several:
        return None, several.wards
    if known and (known.confirmed or known.same_as_id):
        return known, []
    candidates = wards.search(text)
    return (known, []) if candidates in ([], [known]) else (None, candidates)


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

    def clean_typed(self) -> str:
        """Demand four characters: fewer can't be compared place by place."""
        typed = normalise(self.cleaned_data["typed"])
        if len(typed) < LAST:
            raise forms.ValidationError(
                _("Four characters are needed: the letter and three digits.")
            )
        return typed


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
