"""Tables as they really come, hostile and honest: what stood there, and what a reader makes of it.

``python -m tests.typed.variants`` writes ``docs/tables.md``, the table of what was read and what
was refused and why; ``test_variants`` holds it true.
"""

import os
from pathlib import Path
from typing import NamedTuple

DOCUMENT = Path(__file__).parents[2] / "docs" / "tables.md"
HEAD = """# What is read of a table, and what is refused

One reader (`befreg_reserv/tables.py`) takes the tables of wards, people, binders and paper logs,
loaded or pasted. What it is sure of it reads; what it isn't it refuses, with all faults of the file
at once and nothing loaded: each with its line, what stood there, and what would do. What else is
wrong, the register says: `befreg_reserv/people/wards/loading.py`, `custody/binder/loading.py`.

This table is written by `python -m tests.typed.variants` and held true by
`tests/typed/test_variants.py`. More kinds stand in `tests/typed/test_tables.py`, among them each
that failed once; times as people write them, in `tests/typed/test_times.py`.

| table | what stood there | what becomes of it | why |
|---|---|---|---|
"""
WARDS, BINDER, PEOPLE = "klinik;avdelning\n", "flik;nummer\n", "vgr-id;roll\n"
PAPER = "tid;nummer;avdelning;uppringare;av\n"
WITH_TELEPHONE, WITH_HSA = "klinik;avdelning;telefon\n", "klinik;avdelning;hsa-id\n"
ZIP = b"PK\x03\x04\x14\x00\x06\x00"


class Variant(NamedTuple):
    """A table of a kind (a function of ``readers``), and what is peculiar about it."""

    kind: str
    what: str
    content: str | bytes

    @property
    def data(self) -> bytes:
        """Return its bytes."""
        return self.content.encode() if isinstance(self.content, str) else self.content


