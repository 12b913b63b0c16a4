"""All numbers of one birth date."""

from typing import Final

from custody.numbers.identities import check_digit

SERIALS: Final = {"K": range(6, 80, 2), "M": range(7, 80, 2), "X": range(80, 90)}
STEMS: Final = [f"{sex}{serial:02}" for sex, serials in SERIALS.items() for serial in serials]
OF_ONE_DATE: Final = [f"20000101{stem}{check_digit(f'20000101{stem}')}" for stem in STEMS]
