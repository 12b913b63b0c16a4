"""A number for the ear, in Swedish and in English."""

import string

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from custody.numbers.spelling import spell
from custody.templatetags.numbers import spelled

SWEDISH = string.ascii_uppercase + "ÅÄÖ"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", ["Kalle", "noll", "sex", "fyra"]),
        ("sv-se", ["Kalle", "noll", "sex", "fyra"]),
        ("en", ["Kilo", "zero", "six", "four"]),
        ("", ["Kilo", "zero", "six", "four"]),
    ],
)
def test_each_language_has_its_alphabet(language: str, words: list[str]) -> None:
    assert spell("K064", language) == words


@pytest.mark.parametrize(("language", "letters"), [("sv", SWEDISH), ("en", string.ascii_uppercase)])
def test_a_letters_word_begins_with_it_and_no_two_sound_the_same(
    language: str, letters: str
) -> None:
    words = spell(letters, language)
    assert [word[0] for word in words] == list(letters)
    assert all(len(word) > 2 for word in words)
    assert len({*words, *spell(string.digits, language)}) == len(letters) + len(string.digits)


def test_digits_are_plain_words() -> None:
    assert " ".join(spell("0123456789", "sv")) == "noll ett två tre fyra fem sex sju åtta nio"
    assert spell("59", "en") == ["five", "nine"]


def test_lower_case_is_heard_as_upper() -> None:
    assert spell("kå", "sv") == ["Kalle", "Åke"]


def test_what_has_no_word_stands_for_itself() -> None:
    assert spell("-ßÅ", "en") == ["-", "ß", "Å"]


@given(st.text(), st.sampled_from(["sv", "en"]))
def test_any_text_has_a_word_for_each_character(text: str, language: str) -> None:
    assert len(spell(text, language)) == len(text)


@pytest.mark.parametrize(
    ("telephone", "heard"),
    [
        ("sv", '<span lang="sv">Kalle, noll, sex, fyra</span>'),
        ("en", '<span lang="en">Kilo, zero, six, four</span>'),
    ],
)
@pytest.mark.parametrize("page", ["sv", "en", None])
def test_the_telephone_chooses_the_alphabet_and_not_the_page(
    settings: Settings, telephone: str, heard: str, page: str | None
) -> None:
    settings.TELEPHONE_LANGUAGE = telephone
    with translation.override(page):
        assert spelled("20000101K064") == heard
