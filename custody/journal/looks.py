"""Looking at the journals often, as /ready does: only what came since they were well is read.

A journal holds years. A server that starts goes on from the mark that the register keeps, and reads
the file in which the marked line stands, which must have every step of its time. A line that was
changed in an older file, or in a file that goes on, is found by the look at the whole: by
check_custody, each night.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from django.db.models import Max

from custody.journal import chain, departures, knowing, lines, marks
from custody.journal.chain import Line
from custody.journal.marks import Beside
from custody.models import Quarantine, Restoration


@dataclass(frozen=True)
class _Well:
    """A journal when it was well, and what the register held beside steps."""

    written_at: int
    size: int
    count: int  # of its lines
    last: Line | None
    last_hash: str
    register: Beside


_well: dict[Path, _Well] = {}


def trouble() -> str:
    """Compare each journal with its mark and add what it lacks. Return what is wrong, or ""."""
    return departures.first_wrong(_look)


def _look(path: Path) -> str | None:
    well = _well.pop(path, None)
    written_at, register = chain.written_at(path), _register()
    if well:
        grown = _grown(path, well, written_at, register)
    else:
        grown = _since_marked(path, written_at, register)
    if grown:
        _well[path] = grown
        return None
    found = marks.look(path)
    whole = departures.complete(path)
    if whole and not found:
        count = len(whole.lines)
        _well[path] = _Well(written_at, whole.size, count, whole.last, whole.last_hash, register)
        marks.holds(path, register)
    return found


def _register() -> Beside:
    """Return what changes when the register knows more than its steps say."""
    sheet, backup = (
        table.objects.aggregate(last=Max("pk"))["last"] or 0 for table in (Quarantine, Restoration)
    )
    return sheet, backup


def _since_marked(path: Path, written_at: int, register: Beside) -> _Well | None:
    """Return the journal as it is now; None if its mark doesn't lead on to all that is known."""
    chain.check(path)
    count, last_hash = marks.marked(path, register)
    found = chain.since(path, last_hash) if count else None
    if found is None:
        return None
    journal, place = found
    if knowing.is_foreign(journal) or departures.lags(journal.last) or lines.lacks_within(journal):
        return None
    hashes = [chain.hash_of(line) for line in journal.lines[place:]]
    if not marks.follow(path, count, hashes, journal.last):
        return None
    count += len(hashes) - 1
    return _Well(written_at, journal.size, count, journal.last, hashes[-1], register)


def _grown(path: Path, well: _Well, written_at: int, register: Beside) -> _Well | None:
    """Return the journal as it is now; None if it hasn't only grown, or may lack something."""
    chain.check(path)
    more = chain.read_on(path, well.size, well.last_hash)
    if more is None or register != well.register or knowing.is_foreign(more):
        return None
    if not more.lines and written_at != well.written_at:
        return None
    now = replace(
        well,
        written_at=written_at,
        size=well.size + more.size,
        count=well.count + len(more.lines),
        last=more.last or well.last,
        last_hash=more.last_hash or well.last_hash,
    )
    hashes = [well.last_hash, *map(chain.hash_of, more.lines)]
    if departures.lags(now.last) or not marks.follow(path, well.count, hashes, now.last):
        return None
    return now
