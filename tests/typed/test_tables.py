"""What one reader makes of the tables that people save, paste and send: wards, binders, paper logs.

The first of each kind are what failed once. Read: all of its rows. Refused: line, what stood there,
and what would do.
"""

import re
from datetime import date

import pytest

from befreg_reserv.tables import describe
from custody.numbers import number_list
from tests.typed.readers import Reader, binder, paper, wards

EYES = "Ögonkliniken / Ögonmottagning 2, SE2321000131-E201, 0336161258"
HEAD = "clinic,ward,hsa_id,telephone\r\n"
LINE = "Ögonkliniken,Ögonmottagning 2,SE2321000131-E201,0336161258\r\n"
FILE = HEAD + LINE
SWEDISH = FILE.replace(",", ";")
MADE = "tid;nummer;avdelning;uppringare;av"
NIGHT = "23:10;M078;IVA;eeeee;ddddd"
BINDER = "1 20010101K063"

READ: dict[str, tuple[Reader, str | bytes, str]] = {
    # Those that failed once.
    "wards, semicolons and a mark": (wards, "\ufeff" + SWEDISH, EYES),
    "wards, Windows-1252": (wards, FILE.encode("cp1252"), EYES),
    "wards, Swedish header": (wards, "klinik,avdelning,hsa_id,telefon\r\n" + LINE, EYES),
    "wards, a name over two lines": (
        wards,
        HEAD + LINE.replace("Ögonmottagning 2", '"Ögonmottagning\n2"'),
        EYES,
    ),
    "wards, another provider": (
        wards,
        HEAD + "Vårdcentral privat,Mottagning,SE5560001111-1ABC,0336161258\r\n",
        "Vårdcentral privat / Mottagning, SE5560001111-1ABC, 0336161258",
    ),
    "wards, small letters in the HSA-id": (
        wards,
        FILE.replace("SE2", "se2").replace("-E", "-e"),
        EYES,
    ),
    "paper, over midnight": (
        paper,
        f"{MADE}\r\n{NIGHT}\r\n00:40;M094;Postop;fffff;ddddd\r\n",
        f"{NIGHT}|00:40;M094;Postop;fffff;ddddd",
    ),
    "paper, seconds": (
        paper,
        f"{MADE}\r\n2026-11-26 23:10:00;{NIGHT[6:]}",
        f"2026-11-26 23:10:00;{NIGHT[6:]}",
    ),
    "binder, Excel's own first line": (
        binder,
        "sep=;\r\nflik;nummer\r\n1;20010101K063\r\n",
        BINDER,
    ),
    # How it was saved.
    "wards, UTF-16 and tabs": (wards, FILE.replace(",", "\t").encode("utf-16"), EYES),
    "wards, UTF-16 without its mark": (wards, SWEDISH.encode("utf-16-le"), EYES),
    "wards, UTF-16 the other way round": (wards, b"\xfe\xff" + SWEDISH.encode("utf-16-be"), EYES),
    "wards, a Macintosh": (wards, SWEDISH.replace("\r\n", "\r").encode("mac_roman"), EYES),
    "wards, a second mark": (wards, "\ufeff\ufeff" + FILE, EYES),
    "wards, everything in quotes": (
        wards,
        re.sub(r"[^,\r\n]+", lambda cell: f'"{cell[0]}"', FILE),
        EYES,
    ),
    "wards, sep= in quotes": (wards, '"sep=;"\r\n' + SWEDISH, EYES),
    "wards, letters taken apart": (wards, FILE.replace("Ö", "O\u0308"), EYES),
    # Columns.
    "wards, any order": (
        wards,
        "Telefon;HSA-ID;Avdelning;Klinik\n0336161258;SE2321000131-E201;Ögonmottagning 2;"
        "Ögonkliniken",
        "Ögonkliniken / Ögonmottagning 2, 0336161258, SE2321000131-E201",
    ),
    "wards, the header with blanks": (
        wards,
        " Klinik ; Avd. ; HSA id ; Tel. \n" + LINE.replace(",", ";"),
        EYES,
    ),
    "wards, two columns alone": (wards, "klinik\tavd\nOp/IVA\tUppvak", "Op/IVA / Uppvak"),
    "wards, cells left out at the end": (wards, HEAD + "Kliniken,Avd 1\r\n", "Kliniken / Avd 1"),
    "wards, empty cells at the end": (wards, FILE.replace("\r\n", ",,,\r\n"), EYES),
    "wards, blanks that don't break": (wards, FILE.replace(" ", "\u00a0"), EYES),
    "wards, sixteen digits of a provider": (
        wards,
        FILE.replace("SE2", "SE162"),
        EYES.replace("SE2", "SE162"),
    ),
    "wards, another region's HSA-id": (
        wards,
        FILE.replace("000131", "000115"),
        EYES.replace("000131", "000115"),
    ),
    "wards, country and telephone": (
        wards,
        FILE.replace("0336", "+46 33-6"),
        EYES.replace("0336", "+46 33-6"),
    ),
    "binder, columns turned": (binder, "Reservnr\tFlik\n20010101-K063\t1", BINDER),
    "binder, with a given name": (
        binder,
        "flik;nummer;förnamn\n1;20010101K063;AKM",
        f"{BINDER} AKM",
    ),
    "binder, small letters": (binder, "1;20010101 k06 3", BINDER),
    "binder, no header and a blank line": (binder, "\n\n1,20010101K063\n,\n", BINDER),
    "paper, no header": (paper, NIGHT, NIGHT),
    "paper, pasted with tabs": (paper, NIGHT.replace(";", "\t"), NIGHT),
    "paper, the header in English": (paper, f"Time;Number;Ward;Caller;By\n{NIGHT}", NIGHT),
    "paper, a line in the ward": (
        paper,
        f'{MADE}\n23:10;M078;"IVA\nsal 1";eeeee;ddddd',
        "23:10;M078;IVA sal 1;eeeee;ddddd",
    ),
}

