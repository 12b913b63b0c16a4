"""A doubled number in story, report, PDF, CSV and sign-off."""

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.people.models import User
from custody.afterwards import deviations, sign_off
from custody.afterwards.deviations import DeviationKind
from custody.afterwards.open_items import open_items
from custody.afterwards.sign_off import Duty
from custody.afterwards.story.pages import page_of
from custody.handouts import doubles
from custody.models import DoubledNumber, Handout
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.test_rows_csv import cells, fetch
from tests.pages import text_of
from tests.paper import read
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


@pytest.fixture
def alarm(cast: Cast, handout: Handout) -> DoubledNumber:
    return DoubledNumber.objects.get(second=scenes.doubled(cast, handout))


@pytest.fixture
def adele(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.update(language="en")
    return sign_in(cast.adele)


def settle(cast: Cast, alarm: DoubledNumber) -> None:
    doubles.settle(alarm.pk, now(cast.adele), done="the eye clinic's has 19450829K088")


def told(cast: Cast, alarm: DoubledNumber, who: str) -> list[str]:
    outage = alarm.first.outage
    page = page_of(outage, getattr(cast, who), None, latest_first=False)
    return [str(entry.what) for entry in page if "ONE NUMBER" in str(entry.what).upper()]


@pytest.mark.both_databases
def test_the_story_tells_both_wards_when_it_was_found_and_settled(
    cast: Cast, alarm: DoubledNumber
) -> None:
    settle(cast, alarm)
    for who in ("wilma", "vidar", "gunde"):
        assert told(cast, alarm, who) == [
            "TWO PATIENTS, ONE NUMBER",
            "Two patients, one number: what was done",
        ]


def test_each_of_the_two_is_a_deviation_the_gravest(cast: Cast, alarm: DoubledNumber) -> None:
    first, second, *_others = deviations.of(alarm.first.outage)
    assert {first.kind, second.kind} == {DeviationKind.DOUBLED}
    assert {first.ward, second.ward} == {str(cast.iva), str(cast.eye)}
    assert "Nobody has written" in first.reason
    settle(cast, alarm)
    assert "19450829K088" in deviations.of(alarm.first.outage)[0].reason


def test_page_paper_and_rows_hold_it(
    cast: Cast, adele: Client, alarm: DoubledNumber, tmp_path: Path
) -> None:
    settle(cast, alarm)
    url = f"/outage/{alarm.first.outage_id}/report"
    assert "the eye clinic's has" in text_of(adele.get(f"{url}/"))
    paper = read(adele.get(f"{url}.pdf").content, tmp_path, "pdftotext", "-layout")
    assert "Two patients, one number" in " ".join(paper.split())
    rows = [row for row in cells(fetch(adele, alarm.first.outage)) if "K064" in row[0]]
    assert ["Two patients, one number" in row[-1] for row in rows] == [True, True]


def opened(alarm: DoubledNumber, user: User) -> int:
    items = open_items(alarm.first.outage, user, None, 50)
    return [str(item.what) for item in items].count("TWO PATIENTS, ONE NUMBER")


def test_it_is_open_and_the_sign_off_waits_for_it(cast: Cast, alarm: DoubledNumber) -> None:
    outage = alarm.first.outage
    assert Duty.DOUBLED in [each.duty for each in sign_off.missing(outage)]
    assert opened(alarm, cast.vidar) == opened(alarm, cast.adele) == 1
    settle(cast, alarm)
    assert Duty.DOUBLED not in [each.duty for each in sign_off.missing(outage)]
    assert opened(alarm, cast.adele) == 0


@pytest.mark.one_database("statements")
@pytest.mark.parametrize("page", ["", "open/", "report/", "sign-off/"])
def test_pages_cost_the_same_with_more_of_them(
    cast: Cast, adele: Client, alarm: DoubledNumber, page: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            adele.get(f"/outage/{alarm.first.outage_id}/{page}")
        return len(captured)

    cost()
    one = cost()
    for caller in ("vera1", "vera2"):
        last = Handout.objects.order_by("pk").last()
        assert last is not None
        scenes.doubled(cast, last, caller=caller)
    assert cost() == one
