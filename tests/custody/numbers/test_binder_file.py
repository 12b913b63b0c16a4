from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from befreg_reserv.tables import MAX_BYTES, MAX_SHOWN, Code
from custody.numbers import binder_file, identities
from custody.numbers.binder_file import BinderFile, FaultCode
from tests.custody.numbers.test_identities import MEN, TRAINING, WOMEN

if not settings.configured:  # run without pytest-django: enough to read the messages
    settings.configure(USE_I18N=False)

BINDER = [*WOMEN, *MEN]
SAMPLE = "tab,number\n" + "".join(f"{tab},{number}\n" for tab, number in enumerate(BINDER, 1))
NUMBERS = [
    stem + identities.check_digit(stem)
    for stem in (f"20000101{'KM'[serial % 2]}{serial:02}" for serial in range(6, 80))
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"]


def read(text: str) -> BinderFile:
    return binder_file.read(text.encode())


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in read(text).faults]


def numbers(found: BinderFile) -> list[tuple[int | None, str]]:
    return [(row.tab, row.identity.value) for row in found.rows]


# Files that are right


def test_the_sample_binder_reads_without_fault() -> None:
    found = read(SAMPLE)
    assert found.faults == []
    assert numbers(found) == list(enumerate(BINDER, 1))
    assert [row.line for row in found.rows] == list(range(2, 12))


def test_one_number_a_line_has_no_tabs() -> None:
    assert numbers(read("\n".join(TRAINING))) == [(None, number) for number in TRAINING]


@pytest.mark.parametrize(
    "text",
    [
        "tab,number\n1,20000101K064",
        "number,tab\n20000101K064,1",
        "Flik;Reservnummer\r\n1;20000101K064\r\n",
        " TAB \t NUMBER \r1\t20000101K064\r",
        "1,20000101K064",
        "\n \n,,\n\n001 , 20000101-k064 \n\n",
        '1, "20000101K064"',
        '"tab";"number"\n"1";"20000101 K 06 4"',
        'tab,number,,\n1,20000101K064,"",\n',
        "1;20000101K064\t\n",
        "\ufefftab,number\n\u00a01,\u202a20000101K064\u202c",
    ],
)
def test_odd_but_harmless_spellings_of_the_same_row(text: str) -> None:
    found = read(text)
    assert (numbers(found), found.faults) == ([(1, "20000101K064")], [])


def test_excels_own_first_line_is_none_of_the_file() -> None:
    found = binder_file.read(b"sep=;\r\nflik;nummer\r\n1;20000101K064\r\n2;20000101K065")
    assert [(row.line, row.tab) for row in found.rows] == [(3, 1)]
    assert [fault.line for fault in found.faults] == [4]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_encoding_reads_the_same(encoding: str) -> None:
    # An en dash where Windows-1252 has one: not every file is plain ASCII.
    dash = "-" if encoding == "latin-1" else "–"
    text = SAMPLE.replace("20000101", f"20000101{dash}")
    assert binder_file.read(text.encode(encoding)) == read(SAMPLE)


def test_an_odd_byte_costs_only_its_line() -> None:
    found = binder_file.read(b"1,20000101K064\n2,20000101K\x81080\n3,20000101K\xe4106\n")
    assert numbers(found) == [(1, "20000101K064")]
    assert [fault.line for fault in found.faults] == [2, 3]


# Faults of a line


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("9,191212121212", identities.IdentityFault.FORMAT),
        ("9,20000230K064", identities.IdentityFault.DATE),
        ("9,20000101K072", identities.IdentityFault.SERIAL),
        ("9,20000101K165", identities.IdentityFault.CHECK_DIGIT),
        ("9,20000101AB12", identities.IdentityFault.OLD_LOCAL),
        ("9,000101K064", identities.IdentityFault.TEN_DIGITS),
        ("9,", Code.COLUMNS),
        ("20000101K163", Code.COLUMNS),
        ("9,20000101K163,x", Code.COLUMNS),
        ("9," + "0" * 2500, Code.COLUMNS),
        ('9,"20000101K163', None),  # a quote left open
        (",20000101K163", FaultCode.TAB),
        ("0,20000101K163", FaultCode.TAB),
        ("-9,20000101K163", FaultCode.TAB),
        ("9.5,20000101K163", FaultCode.TAB),
        ("10000,20000101K163", FaultCode.TAB),
        ("٩,20000101K163", FaultCode.TAB),
        ("2,20000101K163", FaultCode.TAB_TWICE),
        ("9,20000101K080", FaultCode.NUMBER_TWICE),
        ("9,19450829K088", FaultCode.BIRTH_DATE),
        ("9,20000101K007", FaultCode.MIXED),
    ],
)
def test_a_bad_line_is_named_with_its_fault(row: str, code: str | None) -> None:
    found = faults(f"tab,number\n1,20000101K064\n2,20000101K080\n{row}\n4,20000101K106\n")
    assert found == ([(4, code)] if code else [])


