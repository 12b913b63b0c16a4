"""What a number says, in words."""

import pytest
from django.utils import translation

from custody.numbers import describing
from custody.numbers.identities import parse_identity


@pytest.mark.parametrize(
    ("number", "english", "swedish"),
    [
        ("19450829K088", "woman, born 29 August 1945", "kvinna, född 29 augusti 1945"),
        ("19810829M071", "man, born 29 August 1981", "man, född 29 augusti 1981"),
        ("19930829X802", "sex not stated, born 29 August 1993", "kön framgår inte, född 29 augusti "
         "1993"),
        ("191212121212", "man, born 12 December 1912", "man, född 12 december 1912"),
    ],
)  # fmt: skip
def test_sex_and_birth_date(number: str, english: str, swedish: str) -> None:
    identity = parse_identity(number)
    assert describing.in_words(identity) == english
    with translation.override("sv"):
        assert describing.in_words(identity) == swedish
