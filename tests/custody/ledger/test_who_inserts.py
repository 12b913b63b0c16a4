"""A model's docstring names the module that inserts its rows; the source is asked."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from custody import models

ROOT = Path(__file__).parents[3]
CLAIM = re.compile(r"Inserted by\s+``([\w.]+)`` alone")
INSERTS = {"create", "bulk_create", "get_or_create", "update_or_create"}
MODELS = sorted(set(models.__all__) - {"IN_BINDER"})


def inserted(source: str) -> Iterator[str]:
    """Yield the name of each model of custody of which a module makes a row."""
    tree = ast.parse(source)
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("custody.models")
        for alias in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in imported:
                yield name
            case ast.Call(func=ast.Attribute(ast.Attribute(ast.Name(id=name), "objects"), method)):
                if method in INSERTS:
                    yield name


@cache
def inserters() -> dict[str, set[str]]:
    """Return which modules of the product make rows of each model; a style guide's are unsaved."""
    found = defaultdict(set)
    for path in (ROOT / "custody").rglob("*.py"):
        if path.stem != "styleguide" and "migrations" not in path.parts:
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for model in inserted(path.read_text()):
                found[model].add(module)
    return found


@pytest.mark.parametrize("model", MODELS)
def test_the_named_module_alone_inserts(model: str) -> None:
    assert inserters()[model] == set(CLAIM.findall(getattr(models, model).__doc__ or ""))


@pytest.mark.parametrize(
    "line", ["Binder(name=name)", "Binder.objects.create()", "Binder.objects.bulk_create(rows)"]
)
def test_a_further_one_would_be_found(line: str) -> None:
    assert list(inserted(f"from custody.models import Binder\n{line}")) == ["Binder"]
