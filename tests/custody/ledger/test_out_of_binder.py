"""A number leaves its binder by one door: what the docstrings claim, asked of the source."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PRODUCT = [
    path
    for folder in ("befreg_reserv", "custody", "outage")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts and path.name != "styleguide.py"  # whose rows are unsaved
]
WRITES = {
    "update",
    "create",
    "get_or_create",
    "update_or_create",
    "ReserveNumber",
    "Handout",
    "assign",
    "change",
}


@cache
def functions(source: str, module: str) -> list[tuple[str, list[ast.AST]]]:
    """Return each function of a module, by its name, with all that stands in it."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [(f"{module}.{node.name}", list(ast.walk(node))) for node in nodes]


def called(node: ast.Call) -> str:
    """Return the name of what is called: ``give`` of ``giving.give(…)``."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def writes(node: ast.AST, name: str) -> bool:
    """Tell whether a node writes the column with this name."""
    if isinstance(node, ast.Attribute):
        return node.attr == name and isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.Subscript):
        return ast.unparse(node) == f"columns['{name}']" and isinstance(node.ctx, ast.Store)
    if not isinstance(node, ast.Call) or called(node) not in WRITES:
        return False
    columns: list[object] = [keyword.arg for keyword in node.keywords]
    columns += [
        key.value
        for argument in node.args
        if isinstance(argument, ast.Dict)
        for key in argument.keys
        if isinstance(key, ast.Constant)
    ]
    return name in columns


def writers(source: str, module: str, column: str = "taken_at") -> set[str]:
    found = functions(source, module)
    return {name for name, body in found if any(writes(node, column) for node in body)}


@cache
def callers() -> dict[str, set[str]]:
    """Return the functions that call a name, but for those of rooms that can't import custody."""
    found = defaultdict(set)
    for path in (path for path in PRODUCT if "befreg_reserv" not in path.relative_to(ROOT).parts):
        for function, body in functions(path.read_text(), path.stem):
            for node in body:
                if isinstance(node, ast.Call):
                    found[called(node)].add(function)
    return found


def test_two_functions_write_when_a_number_left_its_tab() -> None:
    found = [writers(path.read_text(), path.stem) for path in PRODUCT]
    assert set().union(*found) == {"tabs._take_out", "tabs.put_back"}


def test_one_function_changes_the_state_of_a_handout() -> None:
    found = [writers(path.read_text(), path.stem, "state") for path in PRODUCT]
    assert set().union(*found) == {"giving.handout_of", "steps.advance"}


@pytest.mark.parametrize(
    "line",
    [
        "numbers.update(taken_at=at)",
        "number.taken_at = at",
        "ReserveNumber(taken_at=at)",
        'record.assign(number, {"taken_at": at})',
    ],
)
def test_a_further_writer_would_be_found(line: str) -> None:
    assert writers(f"def sneak():\n    {line}", "new") == {"new.sneak"}


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("take_out", {"giving.give", "quarantine.set_aside", "quarantine.set_aside_lost"}),
        ("_take_out", {"tabs.take_out"}),
        ("put_back", {"closing.return_to_tab"}),
        ("begin", {"giving.give"}),
        (
            "give",
            {
                "taking._record",
                "waiting.serve",
                "wrong_sex.replace_number",
                "missing_sheet.give_instead",
                "one_line.enter",
            },
        ),
        ("Handout", {"giving.handout_of"}),
    ],
)
def test_the_way_to_them(name: str, by: set[str]) -> None:
    assert callers()[name] == by