PASSED_OVER: dict[str, tuple[Reader, str | bytes, str, tuple[str, ...]]] = {
    "wards, commas within a file of semicolons": (
        wards,
        "klinik (lång, svensk);klinik;avdelning\nx;Öron, näsa, hals;Avd 1",
        "Öron, näsa, hals / Avd 1",
        ("klinik (lång, svensk)",),
    ),
    "wards, further columns": (
        wards,
        "nr;klinik;avdelning;ansvarig;;ort\n7;Kliniken;Avd 1;Anna;x;\n",
        "Kliniken / Avd 1",
        ("nr", "ansvarig", "column 5"),
    ),
    "wards, a column without a name at the end": (
        wards,
        "klinik;avdelning;\nKliniken;Avd 1;ny\nKliniken;Avd 2;\n",
        "Kliniken / Avd 1|Kliniken / Avd 2",
        ("column 3",),
    ),
    "binder, a comment": (
        binder,
        "flik;nummer;kommentar\n1;20010101K063;ny",
        BINDER,
        ("kommentar",),
    ),
    "paper, numbered lines": (paper, f"rad;{MADE}\n1;{NIGHT}", NIGHT, ("rad",)),
}

REFUSED: dict[str, tuple[Reader, str | bytes, str]] = {
    "wards, a telephone number that lost its zero": (
        wards,
        FILE.replace("0336161258", '"3,36161E+08"'),
        r"line 2: 3,36161E\+08 – The spreadsheet has changed .* with its zero\.",
    ),
    "wards, a zero that is gone": (
        wards,
        FILE.replace("0336161258", "336161258"),
        "line 2: 336161258 – The spreadsheet",
    ),
    "wards, a column missing": (
        wards,
        "klinik;hsa_id\nKliniken;\n",
        "line 1: klinik;hsa_id – .* Missing here: ward",
    ),
    "wards, a column twice": (
        wards,
        "klinik;avd;avdelning\na;b;c\n",
        "line 1: .* same meaning: ward",
    ),
    "wards, a comma without quotes": (
        wards,
        HEAD + "Öron, näsa, hals,Avd 1,SE2321000131-E1,1\n",
        "line 2: .* needs quotes",
    ),
    "wards, a line broken without quotes": (
        wards,
        FILE.replace("Ögonm", "Ögon-\nm"),
        "line 3: .* slipped",
    ),
    "wards, read as Windows-1252 and saved again": (
        wards,
        FILE.encode().decode("cp1252"),
        "line 2: Ã–gon.* CSV in UTF-8",
    ),
    "wards, DOS": (wards, SWEDISH.encode("cp850"), "line 2: ™gon.* CSV in UTF-8"),
    "wards, every fault at once": (
        wards,
        HEAD + ",x,,\nKliniken,,E1,\nA,B,,\nA,B,,\n",
        "line 2: x – .*\nline 3: Kliniken – .*\n"
        "line 3: E1 – An HSA-id is .*\nline 5: A / B – The same ward stands on line 4",
    ),
    "wards, a workbook": (wards, b"PK\x03\x04" + bytes(60), "not a text file. Save"),
    "wards, a title above the header": (wards, "Avdelningar 2026\n" + FILE, "line 1: Avd.*Missing"),
    "binder, a tab with decimals": (
        binder,
        "flik;nummer\n1.0;20010101K063",
        "line 2: 1.0 – The tab",
    ),
    "binder, a cell too many": (
        binder,
        "flik;nummer\n1;20010101K063;2",
        "line 2: .* number of columns",
    ),
    "binder, no column for numbers": (binder, "flik;namn\n1;AKM", "Missing here: number"),
    "paper, a cell too few": (paper, f"{MADE}\n23:10;M078;IVA", "line 2: .* too few or too many"),
}


def test_a_list_of_numbers_may_be_a_table_too() -> None:
    for text in ("20000101-k064\n\n20000101K080", "Kön;Reservnr\nK;20000101K064\nK;20000101K080"):
        found = number_list.read(text, today=date(2026, 11, 29))
        assert [number.value for _at, number in found.numbers] == ["20000101K064", "20000101K080"]
        assert found.faults == []


def data_of(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


@pytest.mark.parametrize("name", READ)
def test_is_read(name: str) -> None:
    read, text, rows = READ[name]
    assert read(data_of(text)) == (rows.split("|"), [], ())


@pytest.mark.parametrize("name", PASSED_OVER)
def test_is_read_and_the_other_columns_are_named(name: str) -> None:
    read, text, row, others = PASSED_OVER[name]
    assert read(data_of(text)) == (row.split("|"), [], others)


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_line_and_reason(name: str) -> None:
    read, text, reasons = REFUSED[name]
    _rows, faults, _others = read(data_of(text))
    assert re.search(reasons, "\n".join(map(describe, faults)))
