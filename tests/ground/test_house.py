"""``docs/house.md`` draws each module once, every path exists, and no folder is too full."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.served import ROOT

PRODUCT = ("befreg_reserv", "custody", "outage")
MOST = 15
HOUSE = (ROOT / "docs" / "house.md").read_text("utf-8")
HEADING = re.compile(r"( *)([\w/]+)/(?: |$)")
MODULE = re.compile(r"\w+\.py\b")
PATH = re.compile(r"`((?:befreg_reserv|custody|outage|templates|tests|docs)/[\w./-]*)`")


def modules(*tops: str) -> list[Path]:
    """Return the paths of our modules, without migrations and ``__init__.py``."""
    found = (path.relative_to(ROOT) for top in tops for path in (ROOT / top).rglob("*.py"))
    left_out = {"migrations", "vendor"}
    return sorted(p for p in found if p.name != "__init__.py" and not left_out & {*p.parts})


def drawn(house: str) -> Counter[str]:
    """Return the modules that the drawing of the rooms names, and how often."""
    drawing = house.split("```")[1]
    folders: dict[int, str] = {}
    named: Counter[str] = Counter()
    here = ""
    for line in drawing.splitlines():
        heading = HEADING.match(line)
        if heading:
            depth = len(heading[1])
            folders = {at: name for at, name in folders.items() if at < depth}
            folders[depth] = heading[2]
            here = "/".join(folders[at] for at in sorted(folders))
        named.update(f"{here}/{name}" for name in MODULE.findall(line))
    return named


def test_each_module_is_drawn_once() -> None:
    assert drawn(HOUSE) == Counter(path.as_posix() for path in modules(*PRODUCT))


def test_a_module_that_is_drawn_twice_is_seen() -> None:
    twice = HOUSE.replace("lifecycle.py ", "lifecycle.py lifecycle.py ", 1)
    assert drawn(twice)["outage/lifecycle.py"] == 1 + 1


@pytest.mark.parametrize("document", ["house.md", "guide.md", "operating.md", "security.md"])
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / "docs" / document).read_text("utf-8")
    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []


def test_a_listing_is_read_at_a_glance() -> None:
    sizes = Counter(path.parent.as_posix() for path in modules(*PRODUCT, "tests"))
    assert {folder: size for folder, size in sizes.items() if size > MOST} == {}


def test_the_floors_are_drawn_as_the_contracts_have_them() -> None:
    rows = HOUSE.split("| custody, from the top |")[1].split("\n\n")[0].splitlines()[2:]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    by_name = {each["id"]: each for each in contracts["tool"]["importlinter"]["contracts"]}
    columns = zip(*(row.split("|")[1:-1] for row in rows), strict=True)
    for name, cells in zip(("custody", "outage", "people", "ground"), columns, strict=True):
        drawn_floors = [
            re.findall(r"`(\w+)`", floor) for cell in cells for floor in cell.split(", then ")
        ]
        floors = [floor.split(" | ") for floor in by_name[name]["layers"]]
        assert [floor for floor in drawn_floors if floor] == floors
