"""A form that names a ward in words. If several wards fit, it asks once which one is meant."""

from typing import Any

from django import forms
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from befreg_reserv.text import LineField

AS_WRITTEN = "as-written"


class WardForm(forms.Form):
    """The fields by which a form names a ward; other forms extend it.

    If the text fits several wards and names none exactly, the form asks once: ``candidates`` are
    the wards, ``ward_choice`` is the answer, and ``ward_asked`` the text that it answers.
    ``drill``: wards that were invented in drills count too, and a new one is such a ward.
    """

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
        error_messages={"required": _("Write the ward, as the caller says it.")},
    )
    ward_choice = forms.CharField(
        label=_("Which ward is it?"), required=False, max_length=20, widget=forms.RadioSelect
    )
    ward_asked = LineField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, drill: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates: list[Ward] = []
        self.drill = drill
        if drill:
            search = reverse("wards:search", kwargs={"drill": True})
            self.fields["ward"].widget.attrs["data-combobox"] = search

    @property
    def only_asks(self) -> bool:
        """Tell whether the choice of the ward is the only thing missing."""
        return bool(self.candidates) and set(self.errors) == {"ward_choice"}

    @property
    def asked_before(self) -> bool:
        """Tell whether the page asked for this text before, and got no answer."""
        return bool(self.candidates) and self["ward_asked"].value() == self["ward"].value()

    def clean(self) -> dict[str, Any]:
        """Replace the ward's name by the ward, or ask which one is meant."""
        data = super().clean() or self.cleaned_data
        text = data.get("ward")
        if text:
            data["ward"] = self._ward(text, data.get("ward_choice", ""))
        return data

    def _ward(self, text: str, choice: str) -> Ward | None:
        answered = choice if self.cleaned_data.get("ward_asked") == text else ""
        if answered.isdecimal():
            chosen = Ward.objects.select_related("clinic").filter(pk=int(answered)).first()
            if chosen and chosen.is_open and chosen.drill <= self.drill:
                return chosen
        known, candidates = _known_or_candidates(text, drill=self.drill)
        if known or not candidates or answered == AS_WRITTEN:
            return known or self._typed_in(text)
        self.candidates = candidates
        self.add_error("ward_choice", _("Choose the ward that the caller means."))
        return None

    def _typed_in(self, text: str) -> Ward | None:
        if len(text) > register.NAME_LENGTH:
            most = {"most": register.NAME_LENGTH}
            self.add_error("ward", _("Write a shorter name, %(most)d characters at most.") % most)
            return None
        return register.typed_in(text, drill=self.drill)


def _known_or_candidates(text: str, *, drill: bool) -> tuple[Ward | None, list[Ward]]:
    """Return the ward that is surely meant, or those that may be.

    A ward that was typed in earlier and isn't settled is sure only if no other ward fits.
    """
    try:
        known = register.find(text, drill=drill)
    except register.Ambiguous as several:
        return None, several.wards
    if known and (known.confirmed or known.same_as_id):
        return known, []
    candidates = register.search(text, drill=drill)
    return (known, []) if candidates in ([], [known]) else (None, candidates)
