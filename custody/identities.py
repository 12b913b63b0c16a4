"""The identities a patient may have: read, check and write out. Pure, and a leaf.

Four kinds are known, each with its OID and its source:

* VGR reserve number ``yyyymmddGggC``: the region's own description among Inera's local
  reserve numbers (Lokala Reservidn);
* personnummer and samordningsnummer: Skatteverket (SKV 704, SKV M 2010:3);
* national reserve number ``XXYYMMDDNNGC``: Inera, Nationellt ReservID, specification 1.0.

Nothing here looks at the clock or the database. A check digit says that a number was copied
correctly, never that it belongs to the patient.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _
from stdnum import luhn

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Twelve characters and any sensible spacing fit; what is longer is never a number.
LONGEST: Final = 100

LENGTH: Final = 12
CENTURIES: Final = ("18", "19", "20")
TRAINING_SERIALS: Final = range(6)
SERIALS: Final = range(6, 80)
UNKNOWN_SEX_SERIALS: Final = range(80, 90)
COORDINATION: Final = 60  # added to the day of a samordningsnummer
NATIONAL_LETTERS: Final = frozenset("ABCDEFGHJKLMNPRSTUXYZ")  # without I, O, Q, V and W

_LETTER_DIGITS: Final = str.maketrans("KMX", "578")
_ASCII_UPPER: Final = {ord(small): small.upper() for small in "abcdefghijklmnopqrstuvwxyz"}
_CONTROL_SPACES: Final = "\t\n\v\f\r\x85"
_MINUS_SIGN: Final = "\u2212"  # a dash to the eye, a mathematical symbol to Unicode

_RESERVE: Final = re.compile(r"([0-9]{8})([KMX])([0-9]{2})([0-9])")
_RESERVE_STEM: Final = re.compile(r"[0-9]{8}[KMX][0-9]{2}")
_NATIONAL: Final = re.compile(r"[0-9]{8}[A-Z]{2}[A-Z0-9][0-9]")
_UNDATED: Final = re.compile(r"00[0-9]{2}[2-9][0-9][45][0-9].{4}")
_TWELVE_DIGITS: Final = re.compile(r"[0-9]{12}")
_SHORT_YEAR: Final = re.compile(r"[0-9]{10}|[0-9]{6}[KMX][0-9]{3}")
_SHORT_RESERVE: Final = re.compile(r"[0-9]{6}[KMX][0-9]{3}")
_OLD_LOCAL: Final = re.compile(r"(?:([0-9]{6})|([0-9]{8}))(?=.*[^0-9])[0-9A-ZÅÄÖåäö]{4}")
# Ten or twelve digits, or a reserve number, written as people do, in the midst of other words.
_IN_TEXT: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:1[89]|20)?([0-9]{6})[-+ ]?([0-9KMXkmx] ?[0-9]{2} ?[0-9])(?![0-9A-Za-z])"
)
_PLUS_SIGN: Final = re.compile(r"([0-9]{6}|[0-9]{8})\+[0-9]{4}")


class Sex(StrEnum):
    """The sex a number states, by the letter of the VGR format."""

    WOMAN = "K"
    MAN = "M"
    UNKNOWN = "X"


class Kind(StrEnum):
    """Who gave the number out, and so which rules it follows."""

    RESERVE = "reserve"
    PERSONNUMMER = "personnummer"
    SAMORDNINGSNUMMER = "samordningsnummer"
    NATIONAL = "national"


OIDS: Final[dict[Kind, str]] = {
    Kind.RESERVE: "1.2.752.113.11.0.2.1.1.1",
    Kind.PERSONNUMMER: "1.2.752.129.2.1.3.1",
    Kind.SAMORDNINGSNUMMER: "1.2.752.129.2.1.3.3",
    Kind.NATIONAL: "1.2.752.74.9.1",
}


class Fault(StrEnum):
    """What is wrong with a refused number."""

    FORMAT = "format"
    DATE = "date"
    SERIAL = "serial"
    CHECK_DIGIT = "check_digit"
    OLD_LOCAL = "old_local"
    TEN_DIGITS = "ten_digits"
    PLUS_SIGN = "plus_sign"


class IdentityError(ValueError):
    """A number that is refused.

    ``code`` is for programs. ``message`` is for people: lazily translated, and it repeats
    nothing of the input, which may be long or hostile.
    """

    def __init__(self, code: Fault, message: _StrPromise) -> None:
        super().__init__(code.value)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Identity:
    """One correct identity: twelve characters without separator, and what they say.

    ``birth_date`` is None where the number states none (some national reserve numbers and
    samordningsnummer). ``training`` marks VGR numbers with a serial that Befreg never issues.
    """

    value: str
    kind: Kind
    sex: Sex
    birth_date: date | None
    training: bool = False

    @property
    def last_four(self) -> str:
        return self.value[-4:]

    @property
    def grouped(self) -> str:
        return group(self.value)

    @property
    def oid(self) -> str:
        return OIDS[self.kind]


def normalise(text: str) -> str:
    """Return the number as it is stored: no space, hyphen or invisible mark, upper case.

    Takes any text and raises nothing; whether the result is a number is for the parsers.
    NFKC folds full-width (and superscript, and circled) digits and letters to plain ones: the
    same digit in another dress. Digits of other scripts stay, and the parsers refuse them.
    A plus sign stays as well: it carries meaning in a ten-digit personnummer. Text longer
    than ``LONGEST`` comes back as it is: it is no number, and NFKC takes quadratic time on
    long runs of combining marks.
    """
    if len(text) > LONGEST:
        return text
    folded = unicodedata.normalize("NFKC", text)
    # Only a–z: the full upper() makes "SS" of "ß", and so a letter into two.
    return "".join(c for c in folded if not _is_spacing(c)).translate(_ASCII_UPPER)


def _is_spacing(char: str) -> bool:
    """Spaces, dashes, and what shows nothing: bidi marks, zero width, soft hyphen, BOM."""
    return (
        unicodedata.category(char) in {"Zs", "Zl", "Zp", "Pd", "Cf"}
        or char in _CONTROL_SPACES
        or char == _MINUS_SIGN
    )


def parse_reserve_number(text: str, *, today: date | None = None) -> Identity:
    """Read a VGR reserve number, ``yyyymmddGggC``, and nothing else.

    The date is real, in the 19th to 21st century and not after ``today`` when that is given.
    ``gg`` is 06–79, even for K and odd for M, or 80–89 for X. 00–05 are training numbers,
    which only K and M have. ``C`` is the Luhn digit over ``yymmddGgg`` with K=5, M=7, X=8;
    the century is therefore not protected by it.
    Raises IdentityError with the first fault found: form, date, serial, check digit.
    """
    value = normalise(text)
    match = _RESERVE.fullmatch(value)
    if match is None:
        raise _not_a_reserve_number(value)
    day, letter, serial, check = match.groups()
    sex = Sex(letter)
    birth_date = _birth_date(day, today)
    training = _is_training(sex, int(serial))
    _require_check_digit(check_digit(value[:-1]), check)
    return Identity(value, Kind.RESERVE, sex, birth_date, training)


def parse_identity(text: str, *, today: date | None = None) -> Identity:
    """Read any identity that a patient may turn out to have, with the year in four digits.

    VGR reserve number (see ``parse_reserve_number``; training numbers are marked, not
    refused), national reserve number, personnummer or samordningsnummer. A date after
    ``today`` is refused when that is given.
    Raises IdentityError. What has the letter of the VGR format in its place is judged as a
    VGR number, so that a slip of the pen gets its exact fault; other things that look like
    the old local numbers are refused as such.
    """
    value = normalise(text)
    if _RESERVE.fullmatch(value):
        return parse_reserve_number(value, today=today)
    if _TWELVE_DIGITS.fullmatch(value):
        return _parse_digits(value, today)
    if _SHORT_YEAR.fullmatch(value):
        raise IdentityError(Fault.TEN_DIGITS, _TEN_DIGITS)
    if _PLUS_SIGN.fullmatch(value):
        raise IdentityError(Fault.PLUS_SIGN, _NO_PLUS_SIGN)
    # Before the national format: 18–21 never begin a national number, so no date of ours does.
    if _is_old_local(value):
        raise IdentityError(Fault.OLD_LOCAL, _OLD_LOCAL_NUMBER)
    if _NATIONAL.fullmatch(value):
        return _parse_national(value, today)
    raise IdentityError(Fault.FORMAT, _NO_IDENTITY)


def stands_in(text: str) -> bool:
    """Tell whether a personnummer, samordningsnummer or VGR reserve number stands in a text.

    With or without the century, in any century of ours: a number is refused for a doubt here.
    """
    written = unicodedata.normalize("NFKC", text[:LONGEST])
    plain = "".join("-" if unicodedata.category(c) == "Pd" else c for c in written)
    return _is_identity(written) or any(
        _is_identity(century + date + rest)
        for date, rest in _IN_TEXT.findall(plain)
        for century in CENTURIES
    )


def _is_identity(text: str) -> bool:
    try:
        parse_identity(text)
    except IdentityError:
        return False
    return True


def _parse_digits(value: str, today: date | None) -> Identity:
    """Read a personnummer, or a samordningsnummer, whose day is raised by 60.

    Skatteverket gives birth numbers 001–999 with the sex in the last digit, and Luhn over the
    last ten digits. python-stdnum 2.2 refuses every samordningsnummer, accepts any century
    and birth number 000, and names no fault, so only its Luhn is used here.
    """
    coordination = int(value[6:8]) >= COORDINATION
    birth_date = (
        _coordination_date(value[:8], today) if coordination else _birth_date(value[:8], today)
    )
    if value[8:11] == "000":
        raise IdentityError(Fault.SERIAL, _BIRTH_NUMBER)
    _require_check_digit(luhn.calc_check_digit(value[2:-1]), value[-1])
    kind = Kind.SAMORDNINGSNUMMER if coordination else Kind.PERSONNUMMER
    return Identity(value, kind, _sex_of_digit(value[10]), birth_date)


def _parse_national(value: str, today: date | None) -> Identity:
    """Read a national reserve number, ``XXYYMMDDNNGC``.

    ``XX`` is the century of birth plus 3, 6, … 78, or 00 without birth date, when MM is 20–99
    and DD 40–59. ``NN`` are two letters. ``G`` is a digit with the sex of a personnummer, or a
    letter for unknown sex.
    """
    birth_date = None
    if value[:2] == "00":
        if not _UNDATED.fullmatch(value):
            raise IdentityError(Fault.DATE, _NATIONAL_UNDATED)
    else:
        birth_date = _birth_date(_national_century(value[:2]) + value[2:8], today)
    if not NATIONAL_LETTERS.issuperset(re.sub("[0-9]", "", value)):
        raise IdentityError(Fault.SERIAL, _NATIONAL_LETTER)
    _require_check_digit(_national_check_digit(value[:-1]), value[-1])
    sex = _sex_of_digit(value[10]) if value[10].isdigit() else Sex.UNKNOWN
    return Identity(value, Kind.NATIONAL, sex, birth_date)


def _national_century(series: str) -> str:
    # 24, 27 and so on would be births after 2100. 01–17 are reserved, and 18–21 left out so
    # that nobody takes the number for a personnummer.
    for century in (19, 20):
        if int(series) in range(century + 3, century + 79, 3):
            return str(century)
    raise IdentityError(Fault.DATE, _NATIONAL_SERIES)


def _national_check_digit(stem: str) -> str:
    """Luhn over all eleven characters, a letter counting as its ASCII value (A is 65).

    The public text leaves open how a two-digit value is doubled. The six valid examples that
    public implementations test with all fit one reading, as one number whose digits are then
    added (65 → 130 → 4); five of them refute the other, 6 and 5 in two places.
    """
    total = 0
    for place, char in enumerate(reversed(stem)):
        number = int(char) if char.isdigit() else ord(char)
        total += sum(int(digit) for digit in str(number * (2 if place % 2 == 0 else 1)))
    return str(-total % 10)


def _birth_date(yyyymmdd: str, today: date | None) -> date:
    if not yyyymmdd.startswith(CENTURIES):
        raise IdentityError(Fault.DATE, _CENTURY)
    born = _calendar_date(yyyymmdd)
    if born is None:
        raise IdentityError(Fault.DATE, _NO_SUCH_DATE)
    if today is not None and born > today:
        raise IdentityError(Fault.DATE, _FUTURE_DATE)
    return born


def _coordination_date(yyyymmdd: str, today: date | None) -> date | None:
    """Return the birth date of a samordningsnummer, or None where it is partly unknown.

    Skatteverket writes month 00, or day 00 (60 after the addition), for what it does not know.
    """
    year, month, day = yyyymmdd[:4], yyyymmdd[4:6], int(yyyymmdd[6:8]) - COORDINATION
    known = _birth_date(
        f"{year}{'01' if month == '00' else month}{1 if day == 0 else day:02}",
        today,
    )
    return None if month == "00" or day == 0 else known


def _calendar_date(yyyymmdd: str) -> date | None:
    try:
        return date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return None


def _is_training(sex: Sex, serial: int) -> bool:
    """Whether the serial is one for training; raise where it contradicts the sex."""
    if sex is Sex.UNKNOWN:
        if serial not in UNKNOWN_SEX_SERIALS:
            raise IdentityError(Fault.SERIAL, _SERIAL_UNKNOWN_SEX)
        return False
    if serial in TRAINING_SERIALS:
        return True
    if serial not in SERIALS or serial % 2 != (sex is Sex.MAN):
        raise IdentityError(Fault.SERIAL, _SERIAL_MAN if sex is Sex.MAN else _SERIAL_WOMAN)
    return False


def _is_old_local(value: str) -> bool:
    match = _OLD_LOCAL.fullmatch(value)
    if match is None:
        return False
    # Six digits lack the century: the leap year 2000 has all days that any year has.
    day = match[2] or f"2000{match[1][2:]}"
    return day.startswith(CENTURIES) and _calendar_date(day) is not None


def _not_a_reserve_number(value: str) -> IdentityError:
    if _SHORT_RESERVE.fullmatch(value):
        return IdentityError(Fault.TEN_DIGITS, _TEN_DIGITS)
    if _is_old_local(value):
        return IdentityError(Fault.OLD_LOCAL, _OLD_LOCAL_NUMBER)
    return IdentityError(Fault.FORMAT, _NO_RESERVE_NUMBER)


def _require_check_digit(right: str, written: str) -> None:
    # Never tell the right digit: typed in, it would make a wrong number look correct.
    if right != written:
        raise IdentityError(Fault.CHECK_DIGIT, _CHECK_DIGIT)


def _sex_of_digit(digit: str) -> Sex:
    return Sex.MAN if int(digit) % 2 else Sex.WOMAN


def group(value: str) -> str:
    """Write a stored number for the eye: ``20000101 K 06 4``, others ``yyyymmdd-nnnn``.

    Checks nothing; what does not have twelve characters comes back as it is.
    """
    if match := _RESERVE.fullmatch(value):
        return " ".join(match.groups())
    return f"{value[:8]}-{value[8:]}" if len(value) == LENGTH else value


def check_digit(first_eleven: str) -> str:
    """Return the check digit of a VGR reserve number, given what stands before it.

    Takes ``yyyymmddGgg`` as stored; checks neither date nor serial.
    Raises IdentityError (FORMAT) for any other form.
    """
    if not _RESERVE_STEM.fullmatch(first_eleven):
        raise IdentityError(Fault.FORMAT, _NO_RESERVE_NUMBER)
    return luhn.calc_check_digit(first_eleven[2:].translate(_LETTER_DIGITS))


def same_sex(one: Sex, other: Sex) -> bool:
    """Whether two stated sexes may be one person's: unknown agrees with everything."""
    return one == other or Sex.UNKNOWN in (one, other)


