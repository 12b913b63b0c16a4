"""Two acts on the same numbers, named in opposite orders: neither waits for the other for ever.

Who writes or locks several does it in one order. PostgreSQL would end one of two that wait for
each other, and a person would see a page that says nothing.
"""

import threading
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from befreg_reserv.acts.event import Event, Unattended
from custody.binder import loading
from custody.binder.loading import BinderRefused
from custody.checks import consistency
from custody.counts import count
from custody.counts.count import Found
from custody.forms import paper
from custody.models import Binder
from custody.numbers.identities import check_digit
from custody.paper import reader, whole_log
from custody.paper.whole_log import Batch
from custody.planned import prepared
from custody.planned.prepared import NumbersRefused
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.races.test_acts import kinds
from tests.races.together import race, row_of

pytestmark = pytest.mark.django_db(transaction=True)


def women_of(day: int) -> list[str]:
    """Return the women's numbers of a birth date in January 2000."""
    stems = [f"200001{day:02}K{serial:02}" for serial in range(6, 80, 2)]
    return [stem + check_digit(stem) for stem in stems]


def load(name: str, rows: list[str]) -> Binder:
    return loading.load(
        "\n".join(rows).encode(), Unattended(timezone.now()), name=name, training=False
    ).row


def test_a_binder_is_loaded_while_its_numbers_are_prepared(cast: Cast, meetings: range) -> None:
    plan = scenes.planned(cast)
    for day in meetings:
        numbers = women_of(day + 1)
        text = "\n".join(reversed(numbers))
        prepare = row_of(prepared.enter, plan, cast.iva, text, scenes.now(cast.adele))
        outcomes = race(partial(load, f"Pärm {day}", numbers), prepare)
        assert kinds(outcomes) in ({Binder, NumbersRefused}, {BinderRefused, list})
    assert list(consistency.findings()) == []


def test_two_binders_are_loaded_with_the_same_numbers(cast: Cast, meetings: range) -> None:
    for day in meetings:
        numbers = women_of(day + 1)
        lists = {f"Pärm {day}": numbers, f"Låda {day}": numbers[::-1]}
        outcomes = race(*(partial(load, name, rows) for name, rows in lists.items()))
        assert kinds(outcomes) == {Binder, BinderRefused}


def test_two_load_a_binder_at_once(cast: Cast, meetings: range) -> None:
    for day in meetings:
        first, *numbers = women_of(day + 1)
        load(f"Pärm {day}", [f"99,{first}"])
        tabs = range(1, 19)
        one = [f"{tab},{number}" for tab, number in zip(tabs, numbers, strict=False)]
        other = [
            f"{tab},{number}" for tab, number in zip(reversed(tabs), numbers[18:], strict=False)
        ]
        outcomes = race(*(partial(load, f"Pärm {day}", rows) for rows in (one, other)))
        assert kinds(outcomes) == {Binder, BinderRefused}


@pytest.fixture
def over(cast: Cast) -> Outage:
    """A real outage that has ended."""
    outage = scenes.begin(cast.tilda, ago=timedelta(hours=3))
    return lifecycle.end(outage, Event.now(cast.tilda, timezone.now() - timedelta(hours=2))).row


def try_log(cast: Cast, outage: Outage, numbers: list[str]) -> Batch:
    """Try to enter a paper log whose last line can't be: all of it is taken back."""
    now, at = timezone.now(), f"{timezone.localtime(outage.started_at):%Y-%m-%d %H:%M}"
    rows = [f"{at};{number};{cast.iva};wilma;tilda" for number in [*numbers, "K000"]]
    log = reader.read("\n".join(rows).encode())
    lines = paper.lines(log, outage, key=uuid4(), now=now)
    return whole_log.enter_all(lines, outage.pk, scenes.now(cast.adele)).row


def test_a_binder_is_counted_while_a_log_of_it_is_tried(cast: Cast, over: Outage) -> None:
    numbers = women_of(1)
    lying = scenes.lay_in("Pärm", numbers, training=False)
    keys = frozenset(lying.numbers.values_list("pk", flat=True))
    tried = threading.Event()

    def try_then_stop() -> Batch:
        try:
            return try_log(cast, over, numbers[::-1])
        finally:
            tried.set()

    def count_meanwhile() -> None:
        while not tried.is_set():
            found, event = Found(timezone.now(), keys), scenes.now(cast.tilda)
            count.count_binder(lying.pk, found, event, request_key=uuid4())

    for _meeting in range(3):
        tried.clear()
        assert kinds(race(try_then_stop, count_meanwhile)) == {Batch, type(None)}
