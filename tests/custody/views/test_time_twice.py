"""The night when the clock is put back: every page and file says which 02:05 it means."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from custody.models import Binder, Handout
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of
from tests.paper import read

FIRST = datetime(2026, 10, 25, 0, 5, tzinfo=UTC)
SECOND = datetime(2026, 10, 25, 1, 5, tzinfo=UTC)
SEASONS = {FIRST: "02:05 summer time", SECOND: "02:05 standard time"}


@pytest.fixture
def night(cast: Cast, real_binder: Binder) -> dict[datetime, Handout]:
    """One handout at each 02:05 of an outage that is ongoing still."""
    outage = scenes.begin(cast.tilda, ago=timezone.now() - FIRST)
    numbers = {FIRST: "K064", SECOND: "K080"}
    return {
        at: scenes.from_paper(cast, outage, at=at, number=number) for at, number in numbers.items()
    }


@pytest.fixture
def adele(cast: Cast, sign_in: SignIn) -> Client:
    cast.adele.language = "en"
    cast.adele.save()
    return sign_in(cast.adele)


def address(name: str, handout: Handout) -> str:
    return reverse(name, args=[handout.outage_id])


@pytest.mark.parametrize("name", ["outage:show", "outage:late-entries"])
def test_a_page_of_the_outage(name: str, adele: Client, night: dict[datetime, Handout]) -> None:
    shown = text_of(adele.get(address(name, night[FIRST])))
    assert [season in shown for season in SEASONS.values()] == [True, True]


@pytest.mark.parametrize("name", ["outage:report", "outage:open"])
def test_the_start_of_the_outage(name: str, adele: Client, night: dict[datetime, Handout]) -> None:
    assert SEASONS[FIRST] in text_of(adele.get(address(name, night[FIRST])))


@pytest.mark.parametrize("at", [FIRST, SECOND])
def test_the_notice(at: datetime, adele: Client, night: dict[datetime, Handout]) -> None:
    scenes.replaced(night[at].pk, scenes.REAL_WOMAN, scenes.now(night[at].recorded_by))
    shown = text_of(adele.get(reverse("ward:notice-sheet", args=[night[at].pk])))
    assert SEASONS[at] in shown


@pytest.mark.parametrize("name", ["till:number", "till:slip", "ward:handout"])
@pytest.mark.parametrize("at", [FIRST, SECOND])
def test_a_page_of_the_number(
    name: str, at: datetime, adele: Client, night: dict[datetime, Handout]
) -> None:
    assert SEASONS[at] in text_of(adele.get(reverse(name, args=[night[at].pk])))


def test_the_board(adele: Client, night: dict[datetime, Handout]) -> None:
    shown = text_of(adele.get(reverse("till:board")))
    assert all(season in shown for season in SEASONS.values())


def test_the_file_has_the_offsets(adele: Client, night: dict[datetime, Handout]) -> None:
    answer: Any = adele.get(address("outage:rows", night[FIRST]))
    rows = b"".join(answer.streaming_content).decode()
    assert "2026-10-25 02:05+02:00" in rows
    assert "2026-10-25 02:05+01:00" in rows


def test_the_report_on_paper(adele: Client, night: dict[datetime, Handout], tmp_path: Any) -> None:
    answer = adele.get(address("outage:report-pdf", night[FIRST]))
    assert "02:05 summer time" in " ".join(read(answer.content, tmp_path).split())
