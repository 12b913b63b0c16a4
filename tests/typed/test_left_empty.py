"""A field that was left empty: the page says what to write there, and not that it is required."""

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.urls import get_resolver
from django.utils import timezone, translation

from befreg_reserv.people.break_glass.forms import GlassForm
from befreg_reserv.people.forms import OwnPasswordForm, SignInForm
from tests.cast import Cast

OURS = ("befreg_reserv.", "custody.", "outage.")
NOT_FOR_PEOPLE_AT_WORK = {"custody.views.styleguide", "befreg_reserv.people.admin", "outage.admin"}
DJANGOS = forms.Field.default_error_messages["required"]


def below(parent: type[Any]) -> Iterator[type[Any]]:
    for child in parent.__subclasses__():
        yield child
        yield from below(child)


def can_be_left(field: forms.Field) -> bool:
    """A list without an empty choice always sends one."""
    chosen = isinstance(field.widget, forms.Select) and not isinstance(
        field.widget, forms.RadioSelect
    )
    return field.required and not field.widget.is_hidden and not chosen


def silent(fields: dict[str, forms.Field]) -> list[str]:
    return [
        name
        for name, field in fields.items()
        if can_be_left(field) and str(field.error_messages["required"]) == str(DJANGOS)
    ]


def test_each_field_of_each_form_says_what_to_write_there() -> None:
    get_resolver().url_patterns  # noqa: B018  loads every form
    found = [
        (form.__module__, form.__name__, silent(form.base_fields))
        for form in below(forms.Form)
        if form.__module__.startswith(OURS) and form.__module__ not in NOT_FOR_PEOPLE_AT_WORK
    ]
    # The words come when the form is made.
    djangos_own = {"SignInForm", "OwnPasswordForm", "GlassForm"}
    assert [row for row in found if row[2] and row[1] not in djangos_own] == []
    assert len(found) > 30


def test_sign_in_and_passwords_say_it_too(cast: Cast) -> None:
    at = timezone.now()
    for form in (SignInForm(at=at), GlassForm(at=at), OwnPasswordForm(cast.tilda, at=at)):
        assert silent(form.fields) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("sv", "Skriv ditt vgr-id."), ("en", "Write your vgr-id.")],
)
def test_in_the_readers_language(language: str, words: str) -> None:
    with translation.override(language):
        assert str(SignInForm.base_fields["username"].error_messages["required"]) == words
