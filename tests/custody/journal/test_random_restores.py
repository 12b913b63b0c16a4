"""Registers restored to any moment, beside any journals: no number is told to two patients.

What a journal can't show, nobody can: one that was cut back to where it stood at the last look,
with no other beside it. So one journal at least is whole, missing or changed in each round.
"""

from pathlib import Path
from random import Random

import pytest
from django.conf import settings

from custody.checks import readiness
from custody.handouts import missing_sheet
from custody.models import Handout, JournalDoubt
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.ground.restoring import Backup
from tests.scenes import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("files")]
SPOILT = ["whole", "missing", "changed", "cut"]


@pytest.fixture
def cast(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(settings, "CUSTODY_JOURNAL_COPIES", [tmp_path / "share" / "journal"])
    cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.many_numbers(20), training=False)
    scenes.begin(cast.tilda)
    return cast


def spoil(path: Path, how: str) -> None:
    lines = path.read_text().splitlines(keepends=True)
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_text("".join(lines[: len(lines) // 2]))
    elif how == "changed":
        path.write_text("".join(line.replace("2000", "2001") for line in lines))


def told(cast: Cast, gone: set[str], *, asked: bool = True) -> str:
    """Take a call as the till does; return the number that is read out.

    ``gone``: the numbers whose sheets are not in the binder any more.
    """
    handout = scenes.handed_out(cast)
    rows = missing_sheet.with_question(Handout.objects.all())
    while asked and rows.get(pk=handout.pk).asks_for_sheet and handout.number.value in gone:  # type: ignore[attr-defined]
        handout = missing_sheet.give_next(handout.pk, now(cast.tilda)).row
    return handout.number.value


def a_round(cast: Cast, base: Backup, folder: Path, chance: Random, *, asked: bool = True) -> bool:
    """Return whether a number was told twice in one random restore."""
    base.restore()
    journals = [settings.CUSTODY_JOURNAL, *settings.CUSTODY_JOURNAL_COPIES]
    for path in journals:
        path.unlink(missing_ok=True)
    gone = {told(cast, set()) for _ in range(chance.randint(1, 2))}
    readiness.journal()
    backup = Backup(folder)
    gone |= {told(cast, gone) for _ in range(chance.randint(1, 3))}
    if chance.random() < 0.5:
        readiness.journal()
    backup.restore()
    for path, how in zip(journals, [chance.choice(SPOILT[:3]), chance.choice(SPOILT)], strict=True):
        spoil(path, how)
    if chance.random() < 0.5:
        readiness.journal()
    following = [told(cast, gone, asked=asked) for _ in range(2)]
    return bool(gone.intersection(following)) or len({*following}) < 2


# A thousand at once take longer than one test may; on a busy machine a hundred do, on PostgreSQL.
PARTS = [range(first, first + 50) for first in range(0, 1000, 50)]


@pytest.mark.parametrize(
    "seeds", [range(6), *(pytest.param(each, marks=pytest.mark.long) for each in PARTS)], ids=str
)
def test_none_is_told_twice(cast: Cast, tmp_path: Path, seeds: range) -> None:
    (tmp_path / "base").mkdir()
    base = Backup(tmp_path / "base")
    twice = [n for n in seeds if a_round(cast, base, tmp_path, Random(n))]  # noqa: S311
    assert twice == []


@pytest.mark.both_databases
def test_without_the_question_one_would_be(cast: Cast, tmp_path: Path) -> None:
    scenes.handed_out(cast)
    readiness.journal()
    backup = Backup(tmp_path)
    gone = {told(cast, set())}
    backup.restore()
    for path in (settings.CUSTODY_JOURNAL, *settings.CUSTODY_JOURNAL_COPIES):
        path.unlink()
    assert told(cast, gone, asked=False) in gone
    assert JournalDoubt.objects.count() == 2
