"""Programs of the system that read a printed slip back."""

import pytest

from tests.tooling import wanted


def skip_without() -> None:
    """Skip the running test where a program is missing at a desk, and fail it in CI."""
    if lacking := wanted.for_programs():
        (pytest.fail if wanted.required() else pytest.skip)(wanted.line(lacking))
