"""Whether a journal is still what it was: it is compared with the mark that the register keeps.

A journal that is missing where there was one, cut short or changed may have known numbers that a
restored register doesn't. Then there is a doubt: the till asks for the sheet of each number that it
hands out, until the binder is counted. The same holds while no journal can be read, and, after the
database was replaced, until each server has looked at its own.
"""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest

from befreg_reserv import clock
from custody.journal import chain, knowing, lines
from custody.journal.bounded import Unusable
from custody.journal.chain import Journal, Line
from custody.journal.knowing import Journals
from custody.models import Binder, Count, JournalDoubt, JournalMark
from custody.models.journal import JournalFault

# PostgreSQL: which database, and which timeline, which each promotion and point-in-time restore
# changes. SQLite's file has one server, whose own journal tells.
DATABASE = """
    SELECT oid || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
    FROM pg_database WHERE datname = current_database()
"""

# The last missing sheet and the last restored backup: what the register knows beside its steps.
Beside = tuple[int, int]

logger = logging.getLogger(__name__)
# Up to which step this process has seen each journal, and the connections over which it has asked.
_seen: dict[Path, int] = {}
_asked: WeakSet[Any] = WeakSet()


def look(path: Path) -> str:
    """Compare a whole journal with its mark, and mark it anew. Returns what was found just now.

    Callers have set aside before what the journal knows and the register doesn't. A journal whose
    chain is broken is moved aside, and the next one begun. Raises Unusable.
    """
    mark = _of(path).first()  # before the file is read, which other processes let grow
    journal = chain.read(path)
    fault = _fault(journal, mark)
    if fault:
        doubt(path, fault, mark)
        if not knowing.is_foreign(journal) and (fault == JournalFault.CHANGED or journal.fault):
            chain.set_aside(path)
        journal = Journal()
    _end(path, JournalFault.ELSEWHERE, *([] if fault else [JournalFault.UNREADABLE]))
    _mark(path, len(journal.lines), journal.last_hash, journal.last, mark)
    return str(fault.label) if fault else ""


def _fault(journal: Journal, mark: JournalMark | None) -> JournalFault | None:
    if mark and mark.lines and (not journal.lines or knowing.is_foreign(journal)):
        return JournalFault.MISSING
    try:
        chain.verify(journal)
    except Unusable:
        return JournalFault.MISSING if journal.fault else JournalFault.CHANGED
    if mark and len(journal.lines) < mark.lines:
        return JournalFault.CUT
    if mark and mark.lines and chain.hash_of(journal.lines[mark.lines - 1]) != mark.last_hash:
        return JournalFault.CHANGED
    # A line that a crash tore is of something that the register knows: it comes after the COMMIT.
    if journal.unended and journal.lines and not lines.lacking(journal):
        return JournalFault.CUT
    return None


def follow(path: Path, count: int, hashes: Sequence[str], last: Line | None) -> bool:
    """Mark a journal anew that has grown since its first ``count`` lines were found well.

    ``hashes``: of the last of those, and of each line after it. False: its mark is of another
    journal, or of another database, and the whole must be looked at.
    """
    mark = _of(path).first()
    known = dict(enumerate(hashes, start=count))
    if mark is None or known.get(mark.lines) != mark.last_hash or mark.database != database():
        return False
    _end(path, JournalFault.ELSEWHERE, JournalFault.UNREADABLE)
    _mark(path, max(known), hashes[-1], last, mark)
    return True


def marked(path: Path, register: Beside) -> tuple[int, str]:
    """Return how many lines a journal had when it held all of the register, and the last hash.

    ``register``: the register now. 0: it knows more since, or there is no such mark.
    """
    now = dict(zip(("quarantine", "restoration"), register, strict=True))
    mark = _of(path).filter(**now).first()
    return (mark.lines, mark.last_hash) if mark else (0, "")


def holds(path: Path, register: Beside) -> None:
    """Note that a journal holds all of the register, which knows this beside its steps."""
    now = dict(zip(("quarantine", "restoration"), register, strict=True))
    _of(path).exclude(**now).update(**now)


def _mark(
    path: Path, count: int, last_hash: str, last: Line | None, mark: JournalMark | None
) -> None:
    now = {
        "lines": count,
        "last_hash": last_hash,
        "step": lines.up_to(last),
        "database": database(),
    }
    # Asked often, it writes only what has changed.
    if mark is None or any(getattr(mark, name) != value for name, value in now.items()):
        JournalMark.objects.update_or_create(
            server=settings.SERVER, path=str(path), defaults={**now, "at": clock.now()}
        )


