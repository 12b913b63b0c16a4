"""What an administrator types of an item of the switch list."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField
from custody.handouts import switches
from custody.models import SwitchItem

TEXTS = ("name", "name_en", "hint", "hint_en")


class SwitchItemForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when run
    """Something that carries the emergency number, and what to do about it."""

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    class Meta:
        model = SwitchItem
        fields: ClassVar = [*switches.ITEM_COLUMNS]
        field_classes: ClassVar = dict.fromkeys(TEXTS, LineField)
        error_messages: ClassVar = {"name": {"required": _("Write what must be switched over.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (*TEXTS, "position"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        if self.instance.pk:
            self.fields["seen"].initial = switches.item_mark(self.instance)
            self.fields["seen"].required = True

    @property
    def columns(self) -> dict[str, Any]:
        """What was typed, by column."""
        return {name: self.cleaned_data[name] for name in switches.ITEM_COLUMNS}
