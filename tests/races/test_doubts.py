"""Two people doubt at the same moment: one doubt, and no tick lost."""

from functools import partial

import pytest
from django.utils import timezone

from befreg_reserv.acts.event import Event
from outage import doubt, lifecycle
from outage.models import Doubt, Outage, Tick
from outage.refusals import NoLongerInDoubt
from tests.cast import Cast
from tests.races.together import race

pytestmark = pytest.mark.django_db(transaction=True)


def tick(item: str, by: str, cast: Cast) -> Doubt:
    return doubt.tick([item], Event.now(getattr(cast, by), timezone.now()), drill=False).row


def start(cast: Cast) -> tuple[Outage, bool]:
    return lifecycle.start(Event.now(cast.adele, timezone.now()))


def test_two_first_ticks_open_one_doubt(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        outcomes = race(partial(tick, "local", "tilda", cast), partial(tick, "news", "adele", cast))
        opened = Doubt.objects.get(closed_at=None)
        assert outcomes == [opened, opened]
        assert set(opened.ticks.values_list("item", "by__username")) == {
            ("local", "tilda"),
            ("news", "adele"),
        }
        doubt.clear(opened, Event.now(cast.tilda, timezone.now()))


def test_the_same_point_ticked_by_two_is_ticked_once(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        race(partial(tick, "news", "tilda", cast), partial(tick, "news", "adele", cast))
        opened = Doubt.objects.get(closed_at=None)
        assert opened.ticks.count() == 1
        doubt.clear(opened, Event.now(cast.tilda, timezone.now()))


def test_a_start_is_never_stopped_by_a_tick(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        ticked, started = race(partial(tick, "news", "tilda", cast), partial(start, cast))
        assert isinstance(started, tuple)
        outage = started[0]
        skipped = outage.doubt.ticks.get(item="news").skipped
        assert isinstance(ticked, NoLongerInDoubt) if skipped else ticked == outage.doubt
        assert outage.doubt.ticks.count() == len(Tick.Item)
        assert not Doubt.objects.filter(closed_at=None).exists()
        lifecycle.end(outage, Event.now(cast.adele, timezone.now()))
