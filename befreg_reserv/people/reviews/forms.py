"""Forms of the reviews. They check the shape only."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit.models import Judgement
from befreg_reserv.people.reviews.judging import Word
from befreg_reserv.people.reviews.listing import Judged
from befreg_reserv.people.reviews.months import Month
from befreg_reserv.text import FreeTextField, LineField

NO_MONTH = _("Write the month as 2026-10.")


class MonthForm(forms.Form):
    """Of which month a sample is drawn."""

    month = LineField(max_length=7, widget=forms.HiddenInput, error_messages={"required": NO_MONTH})

    def clean_month(self) -> Month:
        """Return the month. Raises ValidationError."""
        found = Month.read(self.cleaned_data["month"])
        if found is None:
            raise forms.ValidationError(NO_MONTH)
        return found


class JudgeForm(forms.Form):
    """A word and a note for each entry of a sample that has none yet; what is empty stays so."""

    request_key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, entries: Iterable[Judged] = ()) -> None:
        super().__init__(data)
        self._keys = [each.sampled.pk for each in entries if each.can_be_judged]
        for key in self._keys:
            self.fields[f"word_{key}"] = forms.ChoiceField(
                label=_("Word"),
                required=False,
                choices=[("", _("Not judged yet")), *Judgement.Word.choices],
            )
            self.fields[f"note_{key}"] = FreeTextField(
                label=_("Note"),
                required=False,
                max_length=Judgement.NOTE_LENGTH,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        """Ask for a note where a word needs one, and for a word where there is a note."""
        for key in self._keys:
            word, note = self._given(key)
            if word and word != Judgement.Word.RIGHT and not note:
                self.add_error(f"note_{key}", _("Write why, or what is to be found out."))
            if note and not word:
                self.add_error(f"word_{key}", _("Choose a word too."))
        return self.cleaned_data

    def _given(self, key: int) -> Word:
        data = self.cleaned_data
        return Word(data.get(f"word_{key}", ""), data.get(f"note_{key}", ""))

    @property
    def words(self) -> dict[int, Word]:
        """Return what the valid form says of each entry."""
        given = {key: self._given(key) for key in self._keys}
        return {key: each for key, each in given.items() if each.word}

    def fields_of(self, each: Judged) -> list[BoundField]:
        """Return the fields of an entry; none if it can't be judged."""
        if each.sampled.pk not in self._keys:
            return []
        return [self[f"{name}_{each.sampled.pk}"] for name in ("word", "note")]
