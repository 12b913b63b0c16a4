"""The formats of numbers: what stands in which place, how it is read and checked. Pure.

One class for each kind, with its OID and its source. Nothing here looks at the clock or the
database. Other modules ask ``identities``, and ``sql`` for conditions in SQL. Another region's
format is one more class; ``RESERVE`` names the one that binders hold.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

from django.utils.translation import gettext_lazy as _
from stdnum import luhn

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LENGTH: Final = 12
LAST: Final = 4  # the characters that tell the numbers of a binder apart
CENTURIES: Final = ("18", "19", "20")
COORDINATION: Final = 60  # added to the day of a samordningsnummer
NATIONAL_LETTERS: Final = frozenset("ABCDEFGHJKLMNPRSTUXYZ")  # without I, O, Q, V and W

_LETTER_DIGITS: Final = str.maketrans("KMX", "578")
_NATIONAL: Final = re.compile(r"[0-9]{8}[A-Z]{2}[A-Z0-9][0-9]")
_UNDATED: Final = re.compile(r"00[0-9]{2}[2-9][0-9][45][0-9].{4}")
_TWELVE_DIGITS: Final = re.compile(r"[0-9]{12}")
_OLD_LOCAL: Final = re.compile(r"(?:([0-9]{6})|([0-9]{8}))(?=.*[^0-9])[0-9A-ZÅÄÖåäö]{4}")


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


class IdentityFault(StrEnum):
    """What is wrong with a refused number."""

    FORMAT = "format"
    DATE = "date"
    SERIAL = "serial"
    CHECK_DIGIT = "check_digit"
    OLD_LOCAL = "old_local"
    TEN_DIGITS = "ten_digits"
    PLUS_SIGN = "plus_sign"


class IdentityError(ValueError):
    """Why a number is refused.

    ``code`` is for programs. ``message`` is for people: lazily translated, and it repeats
    nothing of the input, which may be long or hostile.
    """

    def __init__(self, code: IdentityFault, message: _StrPromise) -> None:
        super().__init__(code.value)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Identity:
    """One correct identity: twelve characters without separator, and what they say.

    ``birth_date`` is None where the number states none (some national reserve numbers and
    samordningsnummer). ``training`` marks reserve numbers with a serial that is never issued.
    """

    value: str
    kind: Kind
    sex: Sex
    birth_date: date | None
    training: bool = False

    @property
    def last_four(self) -> str:
        return self.value[-LAST:]

    @property
    def grouped(self) -> str:
        return " ".join(parts(self.value))

    @property
    def oid(self) -> str:
        return OF_KIND[self.kind].oid


class Format(ABC):
    """One kind of number."""

    kind: ClassVar[Kind]
    oid: ClassVar[str]

    @abstractmethod
    def recognises(self, value: str) -> bool:
        """Tell whether a normalised text has this form, whether its content is right or wrong."""

    @abstractmethod
    def read(self, value: str, today: date | None) -> Identity:
        """Return what a text of this form says.

        Raises IdentityError with the first fault found: date, serial, check digit. A date after
        ``today`` is a fault, when that is given.
        """


class ReserveFormat(Format):
    """A format that a binder can hold: sex, serial and birth date stand in fixed places."""

    kind = Kind.RESERVE
    # Places from 0; ``sql`` uses the same.
    birth_date: ClassVar[slice]
    sex: ClassVar[slice]
    serial: ClassVar[slice]
    sex_marks: ClassVar[dict[Sex, str]]  # the characters that state each sex
    first_real_serial: ClassVar[str]  # lower ones are never issued: for training
    # Regular expressions for normalised text: a whole number, and its last four.
    whole: ClassVar[str]
    tail: ClassVar[str]

    @abstractmethod
    def parts(self, value: str) -> tuple[str, ...]:
        """Return a number of this form in the groups in which people read it."""

    @abstractmethod
    def check_digit(self, stem: str) -> str:
        """Return the check digit of a number, given what stands before it."""

    @abstractmethod
    def supply(self, sex: Sex) -> int:
        """Return how many numbers of a sex one birth date has, besides those for training."""

    @abstractmethod
    def training_numbers(self, birth_date: date, sex: Sex) -> list[str]:
        """Return a birth date's numbers that are never issued, in the order of their serials."""

    def recognises(self, value: str) -> bool:
        return re.fullmatch(self.whole, value) is not None

    def sex_of(self, value: str) -> Sex:
        """Return the sex that a correct number states."""
        return next(sex for sex, marks in self.sex_marks.items() if value[self.sex] in marks)

    def written_date(self, born: date) -> str:
        """Return a birth date as a number writes it."""
        return f"{born:%Y%m%d}"

    def read_date(self, written: str) -> date:
        """Return the birth date that a correct number writes so."""
        return date(int(written[:4]), int(written[4:6]), int(written[6:]))