def _of(path: Path) -> QuerySet[JournalMark]:
    return JournalMark.objects.filter(server=settings.SERVER, path=str(path))


def _end(path: Path, *faults: JournalFault) -> None:
    standing = JournalDoubt.objects.filter(server=settings.SERVER, path=str(path), ended_at=None)
    # Not before it was found: a clock may have been set back.
    standing.filter(fault__in=faults).update(ended_at=Greatest(clock.now(), F("found_at")))


def doubt(
    path: Path | str, fault: JournalFault, mark: JournalMark | None, server: str = ""
) -> None:
    """Record that a journal can't be relied on, unless that stands already."""
    now, server = clock.now(), server or settings.SERVER
    since = min(mark.at if mark else now - clock.TOLERANCE, now)
    key = {"server": server, "path": str(path), "fault": fault.value, "ended_at": None}
    if _uncounted().filter(**key).exists():
        return
    JournalDoubt.objects.create(**key, since=since, found_at=now)
    logger.error("%s: %s", path, fault.value)


# --- while a number is handed out -----------------------------------------------------------------


def notice(path: Path, journal: Journal) -> None:
    """Doubt a journal that is empty or shorter than its mark, before a handout is added to it.

    ``journal``: its last lines. No statement while it only grows, once this process has asked.
    """
    if has_grown(path, journal):
        return
    mark = _of(path).first()
    if mark is None or not mark.lines:
        return
    if journal.last is None:
        fault = JournalFault.MISSING
    elif lines.BEHIND < lines.up_to(journal.last) < mark.step:
        fault = JournalFault.CUT
    else:
        return
    doubt(path, fault, mark)
    _of(path).update(lines=0, last_hash="", step=0)


def has_grown(path: Path, journal: Journal) -> bool:
    """Tell whether a journal only grew since this process saw it. Asks the database nothing."""
    return journal.last is not None and lines.up_to(journal.last) >= _seen.get(path, sys.maxsize)


def saw(path: Path, added: Sequence[Line]) -> None:
    """Remember up to which step a journal goes once these lines are added."""
    if added:
        _seen[path] = lines.up_to(added[-1])


def doubt_changed(whole: Journals) -> None:
    """Doubt the journals that were changed, before what they say of lost numbers is believed."""
    for path, journal in whole.by_path.items():
        try:
            chain.verify(journal)
        except Unusable:
            doubt(path, JournalFault.CHANGED, _of(path).first())


def doubt_all(journals: Journals) -> None:
    """Doubt journals of which it can't be said what they know of lost numbers."""
    for path in journals.by_path:
        doubt(path, JournalFault.CHANGED, _of(path).first())


def notice_unread(path: Path) -> None:
    """Doubt a journal that couldn't be read while a number was handed out."""
    doubt(path, JournalFault.UNREADABLE, _of(path).first())


def notice_others() -> None:
    """Doubt the journals of other servers that weren't looked at since the database was replaced.

    One statement or two over each new connection to PostgreSQL, and none after that.
    """
    raw = connection.connection
    if connection.vendor != "postgresql" or raw in _asked:
        return
    for mark in JournalMark.objects.exclude(Q(server=settings.SERVER) | Q(database=database())):
        doubt(mark.path, JournalFault.ELSEWHERE, mark, mark.server)
    _asked.add(raw)


def database() -> str:
    """Return what tells this database from one that was put in its place; "" on SQLite."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        return str(cursor.fetchone()[0])


# --- what it means for screens --------------------------------------------------------------------


def standing(*, training: bool) -> list[JournalDoubt]:
    """Return the doubts that stand: some binder of that kind hasn't been counted since."""
    return list(_uncounted(training=training))


def _uncounted(**kind: bool) -> QuerySet[JournalDoubt]:
    counted = Count.objects.filter(
        binder=OuterRef("pk"), listed_at__gte=OuterRef(OuterRef("found_at"))
    )
    binders = Binder.objects.filter(~Exists(counted), numbers__isnull=False, **kind)
    return JournalDoubt.objects.filter(Exists(binders), ended_at=None)


def of_handout() -> Exists:
    """Return the condition that a doubt stands for a handout's number; for an annotation."""
    counted = Count.objects.filter(
        binder=OuterRef(OuterRef("number__binder_id")), listed_at__gte=OuterRef("found_at")
    )
    doubts = JournalDoubt.objects.filter(ended_at=None, since__lte=OuterRef("recorded_at"))
    return Exists(doubts.filter(~Exists(counted)))
