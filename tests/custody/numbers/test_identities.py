from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.se import personnummer

from custody.numbers import identities
from custody.numbers.identities import Identity, IdentityError, IdentityFault, Kind, Sex

if not settings.configured:  # run without pytest-django: enough to read the messages
    settings.configure(USE_I18N=False)

BORN = date(2000, 1, 1)
WOMEN = ["20000101K064", "20000101K080", "20000101K106", "20000101K122", "20000101K148"]
MEN = ["20000101M078", "20000101M094", "20000101M110", "20000101M136", "20000101M151"]
PUBLISHED = ["19810829M071", "19450829K088", "19930829X802", "20210325K069"]
TRAINING = [
    *("20000101K007", "20000101K015", "20000101K023"),
    *("20000101K031", "20000101K049", "20000101K056"),
    *("20000101M003", "20000101M011", "20000101M029"),
    *("20000101M037", "20000101M045", "20000101M052"),
]
NATIONAL = [
    ("22790814AA01", Sex.WOMAN, date(1979, 8, 14)),
    ("22950606FH20", Sex.WOMAN, date(1995, 6, 6)),
    ("22950606FH12", Sex.MAN, date(1995, 6, 6)),
    ("25780404KHD5", Sex.UNKNOWN, date(1978, 4, 4)),
    ("00342145BZ31", Sex.MAN, None),
    ("00749852BZK0", Sex.UNKNOWN, None),
]
DIGITS = [
    ("191212121212", Kind.PERSONNUMMER, Sex.MAN, date(1912, 12, 12)),
    ("196408233234", Kind.PERSONNUMMER, Sex.MAN, date(1964, 8, 23)),
    ("198901023286", Kind.PERSONNUMMER, Sex.WOMAN, date(1989, 1, 2)),
    ("197010632391", Kind.SAMORDNINGSNUMMER, Sex.MAN, date(1970, 10, 3)),
    ("191503882399", Kind.SAMORDNINGSNUMMER, Sex.MAN, date(1915, 3, 28)),
    ("191500882392", Kind.SAMORDNINGSNUMMER, Sex.MAN, None),  # month unknown
    ("191500722390", Kind.SAMORDNINGSNUMMER, Sex.MAN, None),
]
ARABIC_DIGITS = "20000101K064".translate({ord("0") + n: 0x660 + n for n in range(10)})
RESERVE = [*WOMEN, *MEN, *PUBLISHED, *TRAINING, "20000101X803"]
ALL = [*RESERVE, *(row[0] for row in NATIONAL), *(row[0] for row in DIGITS)]


def fault_of(text: str, **kwargs: Any) -> IdentityFault | None:
    try:
        identities.parse_identity(text, **kwargs)
    except IdentityError as error:
        return error.code
    return None


def reserve_fault(text: str) -> IdentityFault | None:
    try:
        identities.parse_reserve_number(text)
    except IdentityError as error:
        return error.code
    return None


# Numbers that are right


@pytest.mark.parametrize("number", RESERVE)
def test_a_reserve_number_says_sex_birth_date_and_training(number: str) -> None:
    found = identities.parse_reserve_number(number)
    born = date(int(number[:4]), int(number[4:6]), int(number[6:8]))
    assert found == Identity(number, Kind.RESERVE, Sex(number[8]), born, number in TRAINING)
    assert identities.parse_identity(number) == found


@pytest.mark.parametrize(("number", "sex", "born"), NATIONAL)
def test_a_national_reserve_number(number: str, sex: Sex, born: date | None) -> None:
    assert identities.parse_identity(number) == Identity(number, Kind.NATIONAL, sex, born)


@pytest.mark.parametrize(("number", "kind", "sex", "born"), DIGITS)
def test_twelve_digits(number: str, kind: Kind, sex: Sex, born: date | None) -> None:
    assert identities.parse_identity(number) == Identity(number, kind, sex, born)


def test_a_samordningsnummer_with_unknown_day() -> None:
    assert identities.parse_identity("197010602394").birth_date is None


@pytest.mark.parametrize(
    ("kind", "oid"),
    [
        (Kind.RESERVE, "1.2.752.113.11.0.2.1.1.1"),
        (Kind.PERSONNUMMER, "1.2.752.129.2.1.3.1"),
        (Kind.SAMORDNINGSNUMMER, "1.2.752.129.2.1.3.3"),
        (Kind.NATIONAL, "1.2.752.74.9.1"),
    ],
)
def test_each_kind_has_its_oid(kind: Kind, oid: str) -> None:
    assert Identity("20000101K064", kind, Sex.WOMAN, BORN).oid == oid
    assert len(identities.OIDS) == len(Kind)


@pytest.mark.parametrize(
    ("value", "grouped"),
    [
        ("20000101K064", "20000101 K 06 4"),
        ("191212121212", "19121212-1212"),
        ("25780404KHD5", "25780404-KHD5"),
        ("anything else", "anything else"),
    ],
)
def test_grouping(value: str, grouped: str) -> None:
    assert identities.group(value) == grouped


def test_the_last_four_and_the_grouping_of_an_identity() -> None:
    found = identities.parse_identity("20000101K064")
    assert (found.last_four, found.grouped) == ("K064", "20000101 K 06 4")


