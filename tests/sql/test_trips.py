"""How often a handout goes to PostgreSQL and back: a database on another machine is no harm."""

import tempfile
from pathlib import Path

import pytest
from django.db import connection

from befreg_reserv.pages.straight import ASKED
from tests import cast as casting
from tests import scenes
from tests.bench.line import Line
from tests.conftest import SignIn
from tests.custody.handouts.test_statements import fill, form_of

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is no server")
# The question of the pool whether the connection works is one of them.
MOST = 8
# With the number's page as the answer, as a till's browser asks for it.
MOST_WITH_PAGE = 13


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sexes", "more", "most"),
    [("K", {}, MOST), ("KKK", {}, MOST), ("K", {ASKED: "1"}, MOST_WITH_PAGE)],
)
def test_a_handout_goes_there_so_often(
    sign_in: SignIn, sexes: str, more: dict[str, str], most: int
) -> None:
    cast = casting.assemble()
    outage = scenes.begin(cast.tilda)
    fill(50)
    client = sign_in(cast.tilda)
    server = connection.settings_dict["HOST"]
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder), Path(server))
        lay(folder)
        try:
            trips = []
            for _ in range(7):  # the first let PostgreSQL plan
                before = line.trips
                client.post("/till/hand-out/", form_of(cast, outage) | {"sex": [*sexes]} | more)
                trips.append(line.trips - before)
            # On a busy machine PostgreSQL answers a batch's first half before its second is sent:
            # that counts as two, though nobody waited. It never counts too little.
            assert min(trips[-3:]) <= most, trips
        finally:
            lay(server)
            line.close()


def lay(host: str) -> None:
    """Lead the test's connection by that socket."""
    connection.close()  # by the pool that it is from
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's
    connection.settings_dict["HOST"] = host
