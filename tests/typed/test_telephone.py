"""What a telephone dials for what somebody typed, and where no link is sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from befreg_reserv.templatetags.manners import telephone
from befreg_reserv.text import dialled


@pytest.mark.parametrize(
    ("typed", "dial"),
    [
        ("2102", "2102"),
        ("21 02", "2102"),
        ("09", "09"),
        ("ankn 2102", "2102"),
        ("ankn. 2102 (Anna)", "2102"),
        ("033-616 21 02", "0336162102"),
        ("(033) 616 21 02", "0336162102"),
        ("070\N{EN DASH}123 45 67", "0701234567"),
        ("+46 (0)33-616 21 02", "+46336162102"),
        ("0046 33 616 21 02", "0046336162102"),
        ("växeln 09", "09"),
        ("616 21 02", "6162102"),
        ("*31#3010", "*31#3010"),
    ],
)
def test_what_is_dialled(typed: str, dial: str) -> None:
    assert dialled(typed) == dial


@pytest.mark.parametrize(
    "typed",
    [
        *("", "vet inte", "sal 3", "rum 212", "7", "3010 val 2", "2102 eller 2103", "2102/2103"),
        *("2102 2103", "sal 3, 2102", "kl 14.30 på 2102", "0701234567 0701234568", "x" * 40),
        *("javascript:alert(1)", "20000101K064", "1" * 40, "\N{SUPERSCRIPT TWO}102"),
    ],
)
def test_where_it_is_not_sure_nothing_is_dialled(typed: str) -> None:
    assert dialled(typed) == ""


@given(st.text(st.sampled_from("0123456789+*#()-. /aå"), max_size=40))
def test_a_telephone_gets_digits_in_the_order_in_which_they_were_typed(typed: str) -> None:
    digits = "".join(char for char in dialled(typed) if char.isdigit())
    assert digits in {"", "".join(filter(str.isdigit, typed))} or "(0)" in typed


def test_the_text_stays_as_it_was_typed() -> None:
    assert telephone("ankn 2102") == '<a class="number" href="tel:2102">ankn 2102</a>'
    assert telephone('<b>"7') == '<span class="number">&lt;b&gt;&quot;7</span>'
