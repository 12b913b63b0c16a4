"""What left the binder and what became of it, as the journals record it beside the register.

A line is written after the COMMIT, so that no journal records what was rolled back, and before
anybody is shown the number. Lines that a crash prevented are added at the next look. A failure of a
journal doesn't stop a call: the screens show it. A server may have several: what one of them knows
is known.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import Error, connection, transaction

from befreg_reserv import deadline
from custody.journal import bounded, chain, knowing, lines, marks
from custody.journal.bounded import Unusable
from custody.journal.chain import Journal, Line
from custody.journal.knowing import Journals
from custody.journal.lines import ByKind, Kept
from custody.models import Handout, HandoutStep, LostHandout, ReserveNumber

FAULTS = (Error, psycopg.Error)  # the pool's own errors are psycopg's

logger = logging.getLogger(__name__)


def paths() -> list[Path]:
    """Return where this server's journals are, its own first."""
    return [settings.CUSTODY_JOURNAL, *settings.CUSTODY_JOURNAL_COPIES]


def latest() -> Journals:
    """Return the last lines of each journal. Waits for all at once, briefly."""
    return _each(chain.latest_unbounded)


def whole() -> Journals:
    """Return all lines of each journal."""
    return _each(chain.read_unbounded)


def _each(read: Callable[[Path], Journal]) -> Journals:
    begun: dict[Path, bounded.Task[Journal]] = {}
    found = Journals()
    for path in paths():
        try:
            begun[path] = bounded.start(path, partial(read, path))
        except Unusable as error:
            found.faults[path] = str(error)
    for path, task in begun.items():
        try:
            found.by_path[path] = task.result()
        except Unusable as error:
            found.faults[path] = str(error)
    return found


def ours(journals: Journals) -> Journals:
    """Return those that aren't another installation's."""
    own = {path: each for path, each in journals.by_path.items() if not knowing.is_foreign(each)}
    return Journals(own, journals.faults)


# --- writing --------------------------------------------------------------------------------------


def keep(steps: Sequence[HandoutStep], seen: Journals | None = None, **beside: str) -> None:
    """After COMMIT, write the steps of one act into each journal, unless they are there.

    ``seen``: the journals' last lines as the transaction read and answered them. ``beside``: what
    is kept besides, to enter the step again.
    """
    kept = [(step, beside) for step in steps]
    transaction.on_commit(partial(_append_steps, kept, seen), robust=True)


def keep_again(handouts: Collection[Handout], seen: Journals) -> None:
    """After COMMIT, write what each journal lacks, if these earlier handouts are missing there."""
    transaction.on_commit(partial(_append_again, handouts, seen.hashes), robust=True)


def keep_aside(numbers: Collection[ReserveNumber]) -> None:
    """After COMMIT, write those of these numbers that are out of the binder without a handout."""
    transaction.on_commit(partial(_append_aside, numbers), robust=True)


def keep_others() -> None:
    """After COMMIT, write into each journal all that it lacks. Reads each whole, and all steps."""
    transaction.on_commit(_append_lacking, robust=True)


def _append_steps(kept: Sequence[Kept], seen: Journals | None) -> None:
    hashes = seen.hashes if seen else set()
    next_ones = _next_ones(kept, hashes) if seen else None
    for path in paths():
        compose = partial(lines.after, kept, hashes, partial(chain.read, path))
        _append(path, compose, next_ones and partial(_ready, path, next_ones))
    if seen:  # a number was handed out
        _doubt(seen)


def _doubt(seen: Journals) -> None:
    """Doubt the journals if none of them told the handout what had left the binder."""
    if not seen.by_path:
        for path in seen.faults:
            marks.notice_unread(path)
    marks.notice_others()


def _append_again(handouts: Collection[Handout], seen: set[str]) -> None:
    for path in paths():
        _append(path, partial(lines.again, handouts, seen, partial(chain.read, path)))


def _append_aside(numbers: Collection[ReserveNumber]) -> None:
    for path in paths():
        _append(path, partial(lines.aside, numbers, partial(chain.read, path)))


def _append_lacking() -> None:
    for path in paths():
        _append(path, lines.lacking, whole=True)


def _append(
    path: Path, compose: chain.Composer, ready: chain.Ready | None = None, *, whole: bool = False
) -> None:
    try:
        # The number is handed out by now: its line is written, whatever time its request has left.
        with deadline.at_least(bounded.LEAST_SECONDS):
            noticing = partial(_noticing, path, compose)
            chain.append(path, noticing, ready=ready, whole=whole)
    except Unusable as error:
        # No traceback: the reason is a disk's, and each handout repeats it until it's repaired.
        logger.error("%s: %s", path, error)  # noqa: TRY400
    except FAULTS:  # the other journals get their lines all the same
        logger.exception("%s: what it lacks couldn't be read", path)


