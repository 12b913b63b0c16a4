"""A form whose fields are copied quickly has what Django's own copy has, and shares none of it."""

from copy import deepcopy
from typing import Any

import pytest

from custody.forms.till import CallForm, PatientForm


def held(thing: Any) -> dict[str, Any]:
    """Return what a field or a widget holds, its choices in words."""
    simple = {name: value for name, value in vars(thing).items() if name != "widget"}
    choices = {
        name: list(map(str, simple.pop(name))) for name in ("_choices", "choices") if name in simple
    }
    return simple | choices


@pytest.mark.parametrize("form", [CallForm, PatientForm])
def test_a_copy_holds_the_same(form: Any) -> None:
    for name, field in form().fields.items():
        of_django = deepcopy(form.base_fields[name])
        assert held(field) == held(of_django)
        assert held(field.widget) == held(of_django.widget)


def test_what_one_form_changes_no_other_has() -> None:
    changed, other = PatientForm(), PatientForm()
    changed.fields["place"].widget.attrs["autofocus"] = True
    changed.fields["place"].validators.clear()
    changed.fields["sex"].error_messages["required"] = "?"
    assert "autofocus" not in other.fields["place"].widget.attrs
    assert other.fields["place"].validators
    assert other.fields["sex"].error_messages["required"] != "?"