def test_the_training_numbers_of_a_birth_date() -> None:
    assert identities.training_numbers(BORN) == TRAINING


def test_a_birth_date_has_exactly_the_supply_of_the_format() -> None:
    stems = [f"20000101{letter}{serial:02}" for letter in "KMX" for serial in range(100)]
    numbers = [stem + identities.check_digit(stem) for stem in stems]
    found = [identities.parse_reserve_number(n) for n in numbers if not reserve_fault(n)]
    real = [one.sex for one in found if not one.training]
    assert [real.count(sex) for sex in Sex] == [37, 37, 10]
    assert [one.value for one in found if one.training] == TRAINING


@pytest.mark.parametrize(
    "first_eleven", ["20000101K0", "20000101K064", "20000101A06", "", ARABIC_DIGITS[:-1]]
)
def test_a_check_digit_needs_the_eleven_characters_before_it(first_eleven: str) -> None:
    with pytest.raises(IdentityError):
        identities.check_digit(first_eleven)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("K", "K", True), ("K", "M", False), ("X", "M", True), ("K", "X", True), ("X", "X", True)],
)
def test_an_unknown_sex_agrees_with_everything(one: str, other: str, *, same: bool) -> None:
    assert identities.same_sex(Sex(one), Sex(other)) is same


# Numbers as people write them


@pytest.mark.parametrize(
    "text",
    [
        "20000101k064",
        " 20000101-K064 ",
        "20000101 K 06 4",
        "2000-01-01 K064\r\n",
        "20000101\u00a0K064",  # no-break space
        "20000101\u202fK064",  # narrow no-break space
        *(f"20000101{dash}K064" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad"),
        "\ufeff20000101K064",
        "\u202a20000101K064\u202c",  # bidi marks come along when text is copied from a message
        "2000\u200b0101K064",
        "２０００0101Ｋ064",  # noqa: RUF001  full width
        "20000101\u212a064",  # the sign for kelvin
    ],
)
def test_spacing_dashes_and_small_letters_are_normalised(text: str) -> None:
    assert identities.normalise(text) == "20000101K064"
    assert identities.parse_reserve_number(text).value == "20000101K064"


def test_a_sharp_s_is_not_two_letters() -> None:
    assert fault_of("22790814SS03") != fault_of("22790814ß03") == IdentityFault.FORMAT


# Numbers that are wrong


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", IdentityFault.FORMAT),
        ("K064", IdentityFault.FORMAT),
        ("20000101K06", IdentityFault.FORMAT),
        ("20000101K0644", IdentityFault.FORMAT),
        ("20000101+K064", IdentityFault.FORMAT),
        ("20000101_K064", IdentityFault.FORMAT),
        ("20000101K06\x004", IdentityFault.FORMAT),
        (ARABIC_DIGITS, IdentityFault.FORMAT),
        ("2000\ud800101K064", IdentityFault.FORMAT),
        ("👶20000101K064", IdentityFault.FORMAT),
        ("191212121212", IdentityFault.FORMAT),
        ("20000101K064" + " " * identities.LONGEST, IdentityFault.FORMAT),
        ("20000230K060", IdentityFault.DATE),
        ("20001301M070", IdentityFault.DATE),
        ("20010229K064", IdentityFault.DATE),
        ("17000101K064", IdentityFault.DATE),
        ("21000101K064", IdentityFault.DATE),
        ("20000101K072", IdentityFault.SERIAL),  # odd for a woman
        ("20000101M060", IdentityFault.SERIAL),  # even for a man
        ("20000101K800", IdentityFault.SERIAL),
        ("20000101X793", IdentityFault.SERIAL),
        ("20000101X050", IdentityFault.SERIAL),  # X has no training numbers
        ("20000101X900", IdentityFault.SERIAL),
        ("20000101K065", IdentityFault.CHECK_DIGIT),
        ("20000101M064", IdentityFault.SERIAL),
        ("000101K064", IdentityFault.TEN_DIGITS),
        ("20000101AB12", IdentityFault.OLD_LOCAL),
    ],
)
def test_a_refused_reserve_number_has_its_exact_fault(text: str, fault: IdentityFault) -> None:
    assert reserve_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", IdentityFault.FORMAT),
        ("hello", IdentityFault.FORMAT),
        ("1912121212123", IdentityFault.FORMAT),
        ("20001399A123", IdentityFault.FORMAT),  # neither date nor national number
        ("20000101K072", IdentityFault.SERIAL),  # a slip in a VGR number is no old local number
        ("20000101K065", IdentityFault.CHECK_DIGIT),
        ("20000230K064", IdentityFault.DATE),
        ("191212121213", IdentityFault.CHECK_DIGIT),
        ("191302291212", IdentityFault.DATE),
        ("991981000010", IdentityFault.DATE),  # Stockholm's local format
        ("210001010008", IdentityFault.DATE),
        ("197010922391", IdentityFault.DATE),  # samordningsnummer of the 32nd
        ("197013632391", IdentityFault.DATE),
        ("191212120000", IdentityFault.SERIAL),
        ("197010632392", IdentityFault.CHECK_DIGIT),
        ("1212121212", IdentityFault.TEN_DIGITS),
        ("121212-1212", IdentityFault.TEN_DIGITS),
        ("121212+1212", IdentityFault.PLUS_SIGN),
        ("19121212+1212", IdentityFault.PLUS_SIGN),
        ("22790814AA02", IdentityFault.CHECK_DIGIT),
        ("22790814AI01", IdentityFault.SERIAL),
        ("22790814AAO1", IdentityFault.SERIAL),
        ("22790230AA01", IdentityFault.DATE),
        ("17790814AA01", IdentityFault.DATE),
        ("24790814AA01", IdentityFault.DATE),  # born after 2100
        ("99790814AA01", IdentityFault.DATE),
        ("00191245AA01", IdentityFault.DATE),
        ("00342160AA01", IdentityFault.DATE),
        ("20000101AB12", IdentityFault.OLD_LOCAL),
        ("20000101-T12Å", IdentityFault.OLD_LOCAL),
        ("20000101K06A", IdentityFault.OLD_LOCAL),
        ("000101-T123", IdentityFault.OLD_LOCAL),
        ("000229ABCD", IdentityFault.OLD_LOCAL),
    ],
)
def test_a_refused_identity_has_its_exact_fault(text: str, fault: IdentityFault) -> None:
    assert fault_of(text) == fault


