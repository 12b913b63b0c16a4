"""Forms whose fields are copied with less work, as each request needs its own."""

from copy import deepcopy
from typing import Any, TypeVar

from django import forms
from django.forms.fields import ChoiceField, Field
from django.forms.widgets import ChoiceWidget, Widget

Made = TypeVar("Made", bound=type[forms.BaseForm])
# Django's own ways to copy; whatever has another is copied by that.
FIELDS = {Field.__deepcopy__, ChoiceField.__deepcopy__}
WIDGETS = {Widget.__deepcopy__, ChoiceWidget.__deepcopy__}


def quickly_copied(form: Made) -> Made:
    """Let a class of forms copy its fields quickly.

    Django copies each choice with its words too. Here a form's choices are those of its class:
    another list may take their place, but none is changed.
    """
    declared: Any = form
    declared.base_fields = _Fields(declared.base_fields)
    return form


class _Fields(dict[str, Any]):
    def __deepcopy__(self, _memo: dict[int, Any]) -> dict[str, Any]:
        return {name: _field(field) for name, field in self.items()}


def _field(field: Any) -> Any:
    if type(field).__deepcopy__ not in FIELDS:
        return deepcopy(field)
    made = _same(field)
    made.error_messages = field.error_messages.copy()
    made.validators = field.validators[:]
    made.widget = _widget(field.widget)
    return made


def _widget(widget: Any) -> Any:
    if type(widget).__deepcopy__ not in WIDGETS:
        return deepcopy(widget)
    made = _same(widget)
    made.attrs = widget.attrs.copy()
    return made


def _same(thing: Any) -> Any:
    made = object.__new__(type(thing))
    vars(made).update(vars(thing))
    return made
