"""Every row that was committed is sealed once, in whatever order transactions end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction

from befreg_reserv.audit.models import Head, Leaf, LogEntry
from befreg_reserv.audit.seals import heads, sealing
from befreg_reserv.audit.seals.sealing import OutOfStep
from tests.audit.entries import entries, entry, run
from tests.audit.seals.history import SIGNER, anchor, lifted, sealed_history, verdict
from tests.races.together import race

BOTH_WRITE = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer")


@contextmanager
def held_open() -> Iterator[LogEntry]:
    """Let another transaction write a row, and commit it when the block ends."""
    written: list[LogEntry] = []
    is_written, may_end = Event(), Event()

    def write() -> None:
        with transaction.atomic():
            written.append(entry(act="early"))
            is_written.set()
            may_end.wait(30)
        connections.close_all()

    thread = Thread(target=write)
    thread.start()
    try:
        assert is_written.wait(30)
        yield written[0]
    finally:
        may_end.set()
        thread.join(30)


def sealed_keys() -> set[int]:
    return set(Leaf.objects.filter(table="audit_logentry").values_list("row", flat=True))


@pytest.mark.django_db
def test_nothing_new_makes_no_seal() -> None:
    entry()
    sealing.seal_all(SIGNER)
    assert sealing.seal_all(SIGNER) == []


@pytest.mark.django_db
def test_many_rows_are_sealed_a_few_at_a_time() -> None:
    entries(10)
    before = Leaf.objects.count()
    made = sealing.seal_all(SIGNER, most=3)
    assert made[0].size == 3
    assert made[1].size == 6
    assert Leaf.objects.count() - before == made[-1].size
    assert verdict([anchor(made[-1])]).in_order() == []


@BOTH_WRITE
@pytest.mark.django_db(transaction=True)
def test_a_row_that_was_committed_late_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_MARGIN", timedelta(0))
    with held_open() as early:
        later = entry(act="later")
        assert early.pk < later.pk
        for _ in range(3):  # seal after seal, the first one's transaction goes on
            sealing.seal_all(SIGNER)
            entry()
        assert later.pk in sealed_keys()
        assert early.pk not in sealed_keys()
    sealing.seal_all(SIGNER)
    assert early.pk in sealed_keys()
    assert verdict([]).in_order() == []


@BOTH_WRITE
@pytest.mark.django_db(transaction=True)
def test_without_asking_who_goes_on_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sealing, "_settled", lambda state, batch, _finished: sealing._highest(state, batch)
    )
    with held_open() as early:
        entry(act="later")
        sealing.seal_all(SIGNER)
    sealing.seal_all(SIGNER)
    assert early.pk not in sealed_keys()
    assert [finding.row for finding in verdict([]).in_order()] == [early.pk]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_seal_each_row_once() -> None:
    entries(20)
    outcomes = race(*[lambda: sealing.seal_all(SIGNER, most=2)] * 3)
    assert all(isinstance(each, list | OutOfStep) for each in outcomes), outcomes
    sealing.seal_all(SIGNER)
    assert verdict([]).in_order() == []
    assert len(sealed_keys()) == LogEntry.objects.count()


@pytest.mark.django_db
def test_a_leaf_that_somebody_has_added_stops_it() -> None:
    entry()
    (head, *_) = sealing.seal_all(SIGNER)
    run(
        "INSERT INTO audit_leaf (place, \"table\", \"row\", hash) VALUES (%s, 'x', 1, '')",
        head.size,
    )
    entry()
    with pytest.raises(OutOfStep):
        sealing.seal_all(SIGNER)
    assert any("no table" in finding.why for finding in verdict([]).in_order())


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["", "{}", None])
def test_a_state_that_somebody_has_changed_stops_it(state: str | None) -> None:
    """As one that says that all rows to come were settled: they would be left out."""
    entry()
    (head, *_) = sealing.seal_all(SIGNER)
    if state is None:
        changed = heads.state(head.state, head.size)
        changed.settled["audit_logentry"] = 10**9
        state = changed.text()
    with lifted():
        run("UPDATE audit_head SET state = %s", state)
    entry()
    with pytest.raises(OutOfStep):
        sealing.seal_all(SIGNER)


@pytest.mark.django_db
def test_what_settles_stays_behind_what_is_sealed() -> None:
    entries(5)
    sealed_history(most=2)
    for head in Head.objects.all():
        state = heads.state(head.state, head.size)
        assert all(key <= state.sealed[table] for table, key in state.settled.items())