VARIANTS = (
    # Excel's peculiarities.
    Variant("wards", 'digits kept as text: `="033…"`', f'{WITH_TELEPHONE}K;A;="0336161258"\n'),
    Variant("wards", "digits kept as text: `'033…`", f"{WITH_TELEPHONE}K;A;'0336161258\n"),
    Variant("binder", 'a number kept as text: `="2001…"`', f'{BINDER}1;="20010101K063"\n'),
    Variant("wards", "each line as one cell in quotes", '"klinik,avdelning"\n"K,A ""Norr"""\n'),
    Variant("wards", "`sep=` with a mark of one's own", "sep=|\nklinik|avdelning\nK|A\n"),
    Variant("wards", "faults of formulas as names", f"{WARDS}K;#NAMN?\n#REF!;A\n"),
    Variant("binder", "a tab with decimals", f"{BINDER}1,0;20010101K063\n"),
    Variant("wards", "a total below the rows", f"{WARDS}K;A\nSumma;\n"),
    Variant("binder", "a total below the rows", f"{BINDER}1;20010101K063\nSumma;1\n"),
    # Other programs' files.
    Variant("wards", "a workbook (XLSX)", ZIP + b"[Content_Types].xml" + bytes(60)),
    Variant("people", "a workbook (ODS)", ZIP + b"mimetypeapplication/vnd.oasis"),
    Variant("binder", "an old workbook (XLS)", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)),
    Variant("paper", "a document (RTF)", r"{\rtf1\ansi 23:10;M078;IVA;eeeee;ddddd\par}"),
    Variant("wards", "a page (HTML) saved as a table", "<table><tr><td>klinik</td></tr></table>"),
    Variant("wards", "a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
    Variant("wards", "UTF-32", f"{WARDS}K;A\n".encode("utf-32")),
    Variant("wards", "a byte 0 in a name", f"{WARDS}K;A\x00\n"),
    Variant("wards", "the end mark of DOS", f"{WARDS}K;A\r\n\x1a"),
    # Nothing, and too much.
    Variant("wards", "an empty file", b""),
    Variant("binder", "separators and blanks alone", "\r\n;;\r\n  \r\n"),
    Variant("people", "only the header", PEOPLE),
    Variant("wards", "100,000 lines", WARDS + "".join(f"K;{n}\n" for n in range(100_000))),
    Variant("paper", "51 lines", "23:10;M078;IVA;eeeee;ddddd\n" * 51),
    Variant("wards", "one cell of 3,000 letters", f"{WARDS}K;{'a' * 3000}\n"),
    # Columns.
    Variant("binder", "tab and number in each other's column", "20010101K063;1\n"),
    Variant("wards", "other words in the header", "Kliniknamn;Enhetsnamn;Tfn\nK;A;033-616 12 58\n"),
    Variant("wards", "no header", "K;A\nK;B\n"),
    Variant("wards", "two files put together, each with its header", f"{WARDS}K;A\n{WARDS}K;B\n"),
    Variant("people", "a name and a personal number that nobody asked for",
            "vgr-id;namn;personnummer\neeeee;Å;x\n"),
    Variant("paper", "commas in a ward without quotes", "23:10,M078,Öron, näsa, hals,eeeee,ddddd"),
    Variant("wards", "a quote that is never closed", f'{WARDS}K;"A\nK;B\n'),
    # Characters.
    Variant("wards", "characters of no width",
            "klinik\u200b;avdelning\nKlini\u200bken;A\u200d 1\ufeff\n"),
    Variant("wards", "a name of such characters alone", f"{WARDS}K;\u200b\n"),
    Variant("wards", "text turned round unseen", f"{WARDS}K;A\u202e 1\n"),
    Variant("wards", "three kinds of line ends", "klinik;avdelning\r\nK;A\nK;B\rK;C\r\n"),
    Variant("wards", "one line of Windows-1252 in a file of UTF-8",
            f"{WARDS}Öron;A\n".encode() + "Ögon;A\n".encode("cp1252")),
    Variant("wards", "a dash and blanks in HSA-ids",
            f"{WITH_HSA}K;A;SE2321000131–E1\nK;B;se2321000131 - e2\n"),
    Variant("binder", "a Cyrillic letter for K", f"{BINDER}1;20010101\u041a063\n"),
    Variant("binder", "the letter O for 0", f"{BINDER}1;2OO1O1O1K063\n"),
    Variant("binder", "digits of full width",
            f"{BINDER}1;\uff12\uff10\uff10\uff11\uff10\uff11\uff10\uff11K063\n"),
    # Formulas and scripts.
    Variant("wards", "a command as a clinic", f"{WARDS}=cmd|' /C calc'!A0;A\n"),
    Variant("paper", "a formula as a ward", f"{PAPER}23:10;M078;@SUM(1);eeeee;ddddd\n"),
    Variant("wards", "a script as a clinic", f"{WARDS}<script>alert(1)</script>;A\n"),
    # Twice, and contradictions.
    Variant("wards", "the same ward in other letters", f"{WARDS}Kliniken;Avd 1\nKLINIKEN;avd  1\n"),
    Variant("wards", "one HSA-id twice", f"{WITH_HSA}K;A;SE2321000131-E1\nK;B;se2321000131-e1\n"),
    Variant("binder", "a number twice", f"{BINDER}1;20010101K063\n2;20010101-k063\n"),
    Variant("binder", "a training number among real ones",
            f"{BINDER}1;20000101K007\n2;20000101K064\n3;20000101K080\n"),
    Variant("people", "a person twice",
            "vgr-id;roll;avdelning\neeeee;avdelning;IVA\nEEEEE;kassa;BB\n"),
    Variant("people", "a person twice, with two addresses",
            "vgr-id;e-post\neeeee;a@example.org\neeeee;b@example.org\n"),
    Variant("people", "an address where a vgr-id should stand",
            f"{PEOPLE}eeeee@example.org;kassa\n"),
    Variant("people", "a role that nobody has", f"{PEOPLE}eeeee;kasssa\n"),
)  # fmt: skip


def document() -> str:
    """Return the document, with what becomes of each variant now."""
    return HEAD + "".join(map(line_of, VARIANTS))


def line_of(variant: Variant) -> str:
    """Return the line of the document for a variant."""
    becomes, why = outcome(variant)
    cells = (variant.kind, variant.what, becomes, why)
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |\n"


def outcome(variant: Variant) -> tuple[str, str]:
    """Return what becomes of a variant, and the reasons in English."""
    from befreg_reserv.tables import describe  # noqa: PLC0415  needs Django's settings
    from tests.typed import readers  # noqa: PLC0415

    rows, faults, others = getattr(readers, variant.kind)(variant.data)
    if faults:
        return "refused", "<br>".join(map(_shown, map(describe, faults)))
    others = f"; passed over: {', '.join(others)}" if others else ""
    return f"read: {'; '.join(map(_shown, rows))}{others}", ""


def _shown(text: str) -> str:
    return text.replace("<", "&lt;").replace("\n", " ")


def main() -> None:
    """Write the document."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "befreg_reserv.settings"
    import django  # noqa: PLC0415
    from django.utils import translation  # noqa: PLC0415

    django.setup()
    with translation.override("en"):
        DOCUMENT.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
