"""What scanners type: prefixes, layouts and ends."""

import pytest

from custody.numbers import scanned

WHOLE = "20000101K064"


@pytest.mark.parametrize(
    "text",
    [WHOLE, f"{WHOLE}\n", f"{WHOLE}\t", f"]C1{WHOLE}", f"¨C1{WHOLE}", f"åC1{WHOLE}", f"]Q3{WHOLE}",
     "20000101-K064", "20000101/K064", "20000101+K064", f"A{WHOLE}", f"a{WHOLE.lower()}"],
)  # fmt: skip
def test_one_number(text: str) -> None:
    assert scanned.one(text) == WHOLE


@pytest.mark.parametrize("text", ["K064", "]C1K064", "k 06 4"])
def test_the_last_four_keep_their_letter(text: str) -> None:
    assert scanned.one(text) == "K064"


@pytest.mark.parametrize(
    "text", ["", "/", "]C1", "AA20000101K064", "HK064", "20000101K0640", "C120000101"]
)
def test_what_is_no_number_stays_none(text: str) -> None:
    assert scanned.one(text) not in {WHOLE, "K064"}


def test_several_with_either_separator() -> None:
    text = "]C120000101/K064\t]C120000101+K080, K106"
    assert list(scanned.numbers(text)) == [WHOLE, "20000101K080", "K106"]
