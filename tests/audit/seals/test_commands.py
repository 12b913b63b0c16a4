"""What an administrator runs: seal, seal_key, verify."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from befreg_reserv.audit.seals import anchors, heads, keys, note, paper, statements
from befreg_reserv.audit.seals.statements import Restored
from tests.audit.entries import entries, entry, last, run
from tests.ground.lifting import lifted

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _elsewhere(settings: Any, tmp_path: Path) -> None:
    settings.SEAL_KEY = tmp_path / "key" / "seal-key"
    settings.SEAL_ANCHORS = [tmp_path / "anchors" / "seals.jsonl"]
    settings.SEAL_ANCHORS_BESIDE = []


def said(*command: Any) -> str:
    out = StringIO()
    call_command(*command, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_sealed_and_verified(settings: Any) -> None:
    entry()
    assert "Sealed:" in said("seal")
    assert settings.SEAL_KEY.stat().st_mode & 0o077 == 0
    assert "All as it was sealed" in said("verify")
    assert said("seal") == ""


def test_a_changed_row_is_named() -> None:
    entry()
    said("seal")
    with lifted():
        run("UPDATE audit_logentry SET act = 'forged' WHERE id = %s", last().pk)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", stdout=out, stderr=StringIO())
    assert f"changed: audit_logentry {last().pk}, place" in out.getvalue()


def test_anchors_catch_up(settings: Any) -> None:
    (file,) = settings.SEAL_ANCHORS
    entry()
    file.parent.write_text("in the way")
    with pytest.raises(CommandError, match="seals"):
        said("seal")
    file.parent.unlink()
    said("seal")
    assert len(file.read_text().splitlines()) == 1
    assert "1 kept elsewhere" in said("verify")


def test_one_file_out_of_reach_leaves_none_of_the_others_behind(
    settings: Any, tmp_path: Path
) -> None:
    (file,) = settings.SEAL_ANCHORS
    (tmp_path / "away").write_text("in the way")
    settings.SEAL_ANCHORS = [tmp_path / "away" / "seals.jsonl", file]
    entry()
    with pytest.raises(CommandError, match="away"):
        said("seal")
    assert len(file.read_text().splitlines()) == 1


def test_a_file_that_is_not_there_is_not_passed_over(settings: Any, tmp_path: Path) -> None:
    entry()
    said("seal")
    mistyped = str(tmp_path / "mistyped.jsonl")
    with pytest.raises(CommandError, match=r"mistyped\.jsonl: No such file"):
        said("verify", "--anchors", mistyped)
    settings.SEAL_ANCHORS[0].unlink()
    with pytest.raises(CommandError, match="No such file"):
        said("verify")


@pytest.mark.parametrize("torn", ['{"head": "x', ""])
def test_a_torn_last_line_is_passed_over(settings: Any, torn: str) -> None:
    (file,) = settings.SEAL_ANCHORS
    entry()
    said("seal")
    with file.open("a") as lines:
        lines.write(torn)
    entry()
    said("seal")
    assert "2 kept elsewhere" in said("verify")


def test_an_anchor_that_nobody_signed_is_refused(settings: Any) -> None:
    (file,) = settings.SEAL_ANCHORS
    entry()
    said("seal")
    file.write_text(file.read_text().replace("befreg-reserv\\n", "befreg-reserv\\n9", 1))
    with pytest.raises(CommandError, match="line 1"):
        said("verify")


def test_without_a_key(settings: Any) -> None:
    settings.SEAL_KEY = None
    for command in ("seal", "verify", "seal_key"):
        with pytest.raises(CommandError, match="SEAL_KEY"):
            said(command)


def test_in_production_no_key_is_made_by_the_way(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="No such file"):
        said("seal")
    public = said("seal_key", "--new", settings.SEAL_KEY)
    assert said("seal_key") == public
    entry()
    said("seal")
    assert "All as it was" in said("verify", "--key", public)
    with pytest.raises(CommandError, match="never written over"):
        said("seal_key", "--new", settings.SEAL_KEY)


def test_another_key_is_not_believed(tmp_path: Path) -> None:
    entry()
    said("seal")
    other = keys.make(tmp_path / "other")
    with pytest.raises(CommandError, match="no signature"):
        said("verify", "--key", str(other))
    with pytest.raises(CommandError, match="no key"):
        said("verify", "--key", "nonsense")


def test_a_printed_code_is_compared(settings: Any) -> None:
    entry()
    said("seal")
    printed = paper.newest()
    assert printed
    assert "All as it was" in said("verify", "--paper", str(printed.size), printed.code.lower())
    settings.SEAL_ANCHORS = []
    for size, code in ((printed.size, "AAAA-AAAA-AAAA-AAAA"), (printed.size + 1, printed.code)):
        with pytest.raises(SystemExit):
            said("verify", "--paper", str(size), code)
    with pytest.raises(CommandError, match="--paper takes"):
        said("verify", "--paper", "many", printed.code)


def test_nothing_is_printed_before_the_first_seal() -> None:
    assert paper.newest() is None


def test_an_older_database_is_noticed_within_a_minute() -> None:
    entry()
    said("seal")
    with transaction.atomic():
        entry()
        said("seal")
        transaction.set_rollback(True)
    entry(act="other")
    with pytest.raises(CommandError, match="isn't this database's"):
        said("seal")


def lost(rows: int = 1) -> None:
    """Seal a row, and more that a restored backup then doesn't know."""
    entry()
    said("seal")
    with transaction.atomic():
        entries(rows)
        said("seal")
        transaction.set_rollback(True)


