"""A year of the log goes after five years, by two people and an export; and history verifies."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit import redactable
from befreg_reserv.audit.models import (
    Disposal,
    DisposalConfirmation,
    DisposalProposal,
    LogEntry,
)
from befreg_reserv.audit.seals import sealing
from befreg_reserv.audit.seals.findings import Kind
from befreg_reserv.people.disposal import agreeing, running
from befreg_reserv.people.disposal.agreeing import SamePerson, TooYoung
from befreg_reserv.people.redacting.redaction import redact
from befreg_reserv.people.roles import Role
from custody.checks import both_ways
from custody.handouts import closing
from tests import scenes
from tests.audit.entries import entry, run
from tests.audit.seals.history import sealed_history, verdict
from tests.cast import Cast, person
from tests.conftest import SignIn
from tests.ground.lifting import lifted
from tests.pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
YEAR, OLD = 2015, datetime(2015, 6, 1, tzinfo=UTC)
WHY = "Fem år har gått"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_MARGIN", timedelta(0))


@pytest.fixture
def old(cast: Cast) -> list[LogEntry]:
    """Two old entries, and a newer one: nothing else stands in the log."""
    with lifted():
        LogEntry.objects.all().delete()
    rows = [entry(begin=OLD + timedelta(days=day)) for day in (0, 1)]
    entry(begin=timezone.now())
    return rows


def agreed(cast: Cast) -> DisposalConfirmation:
    proposal = agreeing.propose(YEAR, scenes.now(cast.adele), reason=WHY).row
    return agreeing.confirm(proposal, scenes.now(cast.gunde)).row


def dispose(path: Path, *words: str) -> str:
    out = StringIO()
    call_command("dispose_log", f"--year={YEAR}", f"--export={path}", *words, stdout=out)
    return out.getvalue()


def lines_of(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def left() -> set[int]:
    return set(
        LogEntry.objects.filter(timestamp__lt=OLD + timedelta(days=9)).values_list("pk", flat=True)
    )


def test_it_goes_and_what_was_sealed_verifies(
    cast: Cast, old: list[LogEntry], tmp_path: Path
) -> None:
    agreed(cast)
    anchors = sealed_history()
    said = dispose(tmp_path / "dry.gz")
    assert "2 rows of 2015" in said
    assert "Nothing was deleted" in said
    assert left() == {row.pk for row in old}
    assert "2 rows were deleted" in dispose(tmp_path / "log.gz", "--yes")
    assert left() == set()
    assert verdict(anchors).in_order() == []
    lines = lines_of(tmp_path / "log.gz")
    assert [json.loads(line)["row"] for line in lines] == [row.pk for row in old]
    acts = LogEntry.objects.filter(act__contains="dispos").order_by("pk")
    assert [each.act.rpartition(".")[2] for each in acts] == [
        *("disposal_proposed", "disposal_confirmed", "log_disposed")
    ]


def test_what_else_is_deleted_with_it_is_found(
    cast: Cast, old: list[LogEntry], tmp_path: Path
) -> None:
    agreed(cast)
    anchors = sealed_history()
    dispose(tmp_path / "log.gz", "--yes")
    disposal = Disposal.objects.get()
    with lifted():
        Disposal.objects.update(last=disposal.last + 1)
        LogEntry.objects.filter(pk=disposal.last + 1).delete()
    found = {each.kind for each in verdict(anchors).in_order()}
    assert found == {Kind.REMOVED}


def test_a_run_that_was_cut_short_goes_on(cast: Cast, old: list[LogEntry], tmp_path: Path) -> None:
    confirmation = agreed(cast)
    sealed_history()
    first, last = running.bounds(confirmation)
    running.decide(confirmation, first, last, "a" * 64, _by_itself())
    assert "add --yes" in dispose(tmp_path / "dry.gz")
    assert left() == {row.pk for row in old}
    assert "2 rows were deleted" in dispose(tmp_path / "more.gz", "--yes")


def _by_itself() -> Any:
    return Unattended(timezone.now(), "test")


def test_one_person_is_not_enough(cast: Cast, old: list[LogEntry], tmp_path: Path) -> None:
    proposal = agreeing.propose(YEAR, scenes.now(cast.adele), reason=WHY).row
    with pytest.raises(SamePerson):
        agreeing.confirm(proposal, scenes.now(cast.adele))
    with pytest.raises(CommandError, match="Two people"):
        dispose(tmp_path / "log.gz", "--yes")
    assert not (tmp_path / "log.gz").exists()
    past_the_act = DisposalConfirmation(proposal=proposal, at=timezone.now(), by=cast.adele)
    with pytest.raises(IntegrityError), transaction.atomic():
        past_the_act.save()
    with lifted():
        past_the_act.save()


def test_the_same_is_proposed_and_confirmed_once(cast: Cast, old: list[LogEntry]) -> None:
    confirmation = agreed(cast)
    again = agreeing.propose(YEAR, scenes.now(cast.gunde), reason="x")
    assert (again.new, again.row.reason) == (False, WHY)
    assert not agreeing.confirm(confirmation.proposal, scenes.now(cast.gunde)).new


def test_a_younger_year_stays(cast: Cast, old: list[LogEntry]) -> None:
    young = timezone.now().year - 3
    for year in (young, YEAR + 1):
        with pytest.raises(TooYoung):
            agreeing.propose(year, scenes.now(cast.adele), reason=WHY)
    row = DisposalProposal(
        year=young,
        ends=agreeing.end_of(young),
        reason="x",
        at=timezone.now(),
        by=cast.adele,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    with lifted():
        row.save()


def test_an_entry_that_a_year_left_behind_goes_with_the_next(cast: Cast, tmp_path: Path) -> None:
    midnight = agreeing.end_of(YEAR)
    with lifted():
        LogEntry.objects.all().delete()
    moment = timedelta(seconds=1)
    entry(begin=OLD)
    first_of_next, late = entry(begin=midnight + moment), entry(begin=midnight - moment)
    agreed(cast)
    anchors = sealed_history()
    assert "1 rows were deleted" in dispose(tmp_path / "log.gz", "--yes")
    assert LogEntry.objects.filter(pk__in=[first_of_next.pk, late.pk]).count() == 2
    assert agreeing.next_year(timezone.now()) == YEAR + 1
    proposal = agreeing.propose(YEAR + 1, scenes.now(cast.adele), reason=WHY).row
    confirmation = agreeing.confirm(proposal, scenes.now(cast.gunde)).row
    assert running.bounds(confirmation) == (first_of_next.pk, late.pk)
    assert verdict(anchors).in_order() == []


def test_the_export_is_nobody_elses_to_read(
    cast: Cast, old: list[LogEntry], tmp_path: Path
) -> None:
    agreed(cast)
    sealed_history()
    dispose(tmp_path / "log.gz")
    assert (tmp_path / "log.gz").stat().st_mode & 0o777 == 0o600


def test_past_all_that_no_row_goes(cast: Cast, old: list[LogEntry]) -> None:
    """Not an old one on which nobody has agreed, and no young one whatever was agreed."""
    with pytest.raises(IntegrityError), transaction.atomic():
        run(f"DELETE FROM audit_logentry WHERE id = {old[0].pk}")  # noqa: S608
    confirmation = agreed(cast)
    newest = LogEntry.objects.latest("pk").pk
    too_much = Disposal(
        confirmation=confirmation,
        first=old[0].pk,
        last=newest,
        digest="a" * 64,
        exported="b" * 64,
        floors={},
        at=timezone.now(),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        too_much.save()
    with lifted():
        too_much.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        run(f"DELETE FROM audit_logentry WHERE id = {newest}")  # noqa: S608


def test_what_isnt_sealed_or_was_changed_stays(
    cast: Cast, old: list[LogEntry], tmp_path: Path
) -> None:
    agreed(cast)
    with pytest.raises(CommandError, match="isn't sealed"):
        dispose(tmp_path / "a.gz", "--yes")
    sealed_history()
    with lifted():
        LogEntry.objects.filter(pk=old[0].pk).update(act="forged")
    with pytest.raises(CommandError, match="as it was sealed"):
        dispose(tmp_path / "b.gz", "--yes")
    assert len(left()) == 2


def test_an_export_writes_over_nothing(cast: Cast, old: list[LogEntry], tmp_path: Path) -> None:
    agreed(cast)
    sealed_history()
    (tmp_path / "log.gz").write_text("mine", "utf-8")
    with pytest.raises(CommandError):
        dispose(tmp_path / "log.gz", "--yes")
    assert (tmp_path / "log.gz").read_text("utf-8") == "mine"
    assert len(left()) == 2


def test_an_export_that_lost_a_row_is_refused(
    cast: Cast, old: list[LogEntry], tmp_path: Path
) -> None:
    confirmation = agreed(cast)
    sealed_history()
    first, last = running.bounds(confirmation)
    running.export(tmp_path / "log.gz", first, last)
    lines = lines_of(tmp_path / "log.gz")
    with gzip.open(tmp_path / "log.gz", "wt") as file:
        file.write(lines[0] + "\n")
    with pytest.raises(running.CannotGo, match="1 sealed rows are missing"):
        running.check(tmp_path / "log.gz", first, last)


def test_two_people_do_it_by_the_page(cast: Cast, old: list[LogEntry], sign_in: SignIn) -> None:
    adele, second = sign_in(cast.adele), sign_in(person("adam1", Role.ADMINISTRATOR))
    sent = {"year": YEAR, "reason": WHY}
    page = text_of(adele.post("/log-years/propose/", sent, follow=True))
    assert "väntar på en andra person" in page
    proposal = DisposalProposal.objects.get()
    confirm = f"/log-years/{proposal.pk}/confirm/"
    assert adele.post(confirm).status_code == 409
    assert confirm in second.get("/log-years/").content.decode()
    assert second.post(confirm).status_code == 302
    assert "adam1" in text_of(adele.get("/log-years/"))


@pytest.mark.usefixtures("outage", "real_binder")
def test_the_check_of_log_and_rows_asks_no_more_for_what_went(cast: Cast, tmp_path: Path) -> None:
    handout = scenes.handed_out(cast)
    closing.void(handout.pk, scenes.now(cast.wilma), reason="Anna Ek hade ett nummer")
    redact("Anna Ek", scenes.now(cast.adele), reason=WHY)
    masked = LogEntry.objects.filter(changes=redactable.MASKED_CHANGES)
    assert masked.exists()
    young = LogEntry.objects.filter(act__endswith="text_masked").values_list("pk", flat=True)
    with lifted():
        LogEntry.objects.exclude(pk__in=list(young)).update(timestamp=OLD)
    entry(begin=timezone.now())
    agreed(cast)
    sealed_history()
    assert list(both_ways.log_and_rows_agree()) == []
    dispose(tmp_path / "log.gz", "--yes")
    assert list(both_ways.log_and_rows_agree()) == []
    assert list(both_ways.what_the_log_tells_of_is_there()) == []
    with lifted():
        Disposal.objects.update(floors={})
    assert list(both_ways.log_and_rows_agree()) != []