class Vgr(ReserveFormat):
    """VGR reserve number, ``yyyymmddGggC``.

    Source: the region's own description among Inera's local reserve numbers (Lokala Reservidn).
    The date is real, in the 19th to 21st century. ``gg`` is 06–79, even for K and odd for M, or
    80–89 for X. 00–05 are training numbers, which only K and M have. ``C`` is the Luhn digit
    over ``yymmddGgg`` with K=5, M=7, X=8; the century is therefore not protected by it.
    """

    oid = "1.2.752.113.11.0.2.1.1.1"
    birth_date = slice(0, 8)
    sex = slice(8, 9)
    serial = slice(9, 11)
    sex_marks = {sex: sex.value for sex in Sex}
    first_real_serial = "06"
    whole = r"[0-9]{8}[KMX][0-9]{3}"
    tail = r"[KMX][0-9]{3}"
    TRAINING: Final = range(6)
    SERIALS: Final = range(6, 80)
    UNKNOWN_SEX: Final = range(80, 90)

    def read(self, value: str, today: date | None) -> Identity:
        sex = self.sex_of(value)
        born = _birth_date(value[self.birth_date], today)
        training = self._is_training(sex, int(value[self.serial]))
        _require_check_digit(self.check_digit(value[:-1]), value[-1])
        return Identity(value, self.kind, sex, born, training)

    def parts(self, value: str) -> tuple[str, ...]:
        return value[self.birth_date], value[self.sex], value[self.serial], value[-1]

    def supply(self, sex: Sex) -> int:
        return len(self.UNKNOWN_SEX) if sex is Sex.UNKNOWN else len(self.SERIALS) // 2

    def training_numbers(self, birth_date: date, sex: Sex) -> list[str]:
        if sex is Sex.UNKNOWN:
            return []
        stems = [f"{self.written_date(birth_date)}{sex}{serial:02}" for serial in self.TRAINING]
        return [stem + self.check_digit(stem) for stem in stems]

    def check_digit(self, stem: str) -> str:
        return luhn.calc_check_digit(stem[2:].translate(_LETTER_DIGITS))

    def _is_training(self, sex: Sex, serial: int) -> bool:
        """Tell whether a serial is for training. Raises IdentityError if it contradicts the sex."""
        if sex is Sex.UNKNOWN:
            if serial not in self.UNKNOWN_SEX:
                raise IdentityError(IdentityFault.SERIAL, _SERIAL_UNKNOWN_SEX)
            return False
        if serial in self.TRAINING:
            return True
        if serial not in self.SERIALS or serial % 2 != (sex is Sex.MAN):
            raise IdentityError(
                IdentityFault.SERIAL, _SERIAL_MAN if sex is Sex.MAN else _SERIAL_WOMAN
            )
        return False


class Personnummer(Format):
    """``yyyymmddnnnC``; source: Skatteverket, SKV 704.

    Birth numbers 001–999 with the sex in the last digit, and Luhn over the last ten digits.
    python-stdnum 2.2 accepts any century and birth number 000, and names no fault, so only its
    Luhn is used here.
    """

    kind = Kind.PERSONNUMMER
    oid = "1.2.752.129.2.1.3.1"

    def recognises(self, value: str) -> bool:
        return _TWELVE_DIGITS.fullmatch(value) is not None and int(value[6:8]) < COORDINATION

    def read(self, value: str, today: date | None) -> Identity:
        born = self._born(value[:8], today)
        if value[8:11] == "000":
            raise IdentityError(IdentityFault.SERIAL, _BIRTH_NUMBER)
        _require_check_digit(luhn.calc_check_digit(value[2:-1]), value[-1])
        return Identity(value, self.kind, _sex_of_digit(value[10]), born)

    def _born(self, yyyymmdd: str, today: date | None) -> date | None:
        return _birth_date(yyyymmdd, today)


class Samordningsnummer(Personnummer):
    """A personnummer whose day is raised by 60; source: Skatteverket, SKV M 2010:3.

    Month 00, or day 00 (60 after the addition), stands for what isn't known.
    """

    kind = Kind.SAMORDNINGSNUMMER
    oid = "1.2.752.129.2.1.3.3"

    def recognises(self, value: str) -> bool:
        return _TWELVE_DIGITS.fullmatch(value) is not None and int(value[6:8]) >= COORDINATION

    def _born(self, yyyymmdd: str, today: date | None) -> date | None:
        year, month, day = yyyymmdd[:4], yyyymmdd[4:6], int(yyyymmdd[6:8]) - COORDINATION
        known = _birth_date(
            f"{year}{'01' if month == '00' else month}{1 if day == 0 else day:02}",
            today,
        )
        return None if month == "00" or day == 0 else known


