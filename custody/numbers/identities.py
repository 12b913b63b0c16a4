"""What a number says: read it, check it, split it and write it out. Pure.

``formats`` has the formats, and ``sql`` is the counterpart in SQL. No other Python module splits a
number (``tests/custody/numbers/test_format_one_place.py``).

Nothing here looks at the clock or the database. A check digit says that a number was copied
correctly, never that it belongs to the patient.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from custody.numbers import formats
from custody.numbers.formats import (
    CENTURIES,
    LAST,
    LENGTH,
    OF_KIND,
    Identity,
    IdentityError,
    IdentityFault,
    Kind,
    Sex,
    is_old_local,
    parts,
)

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "LENGTH",
    "LONGEST",
    "OIDS",
    "Identity",
    "IdentityError",
    "IdentityFault",
    "Kind",
    "Sex",
    "parts",
]

# Room for twelve characters and any sensible spacing. Longer text is never a number.
LONGEST: Final = 100
OIDS: Final[dict[Kind, str]] = {kind: form.oid for kind, form in OF_KIND.items()}

_ASCII_UPPER: Final = {ord(small): small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}
_CONTROL_SPACES: Final = "\t\n\v\f\r\x85"
_MINUS_SIGN: Final = "\u2212"  # a dash to the eye, a mathematical symbol to Unicode

_SHORT_YEAR: Final = re.compile(r"[0-9]{10}|[0-9]{6}[KMX][0-9]{3}")
_SHORT_RESERVE: Final = re.compile(r"[0-9]{6}[KMX][0-9]{3}")
_PLUS_SIGN: Final = re.compile(r"([0-9]{6}|[0-9]{8})\+[0-9]{4}")
# Ten or twelve digits, or a reserve number, as people write them among other words.
_IN_TEXT: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:1[89]|20)?([0-9]{6})[-+ ]?([0-9KMXkmx] ?[0-9]{2} ?[0-9])(?![0-9A-Za-z])"
)


def normalise(text: str) -> str:
    """Return the number as it is stored: no space, hyphen or invisible mark, upper case.

    Takes any text and raises nothing; whether the result is a number is for the parsers.
    NFKC folds full-width, superscript and circled digits and letters to plain ones. Digits of
    other scripts stay, and the parsers refuse them. A plus sign stays as well: it carries meaning
    in a ten-digit personnummer. Text longer than ``LONGEST`` comes back unchanged: it is no
    number, and NFKC takes quadratic time on long runs of combining marks.
    """
    if len(text) > LONGEST:
        return text
    folded = unicodedata.normalize("NFKC", text)
    # Only a–z: the full upper() makes "SS" of "ß", and so a letter into two.
    return "".join(c for c in folded if not _is_spacing(c)).translate(_ASCII_UPPER)


def _is_spacing(char: str) -> bool:
    """Tell whether it is a space, a dash or invisible: bidi mark, zero width, soft hyphen, BOM."""
    return (
        unicodedata.category(char) in {"Zs", "Zl", "Zp", "Pd", "Cf"}
        or char in _CONTROL_SPACES
        or char == _MINUS_SIGN
    )


def parse_reserve_number(text: str, *, today: date | None = None) -> Identity:
    """Read a reserve number of this region (``formats.RESERVE``), and nothing else.

    Training numbers are marked. A birth date after ``today`` is refused when that is given.
    Raises IdentityError with the first fault found: form, date, serial, check digit.
    """
    value = normalise(text)
    if not formats.RESERVE.recognises(value):
        raise _not_a_reserve_number(value)
    return formats.RESERVE.read(value, today)


def parse_identity(text: str, *, today: date | None = None) -> Identity:
    """Read any identity that a patient may turn out to have, with the year in four digits.

    A reserve number (see ``parse_reserve_number``), national reserve number, personnummer or
    samordningsnummer. Training numbers are marked, not refused. A date after ``today`` is
    refused when that is given.
    Raises IdentityError. Text with the letter of the VGR format in its place is judged as a
    VGR number, so that a slip of the pen gets its exact fault; other text that looks like an
    old local number is refused as one.
    """
    value = normalise(text)
    for form in (formats.RESERVE, *formats.OTHERS):
        if form.recognises(value):
            return form.read(value, today)
    raise _not_an_identity(value)


def contains_identity(text: str) -> bool:
    """Tell whether a text contains a personnummer, samordningsnummer or VGR reserve number.

    With or without the century; one century that makes it correct is enough.
    """
    written = unicodedata.normalize("NFKC", text[:LONGEST])
    plain = "".join("-" if unicodedata.category(c) == "Pd" else c for c in written)
    return _is_identity(written) or any(
        _is_identity(century + date + rest)
        for date, rest in _IN_TEXT.findall(plain)
        for century in CENTURIES
    )


def stands_in(text: str) -> bool:
    """Tell the same of a text of any length."""
    begins = range(0, len(text), LONGEST // 2)
    return any(contains_identity(text[begin : begin + LONGEST]) for begin in begins)


def _is_identity(text: str) -> bool:
    try:
        parse_identity(text)
    except IdentityError:
        return False
    return True


def _not_an_identity(value: str) -> IdentityError:
    if _SHORT_YEAR.fullmatch(value):
        return IdentityError(IdentityFault.TEN_DIGITS, _TEN_DIGITS)
    if _PLUS_SIGN.fullmatch(value):
        return IdentityError(IdentityFault.PLUS_SIGN, _NO_PLUS_SIGN)
    if is_old_local(value):
        return IdentityError(IdentityFault.OLD_LOCAL, _OLD_LOCAL_NUMBER)
    return IdentityError(IdentityFault.FORMAT, _NO_IDENTITY)


def _not_a_reserve_number(value: str) -> IdentityError:
    if _SHORT_RESERVE.fullmatch(value):
        return IdentityError(IdentityFault.TEN_DIGITS, _TEN_DIGITS)
    if is_old_local(value):
        return IdentityError(IdentityFault.OLD_LOCAL, _OLD_LOCAL_NUMBER)
    return IdentityError(IdentityFault.FORMAT, _NO_RESERVE_NUMBER)


def group(value: str) -> str:
    """Write a stored number for the eye: ``20000101 K 06 4``, others ``yyyymmdd-nnnn``."""
    return " ".join(parts(value))


def last_four(value: str) -> str:
    """Return what tells a number from its neighbours in a binder."""
    return value[-LAST:]


def is_last_four(typed: str) -> bool:
    """Tell whether a normalised text has the length of a number's last four."""
    return len(typed) == LAST