def test_a_national_number_begins_with_a_century_plus_a_multiple_of_three() -> None:
    begins = {n for n in range(100) if fault_of(f"{n:02}790814AA01") != IdentityFault.DATE}
    begins -= {18, 19, 20}  # then it is no national number: an old local one
    assert begins == {n for n in range(22, 99) if n % 3}


def test_every_fault_is_provoked_above() -> None:
    marks = test_a_refused_identity_has_its_exact_fault.pytestmark  # type: ignore[attr-defined]
    assert {fault for _text, fault in marks[0].args[1]} == set(IdentityFault)


@pytest.mark.parametrize("number", ["20000101K064", "191212121212", "22790814AA01"])
def test_a_birth_date_after_today_is_refused_when_today_is_known(number: str) -> None:
    born = identities.parse_identity(number).birth_date
    assert born is not None
    assert fault_of(number, today=born) is None
    assert fault_of(number, today=born.replace(year=born.year - 1)) == IdentityFault.DATE


@pytest.mark.parametrize(
    "text", ["", "K065", "20000101K065", "x" * 10_000, "\u0301\u0323" * 5_000, "<b>\x00\u202e"]
)
def test_a_message_is_short_and_repeats_nothing_of_the_input(text: str) -> None:
    with pytest.raises(IdentityError) as caught:
        identities.parse_identity(text)
    message = str(caught.value.message)
    assert 20 < len(message) < 160
    assert not text or text not in message


# Properties


@given(st.sampled_from(ALL), st.data())
def test_one_wrong_digit_is_always_refused(number: str, data: st.DataObject) -> None:
    """Except in the century, which the check digit covers in national numbers only."""
    first = 0 if number[8:10].isalpha() else 2
    places = [i for i in range(first, len(number)) if number[i].isdigit()]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda d: d != number[place]))
    assert fault_of(number[:place] + digit + number[place + 1 :])


@given(st.sampled_from(RESERVE), st.sampled_from("KMX"))
def test_a_wrong_letter_is_always_refused(number: str, letter: str) -> None:
    assume(letter != number[8])
    assert reserve_fault(number[:8] + letter + number[9:])


@given(st.sampled_from([n for n in ALL if not n[8:10].isalpha()]), st.integers(2, 10))
def test_two_neighbours_that_changed_places_are_refused(number: str, place: int) -> None:
    """Luhn misses only 09 and 90; a letter that leaves its place breaks the form."""
    pair = number[place : place + 2]
    assume(pair[0] != pair[1] and sorted(pair) != ["0", "9"])
    assert fault_of(number[:place] + pair[::-1] + number[place + 2 :])


@given(st.dates(date(1800, 1, 1), date(2099, 12, 31)), st.integers(0, 9999))
def test_a_personnummer_is_right_where_stdnum_says_so(born: date, last: int) -> None:
    number = f"{born:%Y%m%d}{last:04}"
    right = bool(personnummer.is_valid(number)) and last >= 10
    assert (fault_of(number) is None) == right


@given(st.text(max_size=30) | st.text("0123456789KMXABab-+ \u00ad\u202e", max_size=16))
def test_any_text_is_read_or_refused_in_the_same_way_twice(text: str) -> None:
    assert fault_of(text) == fault_of(identities.normalise(text))
    assert reserve_fault(text) == reserve_fault(identities.normalise(text))


@given(st.sampled_from(ALL), st.sampled_from(["-", " ", "\u00a0", "\u2011", "\u200f", "\t"]))
def test_spacing_anywhere_changes_nothing(number: str, spacing: str) -> None:
    spaced = identities.parse_identity(spacing.join(number.lower()))
    assert spaced == identities.parse_identity(number)
    assert identities.normalise(identities.normalise(number)) == number
