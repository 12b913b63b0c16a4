"""What a number says is asked of one module in Python and of one in SQL: no other cuts one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOOR = {"custody/numbers/formats.py", "custody/numbers/identities.py", "custody/numbers/sql.py"}
PLACES = {4, 8, 9, 10, 11, 12}  # where a number's parts begin or end, and their lengths
# A ten-digit organisation number, in an HSA-id; six digits in a row, which a mail leaves out.
NO_PATIENTS_NUMBER = {
    "befreg_reserv/people/signing_in/pins.py",
    "befreg_reserv/people/wards/file.py",
    "outage/plans/mails.py",
}
APART = {"migrations", "vendor"}
CUTS = {"Substr", "Right", "Left"}
# Patterns of a number, and SQL that cuts.
PATTERN = re.compile(r"KMX|(?:\[0-9\]|\\d)\{(?:6|8|1[0-2])\}|SUBSTR\(|__endswith")
IN_TEMPLATE = re.compile(r'\|slice:"(?:[^"]*:)?-?(?:4|8|9|1[0-2])(?::[^"]*)?"')
IN_SCRIPT = re.compile(r"\b(?:slice|substring|substr|at|charAt)\((?:\d+, *)?-?(?:4|8|9|1[0-2])\b")


def cut_in_python(source: str) -> Iterator[int]:
    """Yield the lines of Python on which a number may be cut."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Subscript(slice=index):
                told = _places(index)
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in CUTS:
                told = any(_places(each) for each in arguments)
            case ast.Compare(left=ast.Call(func=ast.Name(id="len")), comparators=others):
                told = any(_places(each) for each in others)
            case ast.ImportFrom(module=module, names=names):
                told = "custody.numbers.formats" in {
                    module,
                    *(f"{module}.{each.name}" for each in names),
                }
            case ast.Constant(value=str(text)):
                told = PATTERN.search(text) is not None
            case _:
                told = False
        if told:
            yield getattr(node, "lineno", 0)


def _places(node: ast.expr) -> bool:
    found = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
    named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return bool(found & PLACES) or bool(named & {"LENGTH", "LAST"})


def cut_in(path: str, text: str) -> list[int]:
    """Return the lines of a file on which a number may be cut."""
    if path.endswith(".py"):
        return sorted(cut_in_python(text))
    patterns = (IN_TEMPLATE,) if path.endswith(".html") else (IN_SCRIPT, PATTERN)
    lines = enumerate(text.splitlines(), 1)
    return [at for at, line in lines if any(each.search(line) for each in patterns)]


def product() -> Iterator[Path]:
    for folder in ("befreg_reserv", "custody", "outage", "templates", "static"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".html", ".js"} and not APART & {*path.parts}:
                yield path


def test_no_other_file_cuts_a_number() -> None:
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in product()}
    assert {path for path, text in texts.items() if cut_in(path, text)} == DOOR | NO_PATIENTS_NUMBER


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("x.py", "value[-4:]"),
        ("x.py", "value[8] == 'K'"),
        ("x.py", "value[:8]"),
        ("x.py", "len(text) == 12"),
        ("x.py", "len(text) >= LENGTH"),
        ("x.py", "value[-LAST:]"),
        ("x.py", "Substr('value', 9, 1)"),
        ("x.py", "Right('value', 4)"),
        ("x.py", "Q(value__endswith=tail, **{'value__endswith': tail})"),
        ("x.py", "re.compile('[0-9]{8}[KMX][0-9]{3}')"),
        ("x.py", "f'SUBSTR(NEW.value, 1, 8) <> {date}'"),
        ("x.py", "from custody.numbers.formats import LAST"),
        ("x.py", "from custody.numbers import formats"),
        ("x.html", '{{ value|slice:"-4:" }}'),
        ("x.html", '{% for character in value|slice:":8" %}'),
        ("x.js", "field.value.slice(-4)"),
        ("x.js", "const right = /^[KMX]\\d{3}$/"),
    ],
)
def test_one_that_would_is_found(path: str, line: str) -> None:
    assert cut_in(path, line) == [1]