def test_an_honest_restore_is_told_from_a_tampering(settings: Any) -> None:
    (file,) = settings.SEAL_ANCHORS
    lost()
    entry(act="other")
    with pytest.raises(CommandError, match="--after-restore WHY"):
        said("seal")
    with pytest.raises(SystemExit):
        said("verify")
    with pytest.raises(CommandError, match="Say why"):
        said("seal", "--after-restore", " ")
    assert "disk broken" in said("seal", "--after-restore", "disk broken\nbackup of 02:00")
    told = said("verify")
    assert "restored: by seal --after-restore" in told
    assert "disk broken backup of 02:00" in told
    assert "All as it was sealed" in told
    assert last().act == "seals_restored"
    assert last().changes["reason"] == ["None", "disk broken backup of 02:00"]
    entry()
    said("seal")  # and goes on
    assert "All as it was sealed" in said("verify")
    with pytest.raises(CommandError, match="nothing was restored"):
        said("seal", "--after-restore", "again")
    written = file.read_text()
    file.write_text(written.replace("disk broken", "disk whole"))
    with pytest.raises(CommandError, match="of another text"):
        said("verify")
    lines = [line for line in written.splitlines(keepends=True) if "/restored" not in line]
    file.write_text("".join(lines))
    with pytest.raises(SystemExit):  # without it the lost seals are missed
        said("verify")


def test_a_restore_said_in_one_file_undoes_nothing_that_another_keeps(
    settings: Any, tmp_path: Path
) -> None:
    """Whoever has key and database, and one file, could hide a rewriting from all others."""
    lost()
    (file,) = settings.SEAL_ANCHORS
    elsewhere, ours = file.read_text(), tmp_path / "ours.jsonl"
    said("seal", "--after-restore", "disk broken")
    file.rename(ours)
    file.write_text(elsewhere)
    settings.SEAL_ANCHORS = [ours, file]
    with pytest.raises(SystemExit):
        said("verify")
    settings.SEAL_ANCHORS = [ours]
    assert "All as it was sealed" in said("verify")


def test_a_newer_backup_after_an_older_one(settings: Any) -> None:
    """Of the night in which the wrong one was restored first, nothing is left to miss."""
    (file,) = settings.SEAL_ANCHORS
    entry()
    said("seal")
    shared = file.read_text()
    with transaction.atomic():
        entry(act="after the older one")
        said("seal")
        transaction.set_rollback(True)
    forgotten = file.read_text().removeprefix(shared)
    file.write_text(shared)
    entries(2)
    said("seal")
    point = heads.claimed(json.loads(shared)["head"])
    older = Restored(point.size, point.root, 3, timezone.now(), "root", "the wrong one")
    anchors.say(file, restored=statements.say_restored(keys.signer(settings.SEAL_KEY), older))
    with file.open("a") as lines:
        lines.write(forgotten)
    with pytest.raises(SystemExit):
        said("verify")
    said("seal", "--after-restore", "the right one")
    assert "All as it was sealed" in said("verify")
    kept = file.read_text()
    file.write_text(kept.removeprefix(shared))  # to which the first went back
    said("verify")
    file.write_text(forgotten + kept.splitlines()[2] + "\n")
    with pytest.raises(CommandError, match="hasn't kept"):
        said("verify")


