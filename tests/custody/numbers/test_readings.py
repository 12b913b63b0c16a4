"""A read-back is right as exactly the last four or exactly the whole number, never otherwise."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.numbers.formats import LAST
from custody.numbers.identities import check_digit, normalise
from custody.numbers.readings import beside, compare
from tests.custody.numbers import every

NUMBER = "20000101K064"
CHARACTERS = string.digits + string.ascii_uppercase + "ÅÄÖ/+*?"
STEMS = st.builds(
    "{:%Y%m%d}{}".format,
    st.dates(min_value=date(1800, 1, 1), max_value=date(2099, 12, 31)),
    st.sampled_from(every.STEMS),
)
NUMBERS = STEMS.map(lambda stem: stem + check_digit(stem))


@pytest.mark.parametrize(
    "text", ["K064", "k 06 4", "k-06–4", NUMBER, "20000101-k064", "2000 01 01 K 06 4", "\uff2b064"]
)
def test_right(text: str) -> None:
    assert compare(NUMBER, text).right


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("K065", [11]),
        ("M064", [8]),
        ("K046", [10, 11]),
        ("20010101K064", [3]),
        ("20010101K122", [3, 9, 10, 11]),
        ("20000101M078", [8, 10, 11]),
        ("K064 20000101", [0, 2, 3, 4, 5, 7, 8, 9, 10, 11]),
    ],
)
def test_the_places_of_a_wrong_one_are_the_whole_numbers(text: str, places: list[int]) -> None:
    reading = compare(NUMBER, text)
    assert (list(reading.places), reading.right) == (places, False)


@pytest.mark.parametrize(
    "text",
    [
        *("", "064", "K06", "K0644", "1K064", "20000101", "000101K064", "HEJK064", "K064K064"),
        *("20000101M078K064", "20000101K064K064", "]C120000101K064", "K064."),
        " " * 200 + "K064",
    ],
)
def test_what_has_another_length_is_wrong_without_places(text: str) -> None:
    reading = compare(NUMBER, text)
    assert (reading.right, reading.comparable, reading.places) == (False, False, ())


@pytest.mark.parametrize(
    ("typed", "meant", "wrong"),
    [
        ("K046", "K064", "0011"),
        ("K06", "K064", "0001"),
        ("HEJK064", "K064", "1111111"),
        ("20010101K064", NUMBER, "000100000000"),
        ("20000101M078K064", NUMBER, "0000000010111111"),
    ],
)
def test_a_reading_beside_what_was_meant(typed: str, meant: str, wrong: str) -> None:
    pairs = beside(NUMBER, compare(NUMBER, typed))
    assert "".join(pair.meant for pair in pairs) == meant
    assert "".join(pair.typed for pair in pairs) == typed
    assert "".join(str(int(pair.wrong)) for pair in pairs) == wrong


@given(NUMBERS, st.text())
def test_only_the_last_four_and_the_whole_number_are_right(number: str, text: str) -> None:
    assert compare(number, text).right is (normalise(text) in {number, number[-LAST:]})
    assert compare(number, number).right
    assert compare(number, number[-LAST:]).right


@given(NUMBERS, st.booleans(), st.sampled_from(CHARACTERS), st.data())
def test_every_single_slip_is_caught(
    number: str, whole: bool, other: str, data: st.DataObject
) -> None:
    said = number if whole else number[-LAST:]
    at = data.draw(st.integers(0, len(said) - 1))
    slips = {
        "substitution": said[:at] + other + said[at + 1 :],
        "insertion": said[:at] + other + said[at:],
        "insertion at the end": said + other,
        "deletion": said[:at] + said[at + 1 :],
        "swap": said[:at] + said[at : at + 2][::-1] + said[at + 2 :],
    }
    for kind, slip in slips.items():
        assert slip == said or not compare(number, slip).right, kind


@given(NUMBERS, NUMBERS)
def test_another_number_is_never_right(number: str, other: str) -> None:
    assert number == other or not compare(number, other).right


@pytest.mark.parametrize("number", every.OF_ONE_DATE)
def test_every_mishearing_of_one_character_and_every_swap_is_caught(number: str) -> None:
    for said in (number, number[-LAST:]):
        heard = {said[:at] + c + said[at + 1 :] for at in range(len(said)) for c in CHARACTERS}
        swaps = {said[:at] + said[at : at + 2][::-1] + said[at + 2 :] for at in range(len(said))}
        assert [text for text in heard | swaps if compare(number, text).right] == [said]


def test_there_are_84_numbers_of_a_birth_date() -> None:
    assert len(set(every.OF_ONE_DATE)) == 84
