"""Thirty days of operation, fast-forwarded: every timer runs, people work, and nothing grows that
``docs/operating.md`` doesn't name.

The days lie in the past: the database's rules against times in the future go by its own clock.
"""

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from auditlog.context import disable_auditlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from befreg_reserv.backups import shelf
from befreg_reserv.people.models import User
from custody.checks import consistency
from custody.models import SwitchItem
from outage import lifecycle
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground import emptying
from tests.ground.night_clock import NightClock
from tests.outage.signals.hostile import answers, serving
from tests.races import pool
from tests.served import session_of

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
DAYS = [1, pytest.param(30, marks=pytest.mark.long)]
ROUNDS = 3  # of a day; a backup each hour would take minutes
KEPT_WHOLE = 2  # days; of older ones the last backup of each stays
MOST_BYTES = 16 * 1024 * 1024  # of what SQLite has yet to put into its file

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NightClock:
    clock = NightClock(tmp_path / "clock")
    # In the evening, whenever this runs: then the rounds that follow in a day have one date.
    evening = timezone.now().replace(hour=20, minute=0)
    clock.show(evening - timedelta(days=32))
    clock.follow(monkeypatch.setattr)
    return clock


@pytest.fixture
def cast(clock: NightClock) -> Cast:
    people = casting.assemble()
    with disable_auditlog():  # its entries, and these columns, would have the real time
        for row in (people.iva, people.adele):
            row.email = "somebody@befreg.example"
            row.save()
    User.objects.update(date_joined=scenes.LONG_AGO)
    SwitchItem.objects.update(added_at=scenes.LONG_AGO)
    pool.lay_in_women(40)
    return people


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


def run(*command: object) -> None:
    call_command(*map(str, command), stdout=StringIO())


def pass_a_day(clock: NightClock, backups: Path, cast: Cast) -> None:
    """Let people sign in and get through an outage, and run what the timers run."""
    outage = scenes.begin(cast.tilda, ago=timedelta())
    for person in (cast.tilda, cast.wilma, cast.adele):
        session_of(person)
    scenes.handed_out(cast)
    lifecycle.end(outage, scenes.now(cast.tilda))
    for _round in range(ROUNDS):
        clock.show(timezone.now() + timedelta(days=1) / ROUNDS)
        for command in ("probe", "remind", "seal"):
            run(command)
        run("backup", backups)
    run("clearsessions")


def named() -> set[str]:
    """Return the tables that the manual says to grow."""
    section = OPERATING.read_text().partition("# What grows\n")[2].partition("\n#")[0]
    return set(re.findall(r"`([a-z_]+)`", section))


@pytest.mark.parametrize("days", DAYS)
def test_days_of_operation(
    clock: NightClock,
    cast: Cast,
    backups: Path,
    days: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, files = emptying.rows(), files_of_the_journal()
    with serving(answers("200 OK")) as befreg:
        monkeypatch.setattr(settings, "PROBE_TARGETS", {"befreg": befreg.url})
        for _day in range(days):
            pass_a_day(clock, backups, cast)
    grown = {table for table, rows in emptying.rows().items() if rows > before.get(table, 0)}
    assert sorted(grown - named()) == []
    assert Session.objects.count() == 0
    assert len(shelf.backups(backups)) == ROUNDS * min(days, KEPT_WHOLE) + max(0, days - KEPT_WHOLE)
    assert {path.name for path in tmp_path.iterdir()} == {"backups", "clock"}
    assert files_of_the_journal() - files <= {"custody.jsonl", "custody.seals.jsonl"}
    assert_log_stays_small()
    assert days == 1 or len(mail.outbox) > settings.REMIND_MOST
    clock.show_real()
    assert list(consistency.findings()) == []


def files_of_the_journal() -> set[str]:
    return {path.name for path in settings.CUSTODY_JOURNAL.parent.glob("*")}


def assert_log_stays_small() -> None:
    """Check SQLite's log, beside the database."""
    log = Path(f"{settings.DATABASES['default']['NAME']}-wal")
    assert not log.exists() or log.stat().st_size < MOST_BYTES


def test_a_board_that_stands_open_all_day_writes_nothing(
    cast: Cast, sign_in: SignIn, clock: NightClock
) -> None:
    board: Client = sign_in(cast.tilda)
    board.get("/till/")
    before = emptying.rows()
    for _look in range(3):
        clock.show(timezone.now() + timedelta(seconds=10))
        assert board.get("/till/live/").status_code == 200
    assert emptying.rows() == before