def test_a_restore_is_said_though_one_file_is_out_of_reach(settings: Any, tmp_path: Path) -> None:
    (file,) = settings.SEAL_ANCHORS
    lost()
    away = tmp_path / "away" / "seals.jsonl"
    away.parent.write_text("in the way")
    settings.SEAL_ANCHORS = [away, file]
    with pytest.raises(CommandError, match="away"):  # it is named, and the other goes on
        said("seal", "--after-restore", "disk broken")
    assert "/restored" in file.read_text()
    settings.SEAL_ANCHORS = [file]
    assert "All as it was sealed" in said("verify")
    settings.SEAL_ANCHORS = [away, file]
    with pytest.raises(CommandError, match="away"):  # not: nothing was restored
        said("seal", "--after-restore", "again")


def test_a_restore_hides_nothing_of_what_the_backup_knew() -> None:
    lost(3)
    with lifted():
        run("UPDATE audit_logentry SET act = 'forged' WHERE id = %s", last().pk)
    forged = last().pk
    said("seal", "--after-restore", "disk broken")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", stdout=out, stderr=StringIO())
    assert f"changed: audit_logentry {forged}" in out.getvalue()


def test_whoever_verifies_before_the_first_seal_is_told_what_to_do(
    settings: Any, tmp_path: Path
) -> None:
    settings.SEAL_KEY = tmp_path / "none"
    with pytest.raises(CommandError, match=r"none\.pub: No such file.*sealed here yet.*--key"):
        said("verify")


def test_a_new_key_that_the_old_one_signed_over_is_followed_both_ways(
    settings: Any, tmp_path: Path
) -> None:
    entry()
    said("seal")
    old = said("seal_key")
    new = said("seal_key", "--new", tmp_path / "next", "--signed-over")
    settings.SEAL_KEY = tmp_path / "next"
    entry()
    said("seal")
    for key in (old, new):
        assert "2 kept elsewhere" in said("verify", "--key", key)
    (file,) = settings.SEAL_ANCHORS
    lines = [line for line in file.read_text().splitlines(keepends=True) if "/key" not in line]
    file.write_text("".join(lines))
    for key in (old, new):
        with pytest.raises(CommandError, match="no signature"):
            said("verify", "--key", key)


def test_a_key_is_signed_over_to_a_new_one_in_a_file_or_not_at_all(
    settings: Any, tmp_path: Path
) -> None:
    said("seal")
    with pytest.raises(CommandError, match="takes --new FILE"):
        said("seal_key", "--signed-over")
    settings.SEAL_ANCHORS = []
    with pytest.raises(CommandError, match="a file of anchors"):
        said("seal_key", "--new", tmp_path / "next", "--signed-over")
    assert not (tmp_path / "next").exists()


def test_a_key_that_only_says_so_itself_is_not_followed(settings: Any, tmp_path: Path) -> None:
    entry()
    said("seal")
    thief, ours = note.new_signer(keys.NAME), keys.public(settings.SEAL_KEY)
    text = f"{keys.NAME}/key\n{ours}\n{thief.public}\n2026-11-29T10:00:00+00:00\n"
    anchors.say(settings.SEAL_ANCHORS[0], key=note.countersigned(thief.sign(text), thief))
    assert "1 kept elsewhere" in said("verify")
    with pytest.raises(CommandError, match="no signature"):
        said("verify", "--key", str(thief.public))


def test_seals_are_kept_beside_the_journals_too(settings: Any, tmp_path: Path) -> None:
    beside = tmp_path / "journal" / "custody.seals.jsonl"
    settings.SEAL_ANCHORS, settings.SEAL_ANCHORS_BESIDE = [], [beside]
    entry()
    said("seal")
    assert "1 kept elsewhere" in said("verify")
    with lifted():
        run("DELETE FROM audit_leaf")
        run("DELETE FROM audit_head")
    with pytest.raises(SystemExit):
        said("verify")
    beside.unlink()
    assert f"not there, and not compared: {beside}" in said("verify")
