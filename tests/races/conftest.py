"""How often those of a race meet."""

import pytest


@pytest.fixture(params=[5, pytest.param(10, marks=pytest.mark.long)])
def meetings(request: pytest.FixtureRequest) -> range:
    """One meeting may miss the moment; some of so many hit it."""
    return range(request.param)
