"""The board's refresh is told in three statements that nothing is new, and never misses what is."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.acts.event import Event
from befreg_reserv.audit import changed
from befreg_reserv.people.models import Ward
from custody.handouts import closing, correcting, missing_sheet, read_back
from custody.models import Handout
from custody.views import news
from outage import lifecycle
from outage.models import Reading
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.scenes import now


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


@pytest.fixture(autouse=True)
def minute(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let no minute end within a test, unless it says so."""

    def put_on(to: str) -> None:
        monkeypatch.setattr(news, "minute", lambda: to)

    put_on("202611290319")
    # Nor a window: a page that is looked at is an entry, and may be the first of the next one.
    monkeypatch.setattr(changed, "WINDOW", 10**6)
    return put_on


def shown(till: Client, path: str = "/till/") -> str:
    """Open a board; return what its refresh asks for."""
    page = till.get(path)
    return f"{path}live/?frame={page.context['frame']}&mark={page.context['mark']}"


def test_nothing_is_new(till: Client, handout: Handout) -> None:
    live = shown(till)
    with CaptureQueriesContext(connection) as captured:
        answer = till.get(live)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Heard"].count(":") == 2
    assert len(captured) == 3, "session, person with rights, mark"


Act = Callable[[Handout, Cast, Event], object]
ACTS: dict[str, Act] = {
    "another call": lambda _handout, cast, _now: scenes.handed_out(cast),
    "a wrong reading": lambda row, _cast, now: read_back.confirm_read_back(row.pk, "K080", now),
    "the right one": lambda row, _cast, now: read_back.confirm_read_back(row.pk, "K064", now),
    "no sheet": lambda row, _cast, now: missing_sheet.give_next(row.pk, now),
    "another ward": lambda row, cast, now: correcting.transfer(
        row.pk, cast.eye, now, reason="moved"
    ),
    "never used": lambda row, _cast, now: closing.void(row.pk, now, reason="not needed"),
    "the end": lambda row, _cast, now: lifecycle.end(row.outage, now),
    "a drill": lambda _row, cast, _now: scenes.begin(cast.tilda, drill=True),
    "more numbers": lambda _row, _cast, _now: scenes.lay_in(
        "Pärm 2", scenes.many_numbers(10)[-1:], training=False
    ),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_act_is_new(act: Act, till: Client, cast: Cast, handout: Handout) -> None:
    live = shown(till)
    act(handout, cast, now(cast.adele))
    assert till.get(live).status_code == 200


def test_the_next_minute_is_new(
    till: Client, handout: Handout, minute: Callable[[str], None]
) -> None:
    live = shown(till)
    minute("202611290320")
    assert till.get(live).status_code == 200


def test_what_a_page_shows_is_no_news_for_it(till: Client, cast: Cast, handout: Handout) -> None:
    live = shown(till)
    scenes.handed_out(cast)
    mark = till.get(live).context["mark"]
    assert till.get(live.partition("&")[0] + f"&mark={mark}").status_code == 204


def test_a_ward_that_is_renamed_is_new(till: Client, cast: Cast, handout: Handout) -> None:
    live = shown(till)
    ward = Ward.objects.get(pk=cast.iva.pk)
    ward.name = "Intensiven"
    ward.save()
    assert till.get(live).status_code == 200


@pytest.mark.parametrize("configured", [True, False])
def test_a_try_of_the_probe_is_new(
    till: Client, handout: Handout, settings: Any, configured: bool
) -> None:
    settings.PROBE_TARGETS = {"befreg": "https://befreg.example"} if configured else {}
    live = shown(till)
    Reading.objects.create(
        target="befreg", at=handout.recorded_at, result="timeout", milliseconds=9
    )
    assert till.get(live).status_code == (200 if configured else 204)
