"""Who sits at the till, with a binder and an outage that has begun."""

import pytest

from tests import cast as casting
from tests import scenes
from tests.cast import Cast


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    return people
