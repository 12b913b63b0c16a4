"""How often those of a race meet."""

import pytest
from django.db import connection

# One meeting may miss the moment; some of so many hit it. SQLite's writers take turns whatever an
# act does, so that there each meeting is much like the other.
MEETINGS = 2 if connection.vendor == "sqlite" else 5


@pytest.fixture(params=[MEETINGS, pytest.param(10, marks=pytest.mark.long)])
def meetings(request: pytest.FixtureRequest) -> range:
    """The meetings of a race."""
    return range(request.param)