def place_of(typed: str) -> int | None:
    """Return the place, from 0, at which a normalised text begins in a number.

    A whole number begins at 0, its last four at 8; None for any other length.
    """
    return LENGTH - len(typed) if len(typed) in {LAST, LENGTH} else None


def numbers_in(text: str) -> list[str]:
    """Return the numbers that a normalised text consists of, whole or their last four.

    Empty when the text holds anything else.
    """
    found = re.findall(f"{formats.RESERVE.whole}|{formats.RESERVE.tail}", text)
    return found if "".join(found) == text else []


def is_as_long(text: str) -> bool:
    """Tell whether a text has at least as many characters as a number."""
    return len(normalise(text)) >= LENGTH


def lacks_century(text: str) -> bool:
    """Tell whether a text is too short by the century, or by a part of it."""
    return LENGTH - len(CENTURIES[0]) <= len(normalise(text)) < LENGTH


def as_logged(text: str) -> str:
    """Return the part of a text that the log keeps as a number: no number is longer."""
    return text[:LENGTH]


def sex_of(value: str) -> Sex:
    """Return the sex that a stored reserve number states."""
    return formats.RESERVE.sex_of(value)


def written_date(born: date) -> str:
    """Return a birth date as a reserve number writes it: 20000101."""
    return formats.RESERVE.written_date(born)


def read_date(written: str) -> date:
    """Return the birth date that a stored reserve number writes like this: 20000101."""
    return formats.RESERVE.read_date(written)


def check_digit(first_eleven: str) -> str:
    """Return the check digit of a reserve number, given what stands before it.

    Takes ``yyyymmddGgg`` as stored; checks neither date nor serial.
    Raises IdentityError (FORMAT) for any other form.
    """
    if not formats.RESERVE.recognises(f"{first_eleven}0"):
        raise IdentityError(IdentityFault.FORMAT, _NO_RESERVE_NUMBER)
    return formats.RESERVE.check_digit(first_eleven)


def same_sex(one: Sex, other: Sex) -> bool:
    """Tell whether two stated sexes may be one person's: unknown agrees with everything."""
    return one == other or Sex.UNKNOWN in (one, other)


def other_sex(sex: Sex) -> Sex:
    """Return the other of the two sexes that a binder has numbers for."""
    return Sex.MAN if sex is Sex.WOMAN else Sex.WOMAN


def numbers_of_a_date(sex: Sex) -> int:
    """Return how many reserve numbers of a sex one birth date has in all."""
    return formats.RESERVE.supply(sex)


def training_numbers(birth_date: date, *sexes: Sex) -> list[str]:
    """Return a birth date's training numbers of these sexes; of women, then men, if none is named.

    Befreg never issues these serials, so they may be shown, printed and handed out in drills.
    """
    return [
        number
        for sex in sexes or (Sex.WOMAN, Sex.MAN)
        for number in formats.RESERVE.training_numbers(birth_date, sex)
    ]


_NO_RESERVE_NUMBER: Final = _(
    "This is not a reserve number. It has eight digits for the birth date, "
    "K, M or X, and three digits."
)
_NO_IDENTITY: Final = _(
    "This is not an identity that can be used. Write a personal identity number, "
    "coordination number or reserve number with all its twelve characters."
)
_TEN_DIGITS: Final = _("Write the year with four digits.")
_NO_PLUS_SIGN: Final = _("Write the year with four digits, and no plus sign.")
_OLD_LOCAL_NUMBER: Final = _(
    "This looks like an old local number. Those must not be used: "
    "create a real reserve number in Befreg."
)
