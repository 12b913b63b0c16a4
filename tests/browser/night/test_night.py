"""A bus accident in the night when the clock is put back, from the first call to the report.

Six patients in two calls, on both sides of the hour that comes twice, and much of what can go wrong
with them. Everybody does their part on their own screen, the till by keyboard. Every figure of the
report is recomputed from the rows.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from auditlog.context import disable_auditlog
from playwright.sync_api import Page

from custody.checks.consistency import findings
from custody.models import Binder, Handout, ReserveNumber, SwitchItem
from outage.models import Outage
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.night import acts
from tests.browser.night.recomputed import Recomputed
from tests.browser.night.report import (
    read_report,
    tells_each_deviation,
    tells_the_night_in_order,
    tells_the_rows,
)
from tests.cast import Cast
from tests.ground.night_clock import VARIABLE, NightClock
from tests.served import Served, serving, wait_until_idle

# Its short forms: the figures of a report, and the hour that comes twice, by Django's client
# (tests/custody/afterwards/test_report.py, tests/custody/views/test_time_twice.py).
pytestmark = [pytest.mark.both_databases, pytest.mark.long]
UNKNOWN = "20000101X803"
WRONG = "19450829K104"
# Whose number it was; the real number that Befreg gives afterwards.
REAL = {
    "mother": "19810829K067",
    "child": "20210325K069",
    "driver": "19450829M076",
    "unknown": "19610203K067",
    "passenger": "19450829K088",
    "not a man": "19610203K083",
    "first on paper": "19610203M071",
    "second on paper": "19610203M097",
}
ENDED = {"closed": 9, "voided": 1, "undone": 1}


def at(shown: str, *, summer: bool = False) -> datetime:
    """Return what the clock on the wall shows on 2026-10-25; at 03:00 it is put back to 02:00.

    Standard time, unless it is ``summer``.
    """
    hours, minutes = map(int, shown.split(":"))
    return datetime(2026, 10, 25, hours, minutes, tzinfo=UTC) - timedelta(hours=1 + summer)


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NightClock:
    """The clock of the test and its server."""
    clock = NightClock(tmp_path / "clock")
    clock.show(at("01:30", summer=True))
    clock.follow(monkeypatch.setattr)
    return clock


@pytest.fixture
def served(transactional_db: None, server_var: Path, night: NightClock) -> Iterator[Served]:
    """A server that goes by the night's clock; nobody is locked out when that jumps."""
    never = {"IDLE_LOCK_SECONDS": "0", "IDLE_LOCK_SECONDS_ELSEWHERE": "0"}
    with serving(server_var, {VARIABLE: str(night.file), **never}) as running:
        yield running
        wait_until_idle(running)


@pytest.fixture
def people(served: Served) -> Cast:
    people = casting.assemble()
    with disable_auditlog():  # its entries would have the real time
        scenes.lay_in("Pärm AKM", [*scenes.REAL, UNKNOWN], training=False)
    SwitchItem.objects.update(added_at=scenes.LONG_AGO)  # a list is asked for what it had by then
    return people


@dataclass
class Screens:
    """Who sits where, and the clock that all of them see."""

    till: Page
    administrator: Page
    iva: Page
    eye: Page
    clock: NightClock


def while_befreg_is_down(screens: Screens) -> tuple[Outage, dict[str, Handout]]:
    """Hand out what the calls ask for; return whose number is which."""
    till, clock = screens.till, screens.clock
    outage = acts.start(till)
    clock.show(at("02:10", summer=True))
    given = acts.first_call(till)
    clock.show(at("02:10"))
    given |= acts.second_call(till)
    clock.show(at("02:20"))
    given["not a man"] = acts.wrong_sex(till, given["man"])
    acts.transfer(till, given["driver"])
    clock.show(at("02:40"))
    acts.mother_calls_again(till)
    clock.show(at("03:05"))
    acts.fetch_second_binder(screens.administrator)
    given["mother again"] = acts.serve(till)
    clock.show(at("03:40"))
    acts.end(till, outage)
    return outage, given


def enter_paper(screens: Screens, outage: Outage, given: dict[str, Handout]) -> None:
    """The paper of a quarter of an hour without the application has one number twice."""
    screens.clock.show(at("08:00"))
    men = ReserveNumber.objects.filter(sex="M", taken_at=None).exclude(pk=given["man"].number_id)
    papers = acts.enter_paper(screens.administrator, outage, men.latest("tab").value)
    given |= dict(zip(["first on paper", "second on paper"], papers, strict=True))


def close_out(screens: Screens, given: dict[str, Handout]) -> None:
    """Both wards register what Befreg gives, one merge wrong at first."""
    iva, eye = screens.iva, screens.eye
    screens.clock.show(at("09:00"))
    for ward, whose in (
        (iva, ["mother", "unknown", "first on paper"]),
        (eye, ["not a man", "second on paper"]),
    ):
        for name in whose:
            acts.register(ward, given[name], REAL[name])
            acts.file_notice(ward)
    screens.clock.show(at("09:30"))
    acts.without_wristband(eye, given["passenger"], REAL["passenger"])
    acts.register(eye, given["driver"], REAL["driver"])
    acts.witness(screens.administrator, given["driver"])
    acts.file_notice(eye)
    acts.same_person(iva, given["mother again"], REAL["mother"])
    acts.merge_wrong_and_correct(iva, given["child"], wrong=WRONG, right=REAL["child"])
    acts.switch_over(iva, given["mother"])


def finish(screens: Screens, outage: Outage) -> None:
    """What is left to do before the administrator signs off."""
    screens.clock.show(at("10:00"))
    acts.settle_alarm(screens.administrator)
    acts.explain(screens.administrator)
    for binder in Binder.objects.all():
        acts.count(screens.till, binder)
    acts.refill(screens.administrator, Binder.objects.earliest("pk"))
    acts.sign_off(screens.administrator, outage)


def test_the_night(people: Cast, sit_down: Sit, night: NightClock, tmp_path: Path) -> None:
    till, administrator = sit_down(people.tilda), sit_down(people.adele)
    iva, eye = sit_down(people.wilma), sit_down(people.vidar)
    screens = Screens(till, administrator, iva, eye, night)
    outage, given = while_befreg_is_down(screens)
    enter_paper(screens, outage, given)
    close_out(screens, given)
    finish(screens, outage)
    report = read_report(sit_down(people.gunde, language="en"), outage, tmp_path)
    rows = Recomputed(outage)
    tells_the_rows(report, rows)
    tells_each_deviation(report, rows)
    tells_the_night_in_order(report, rows)
    assert Counter(Handout.objects.values_list("state", flat=True)) == ENDED
    night.show_real()  # accounts have it
    assert list(findings()) == []
