"""Strangers guess passwords all the while, and people come in: at once where they are known."""

import time

import pytest

from befreg_reserv import waits
from tests.cast import Cast
from tests.people.signing_in.workstations import PASSWORD, browser, type_in, with_password
from tests.races.server.strangers import SIGNED_IN, Browser, guessing
from tests.served import Served

BUDGET = float(waits.ANSWER_SECONDS)
MINUTE = 60
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("network")]


def marks_of(cast: Cast) -> dict[str, str]:
    """Return the cookies of a workstation at which Tilda has signed in before."""
    client = browser()
    type_in(client, with_password(cast.tilda).username)
    return {"workstation": client.cookies["workstation"].value}


@pytest.mark.parametrize("vgr_id", ["tilda", pytest.param("", marks=pytest.mark.long)])
def test_whoever_is_known_comes_in_at_once(served: Served, cast: Cast, vgr_id: str) -> None:
    known = marks_of(cast)
    with guessing(served, vgr_id):
        typed = [Browser(served, **known).type_in("tilda", PASSWORD) for _ in range(3)]
    assert [one.status for one in typed] == [SIGNED_IN] * 3
    assert max(one.seconds for one in typed) < BUDGET


@pytest.mark.long
@pytest.mark.parametrize("vgr_id", ["tilda", ""], ids=["a named victim", "a spray"])
def test_the_right_password_comes_in_at_an_unknown_workstation_within_a_minute(
    served: Served, cast: Cast, vgr_id: str
) -> None:
    with_password(cast.tilda)
    unknown = Browser(served)
    with guessing(served, vgr_id):
        began = time.monotonic()
        while (typed := unknown.type_in("tilda", PASSWORD)).status != SIGNED_IN:
            assert time.monotonic() - began < MINUTE
            time.sleep(typed.again)
    assert time.monotonic() - began < MINUTE
