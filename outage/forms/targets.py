"""What an administrator types of the targets of drills."""

from typing import Any, ClassVar

from django import forms

from outage import targets
from outage.models import DrillTargets


class TargetsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when run
    """How fast a drill should go."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    class Meta:
        model = DrillTargets
        fields: ClassVar = [*targets.COLUMNS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = targets.mark(self.instance)
        for name in targets.COLUMNS:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    @property
    def columns(self) -> dict[str, int]:
        """What was typed, by column."""
        return {name: self.cleaned_data[name] for name in targets.COLUMNS}