class National(Format):
    """National reserve number, ``XXYYMMDDNNGC``; source: Inera, Nationellt ReservID 1.0.

    ``XX`` is the century of birth plus 3, 6, … 78, or 00 without birth date, when MM is 20–99
    and DD 40–59. ``NN`` are two letters. ``G`` is a digit with the sex of a personnummer, or a
    letter for unknown sex.
    """

    kind = Kind.NATIONAL
    oid = "1.2.752.74.9.1"

    def recognises(self, value: str) -> bool:
        # No national number begins with 18–21, so none has a real birth date before its letters.
        return _NATIONAL.fullmatch(value) is not None and not is_old_local(value)

    def read(self, value: str, today: date | None) -> Identity:
        born = None
        if value[:2] == "00":
            if not _UNDATED.fullmatch(value):
                raise IdentityError(IdentityFault.DATE, _NATIONAL_UNDATED)
        else:
            born = _birth_date(self._century(value[:2]) + value[2:8], today)
        if not NATIONAL_LETTERS.issuperset(re.sub("[0-9]", "", value)):
            raise IdentityError(IdentityFault.SERIAL, _NATIONAL_LETTER)
        _require_check_digit(self._check_digit(value[:-1]), value[-1])
        sex = _sex_of_digit(value[10]) if value[10].isdigit() else Sex.UNKNOWN
        return Identity(value, self.kind, sex, born)

    def _century(self, series: str) -> str:
        # 24, 27 and so on would be births after 2100. 01–17 are reserved; 18–21 are left out so
        # that nobody takes the number for a personnummer.
        for century in (19, 20):
            if int(series) in range(century + 3, century + 79, 3):
                return str(century)
        raise IdentityError(IdentityFault.DATE, _NATIONAL_SERIES)

    def _check_digit(self, stem: str) -> str:
        """Luhn over all eleven characters, a letter counting as its ASCII value (A is 65).

        The public text leaves open how a two-digit value is doubled. All six valid examples in
        the tests of public implementations fit this: double the whole value and add the digits
        (65 → 130 → 4). Five of them refute the alternative, 6 and 5 as two places.
        """
        total = 0
        for place, char in enumerate(reversed(stem)):
            number = int(char) if char.isdigit() else ord(char)
            total += sum(int(digit) for digit in str(number * (2 if place % 2 == 0 else 1)))
        return str(-total % 10)


def is_old_local(value: str) -> bool:
    """Tell whether a text looks like an old local number, which must not be used."""
    match = _OLD_LOCAL.fullmatch(value)
    if match is None:
        return False
    # Six digits lack the century; the leap year 2000 has every day that any year has.
    day = match[2] or f"2000{match[1][2:]}"
    return day.startswith(CENTURIES) and _calendar_date(day) is not None


def _birth_date(yyyymmdd: str, today: date | None) -> date:
    if not yyyymmdd.startswith(CENTURIES):
        raise IdentityError(IdentityFault.DATE, _CENTURY)
    born = _calendar_date(yyyymmdd)
    if born is None:
        raise IdentityError(IdentityFault.DATE, _NO_SUCH_DATE)
    if today is not None and born > today:
        raise IdentityError(IdentityFault.DATE, _FUTURE_DATE)
    return born


def _calendar_date(yyyymmdd: str) -> date | None:
    try:
        return date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return None


def _require_check_digit(right: str, written: str) -> None:
    # Never tell the right digit: typed in, it would make a wrong number look correct.
    if right != written:
        raise IdentityError(IdentityFault.CHECK_DIGIT, _CHECK_DIGIT)


def _sex_of_digit(digit: str) -> Sex:
    return Sex.MAN if int(digit) % 2 else Sex.WOMAN


# What binders hold.
RESERVE: Final[ReserveFormat] = Vgr()
# What else a patient may turn out to have.
OTHERS: Final[tuple[Format, ...]] = (Personnummer(), Samordningsnummer(), National())
OF_KIND: Final[dict[Kind, Format]] = {form.kind: form for form in (RESERVE, *OTHERS)}


def parts(value: str) -> tuple[str, ...]:
    """Return a stored number in the groups in which people read it: 20000101, K, 06, 4.

    Checks nothing. Any other number is one group, ``yyyymmdd-nnnn``; text that hasn't twelve
    characters comes back unchanged.
    """
    if RESERVE.recognises(value):
        return RESERVE.parts(value)
    return (f"{value[:8]}-{value[8:]}" if len(value) == LENGTH else value,)


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
