"""The processes of a run compile the tests together, each beginning with files of its own.

pytest compiles a test file in its own way and keeps what it made. All processes collect in the same
order, so that in a fresh checkout each would compile every file, at the same time as the others.
"""

import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest


def import_from(tests: Path, share: float) -> None:
    """Import all test files below the package ``tests``, beginning at this share of them.

    What is wrong with one is left for pytest to find and tell.
    """
    files = sorted(tests.rglob("test_*.py"))
    begin = int(len(files) * share)
    for file in files[begin:] + files[:begin]:
        name = ".".join(file.relative_to(tests.parent).with_suffix("").parts)
        with warnings.catch_warnings(), suppress(Exception, pytest.skip.Exception):
            warnings.simplefilter("error")
            import_module(name)