def test_all_faults_come_at_once_and_good_rows_beside_them() -> None:
    text = "1,20000101K064\nx,20000101K065\n1,20000101K064\n4,20000101M078"
    found = read(text)
    assert faults(text) == [
        (2, FaultCode.TAB),
        (2, identities.IdentityFault.CHECK_DIGIT),
        (3, FaultCode.TAB_TWICE),
        (3, FaultCode.NUMBER_TWICE),
    ]
    assert numbers(found) == [(1, "20000101K064"), (4, "20000101M078")]


def test_what_is_repeated_names_the_line_where_it_stands_first() -> None:
    found = read("20000101K064\n" * 3)
    assert [str(fault.reason)[-7:] for fault in found.faults] == ["line 1."] * 2


def test_the_odd_one_out_is_blamed_even_on_the_first_line() -> None:
    text = "19450829K088\n20000101K064\n20000101K080"
    assert faults(text) == [(1, FaultCode.BIRTH_DATE)]
    assert "2000-01-01" in str(read(text).faults[0].reason)
    real_among_training = "\n".join([WOMEN[0], *TRAINING])
    assert faults(real_among_training) == [(1, FaultCode.MIXED)]


@pytest.mark.parametrize("header", ["tab", "tab,tab", "number,number", "ward,bed", "nothing here"])
def test_a_header_with_other_columns_is_one_fault(header: str) -> None:
    assert faults(f"{header}\n1,20000101K064\n2,bad") == [(1, Code.COLUMNS)]


# Faults of the whole file


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.EMPTY),
        (b"\xef\xbb\xbf\r\n , \r\n", Code.EMPTY),
        (b"tab,number\n", Code.EMPTY),
        (b"1,20000101K064\n2,2000\x000101K080\n" * 9, Code.BINARY),
        (bytes(range(256)) * 99, Code.BINARY),
        (b"\xff\xfe1", Code.BINARY),  # UTF-16 cut in the middle of a character
        (b"x\n" * (MAX_BYTES // 2) + b"x", Code.TOO_LARGE),
        (b"1\n" * (binder_file.MAX_ROWS + 1), Code.TOO_MANY_ROWS),
        (b"number\n" + b"1\n" * (binder_file.MAX_ROWS + 1), Code.TOO_MANY_ROWS),
    ],
)
def test_a_file_that_is_none_is_one_clear_fault(data: bytes, code: FaultCode) -> None:
    found = binder_file.read(data)
    assert [(fault.line, fault.code) for fault in found.faults] == [(0, code)]
    assert found.rows == []


def test_ten_thousand_rows_are_still_read() -> None:
    assert len(read("number\n" + "1\n" * binder_file.MAX_ROWS).faults) == binder_file.MAX_ROWS


def test_the_text_of_a_fault_is_short_and_shows_what_is_invisible() -> None:
    (fault,) = read(f"tab,number\n1,20000101\u202e\x85{'x' * 100}").faults
    assert fault.text == "20000101\ufffd\ufffd" + "x" * 29 + "…"
    assert len(fault.text) == MAX_SHOWN


def test_every_reason_is_a_whole_sentence() -> None:
    found = read("0,20000101X803\n2,20000101K007\n2,20000101K007\n3,19450829K088\n4\n5,x")
    reasons = [str(fault.reason) for fault in found.faults]
    assert len(reasons) == 8
    assert all(reason.endswith(".") and "{" not in reason for reason in reasons)


# Properties


@given(
    st.dictionaries(st.sampled_from(NUMBERS), st.integers(1, 9999), min_size=1),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(",;\t"),
)
def test_good_rows_read_the_same_in_any_dress(
    rows: dict[str, int], encoding: str, line_end: str, separator: str
) -> None:
    tabs = {tab: number for number, tab in rows.items()}
    text = line_end.join(f"{tab}{separator}{number}" for tab, number in tabs.items())
    found = binder_file.read(text.encode(encoding))
    assert (numbers(found), found.faults) == (list(tabs.items()), [])


@given(st.binary() | st.text('0123456789KM,;"\t\r\n\u00a0 ').map(str.encode))
def test_any_bytes_give_rows_or_faults(data: bytes) -> None:
    found = binder_file.read(data)
    assert found.rows or found.faults
    assert all(len(fault.text) <= MAX_SHOWN for fault in found.faults)


def test_the_birth_date_is_that_of_the_numbers() -> None:
    assert {row.identity.birth_date for row in read(SAMPLE).rows} == {date(2000, 1, 1)}