def _next_ones(kept: Sequence[Kept], seen: set[str]) -> chain.Ready | None:
    try:
        return lines.next_ones(kept, seen)
    except FAULTS:  # ``lines.after`` meets it again, for each journal
        return None


def _ready(path: Path, next_ones: chain.Ready, journal: Journal) -> list[Line] | None:
    if not marks.has_grown(path, journal):
        return None
    added = next_ones(journal)
    if added is not None:
        marks.saw(path, added)
    return added


def _noticing(path: Path, compose: chain.Composer, journal: Journal) -> list[Line]:
    try:
        marks.notice(path, journal)
    except FAULTS:  # the line is written all the same
        logger.exception("%s was not compared with its mark", path)
    added = compose(journal)
    marks.saw(path, added)
    return added


# --- comparing ------------------------------------------------------------------------------------


def lost(journal: Journal) -> list[Line]:
    """Return the lines of what left the binder unknown to the register: each handout, each number.

    Several handouts of one number are lost if paper had given it to two patients. Without those
    that an earlier restoration has recorded. Raises Unusable.
    """
    journalled = ByKind(journal)
    keys = {str(key) for key in Handout.objects.values_list("request_key", flat=True)}
    recorded = set(LostHandout.objects.values_list("number", "request_key"))
    known = journalled.returned | keys
    held = {key: line for key, line in journalled.handed_out.items() if key not in known}
    out = set(ReserveNumber.objects.filter(taken_at__isnull=False).values_list("value", flat=True))
    aside = {number: line for number, line in journalled.set_aside.items() if number not in out}
    given = {line["number"] for line in held.values()}
    gone = [line for number, line in aside.items() if number not in given]
    # What was entered again after an earlier restoration says the same, but for the seconds.
    patients = {(line["number"], line.get("caller"), _minute(line)): line for line in held.values()}
    return [
        line
        for line in [*gone, *patients.values()]
        if (line["number"], UUID(line["key"]) if "key" in line else None) not in recorded
    ]


def _minute(line: Line) -> datetime:
    at = datetime.fromisoformat(line["at"]).astimezone(UTC)
    return at.replace(second=0, microsecond=0)


def last_known(journal: Journal) -> datetime | None:
    """Return when the last handout happened that both the register and the journal know."""
    keys = {str(key) for key in Handout.objects.values_list("request_key", flat=True)}
    known = [line for line in journal.lines if line.get("key") in keys]
    handouts = [line for line in known if line.get("kind") == knowing.HANDED_OUT]
    return max((datetime.fromisoformat(line["at"]) for line in handouts), default=None)


# --- their health ---------------------------------------------------------------------------------


def trouble() -> str:
    """Return why the journals don't hold all that the register knows, or "" when they do.

    What they lack is added first. Writes no table; at most one statement for each while all is
    well.
    """
    return first_wrong(_trouble)


def _trouble(path: Path) -> None:
    journal = chain.latest_of_writable(path)
    knowing.check_ours(journal)
    if lags(journal.last):
        chain.append(path, partial(lines.since, partial(chain.read, path)))


def whole_trouble() -> str:
    """Return what is wrong with the whole journals, their chains too; "" when nothing is."""
    return first_wrong(_whole_trouble)


def _whole_trouble(path: Path) -> None:
    _journal, missing = _lacking(path)
    if missing:
        raise Unusable(f"it lacks {len(missing)} lines of what the database knows")


def complete(path: Path) -> Journal | None:
    """Add what a journal lacks. Returns all of it if that was nothing. Raises Unusable."""
    journal, missing = _lacking(path)
    if not missing:
        return journal
    chain.append(path, lines.lacking, whole=True)
    return None


def _lacking(path: Path) -> tuple[Journal, list[Line]]:
    chain.check(path)
    journal = chain.read(path)
    chain.verify(journal)
    return journal, lines.lacking(journal) if _may_add() else []


def first_wrong(look: Callable[[Path], str | None]) -> str:
    """Return what is wrong with the first journal that has something wrong; all are looked at."""
    wrong = {path: found for path in paths() if (found := _wrong(look, path))}
    if len(paths()) > 1:
        return "; ".join(f"{path}: {found}" for path, found in wrong.items())
    return "".join(wrong.values())


def _wrong(look: Callable[[Path], str | None], path: Path) -> str:
    try:
        return look(path) or ""
    except Unusable as error:
        return str(error)


def _may_add() -> bool:
    """Tell whether all that we see is committed: nothing rolled back may reach the journal."""
    return not connection.in_atomic_block


def lags(last: Line | None) -> bool:
    """Tell whether a journal with this last line lacks a step that we may add."""
    return _may_add() and lines.lacks_a_step(last)
