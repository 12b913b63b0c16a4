"""The form for a table that is loaded or pasted: wards, a binder, a paper log."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.tables import MAX_BYTES


class TableForm(forms.Form):
    """A table, as a file or pasted. Its own form says what stands in it."""

    file = forms.FileField(label=_("File (CSV)"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("… or paste the lines here"),
        required=False,
        max_length=MAX_BYTES,
        strip=False,  # stripped, the lines would lose their numbers
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Require a file or a text."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not data.get("file") and not str(data.get("text", "")).strip():
            raise forms.ValidationError(_("Choose a file or paste the lines."))
        return data

    @property
    def content(self) -> bytes:
        """The table as bytes, cut one byte after the most that it may have."""
        file = self.cleaned_data["file"]
        if file:
            content: bytes = file.read(MAX_BYTES + 1)
            return content
        return str(self.cleaned_data["text"]).encode()