def other_sex(sex: Sex) -> Sex:
    """Return the other of the two sexes that a binder has numbers for."""
    return Sex.MAN if sex is Sex.WOMAN else Sex.WOMAN


def training_numbers(birth_date: date) -> list[str]:
    """Return the twelve training numbers of a birth date, women's before men's.

    Befreg never issues these serials, so they may be shown, printed and handed out in drills.
    """
    stems = [
        f"{birth_date:%Y%m%d}{sex}{serial:02}"
        for sex in (Sex.WOMAN, Sex.MAN)
        for serial in TRAINING_SERIALS
    ]
    return [stem + check_digit(stem) for stem in stems]


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
_CENTURY: Final = _("The birth year must begin with 18, 19 or 20. Check the number.")
_NO_SUCH_DATE: Final = _("The birth date does not exist. Check month and day.")
_FUTURE_DATE: Final = _("The birth date lies in the future. Check the year.")
_NATIONAL_SERIES: Final = _(
    "No national reserve number begins with these two digits. Check the number."
)
_NATIONAL_UNDATED: Final = _(
    "A national reserve number that begins with 00 has 20–99 in the place of the month "
    "and 40–59 in the place of the day. Check the number."
)
_NATIONAL_LETTER: Final = _(
    "A national reserve number never has the letters I, O, Q, V or W. Check the letters."
)
_BIRTH_NUMBER: Final = _("No number has 000 after the birth date. Check the last four digits.")
_SERIAL_WOMAN: Final = _(
    "After K (woman) comes an even number from 06 to 78. Check the letter and the two digits."
)
_SERIAL_MAN: Final = _(
    "After M (man) comes an odd number from 07 to 79. Check the letter and the two digits."
)
_SERIAL_UNKNOWN_SEX: Final = _(
    "After X (unknown) comes a number from 80 to 89. Check the letter and the two digits."
)
_CHECK_DIGIT: Final = _(
    "The check digit is wrong, so at least one character is. Compare with the source."
)
