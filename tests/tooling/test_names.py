"""One name, one thing: no two classes of one app share a name."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("custody", "outage", "befreg_reserv/people", "befreg_reserv/audit", "befreg_reserv/acts")


def classes(app: str) -> Counter[str]:
    """Count the classes of an app by name; Django calls every command ``Command``."""
    paths = [path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    bodies = [ast.parse(path.read_text()).body for path in paths]
    names = (node.name for body in bodies for node in body if isinstance(node, ast.ClassDef))
    return Counter(name for name in names if name != "Command")


@pytest.mark.parametrize("app", APPS)
def test_no_two_classes_of_one_app_share_a_name(app: str) -> None:
    assert [name for name, times in classes(app).items() if times > 1] == []
