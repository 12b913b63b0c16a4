"""What left the binder, as the journal records it, compared with what the register knows.

A line is written after the COMMIT, so that the journal never records what was rolled back, and
before anybody is shown the number. Lines that a crash prevented are added at the next look. A
failure of the journal doesn't stop a call: the screens show it.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, QuerySet

from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.journal import chain
from custody.journal.chain import Journal, Line, Unusable
from custody.models import Handout, HandoutStep, LostHandout, ReserveNumber, Restoration
from custody.models.states import State

HANDED_OUT, RETURNED, SET_ASIDE, RESTORED = "handed_out", "returned", "set_aside", "restored"
BEHIND = 0  # the row of a line that doesn't say up to which handout the journal is complete

logger = logging.getLogger(__name__)


def latest() -> Journal:
    """Return the journal's last lines; none when it can't be read."""
    try:
        return chain.latest(settings.CUSTODY_JOURNAL)
    except Unusable:
        return Journal()


def key_of(journal: Journal) -> list[UUID]:
    """Return the request key in the journal's last line, in a list; empty when it has none."""
    key = journal.last and journal.last.get("key")
    try:
        return [UUID(key)] if key else []
    except (ValueError, AttributeError, TypeError):  # edited by hand: no call stops for that
        return []


def is_known_by(journal: Journal, handouts: Iterable[Handout]) -> bool:
    """Tell whether these handouts show that the register knows the last line. No statement."""
    if journal.last is None:
        return True
    key = journal.last.get("key")
    found = next((handout for handout in handouts if str(handout.request_key) == key), None)
    returned = journal.last.get("kind") == RETURNED
    return found is not None and (not returned or found.state == State.UNDONE)


def is_known(journal: Journal) -> bool:
    """Tell whether the register knows the journal's last line, or a restoration answered it."""
    line = journal.last
    if line is None or is_known_by(
        journal, Handout.objects.filter(request_key__in=key_of(journal))
    ):
        return True
    answered = [journal.last_hash, line.get("line", journal.last_hash)]
    if Restoration.objects.filter(line__in=answered).exists():
        return True
    out = ReserveNumber.objects.filter(value=line.get("number"), taken_at__isnull=False)
    return line.get("kind") == SET_ASIDE and out.exists()


def is_foreign(journal: Journal) -> bool:
    """Tell whether a line comes from another installation."""
    return any(line.get("of") != _installation() for line in journal.lines)


def _installation() -> str:
    return _first_migrated_at(str(connection.settings_dict["NAME"]))


@cache
def _first_migrated_at(_database: str) -> str:
    """Return when the database was made: copies of it share that, other databases don't."""
    first = MigrationRecorder(connection).migration_qs.order_by("id").first()
    return first.applied.isoformat() if first else ""


# --- writing --------------------------------------------------------------------------------------


def keep(handouts: list[Handout], seen: Journal) -> None:
    """After COMMIT, write the handouts of one act into the journal, unless they are there.

    ``seen``: the journal's last lines as the transaction read and answered them.
    """
    compose = partial(_lines_after, handouts, seen.last_hash)
    transaction.on_commit(partial(_append, compose), robust=True)


def keep_others() -> None:
    """After COMMIT, write into the journal all that it lacks."""
    transaction.on_commit(partial(_append, lacking, whole=True), robust=True)


def _append(compose: chain.Composer, *, whole: bool = False) -> None:
    try:
        chain.append(settings.CUSTODY_JOURNAL, compose, whole=whole)
    except Unusable as error:
        # No traceback: the reason is a disk's, and each handout repeats it until it's repaired.
        logger.error("%s: %s", settings.CUSTODY_JOURNAL, error)  # noqa: TRY400


def _lines_after(handouts: list[Handout], seen: str, journal: Journal) -> list[Line]:
    """Return the lines that the journal lacks, given that these handouts are the latest.

    Primary keys have no gaps as a rule, so the next one needs no query for others. ``seen``: the
    hash of the last line that the transaction saw; that one needs no check either.
    """
    if journal.last is None:
        return lacking(journal)
    _check_ours(journal)
    if journal.last_hash != seen:
        _check_answered(journal)
    row = _row(journal.last)
    keys = [handout.pk for handout in handouts]
    if keys == [*range(row + 1, row + 1 + len(keys))]:
        return [line_of(handout) for handout in handouts]
    if row != BEHIND and min(keys) > row:
        return [line_of(later) for later in _with_related().filter(pk__gt=row).order_by("pk")]
    written = {line.get("key") for line in journal.lines}
    if written.issuperset(str(handout.request_key) for handout in handouts):
        return []
    return lacking(chain.read(settings.CUSTODY_JOURNAL))


def lacking(journal: Journal) -> list[Line]:
    """Return lines for all that the register knows and a whole journal lacks. Raises Unusable."""
    _check_ours(journal)
    _check_answered(journal)
    known = _ByKind(journal)
    lines = [
        _line(RESTORED, restoration.found_at, line=restoration.line)
        for restoration in Restoration.objects.order_by("pk")
        if restoration.line not in known.restorations
    ]
    handouts = list(Handout.objects.order_by("pk").values_list("pk", "request_key", "state"))
    missing = [pk for pk, key, _state in handouts if str(key) not in known.handed_out]
    lines += [line_of(row) for row in _with_related().filter(pk__in=missing).order_by("pk")]
    undone = {str(key) for _pk, key, state in handouts if state == State.UNDONE}
    lines += _returned(undone - known.returned)
    lines += _set_aside(known, lines)
    # What was recorded last comes last: if an older line did, a restored backup might know it.
    lines.sort(key=lambda line: datetime.fromisoformat(line.get("recorded") or line["at"]))
    top = Handout.objects.aggregate(top=Max("pk"))["top"] or BEHIND
    # A crash may cut these short, so only the last line says that the journal is complete.
    return [line | {"row": BEHIND} for line in lines[:-1]] + [
        line | {"row": max(top, line["row"])} for line in lines[-1:]
    ]


def _check_ours(journal: Journal) -> None:
    if is_foreign(journal):
        raise Unusable("it belongs to another installation")


def _check_answered(journal: Journal) -> None:
    """Raise Unusable while the last line is unknown: a line after it would hide the loss."""
    if not is_known(journal):
        raise Unusable("a backup was restored, and what it forgot isn't set aside yet")


def _row(line: Line) -> int:
    row = line.get("row")
    return row if isinstance(row, int) else BEHIND


def _with_related() -> QuerySet[Handout]:
    return Handout.objects.select_related("number", "outage", "ward__clinic")


def _line(kind: str, at: datetime, **columns: str | int | bool) -> Line:
    return {"kind": kind, "of": _installation(), "at": at.isoformat(), "row": BEHIND, **columns}


def line_of(handout: Handout) -> Line:
    """Return the line of a handout: all that is needed to enter it again."""
    return _line(
        HANDED_OUT,
        handout.handed_out_at,
        key=str(handout.request_key),
        row=handout.pk,
        number=handout.number.value,
        sex=handout.number.sex,
        by=handout.handed_out_by,
        recorded=handout.recorded_at.isoformat(),
        outage=handout.outage.started_at.isoformat(),
        drill=handout.outage.drill,
        ward=str(handout.ward),
        caller=handout.caller_words[:VGR_ID_LENGTH],  # as ``LostHandout`` keeps it
        callback=handout.callback,
        late=handout.late,
    )


def _returned(keys: set[str]) -> list[Line]:
    steps = HandoutStep.objects.filter(target=State.UNDONE, handout__request_key__in=keys)
    return [
        _line(
            RETURNED,
            step.at,
            key=str(step.handout.request_key),
            number=step.handout.number.value,
            sex=step.handout.number.sex,
            by=step.by,
            recorded=step.recorded_at.isoformat(),
        )
        for step in steps.select_related("handout__number").order_by("pk")
    ]


def _set_aside(known: "_ByKind", lines: list[Line]) -> list[Line]:
    """Return a line for each number that is out of the binder, unless another line says so."""
    out = _ByKind(Journal([*known.lines, *lines])).out
    numbers = ReserveNumber.objects.filter(taken_at__isnull=False).order_by("pk")
    return [
        _line(SET_ASIDE, number.taken_at, number=number.value, sex=number.sex)
        for number in numbers
        if number.taken_at and number.value not in out
    ]


# --- comparing ------------------------------------------------------------------------------------


class _ByKind:
    """The lines of a whole journal by kind, whatever their order. Raises Unusable."""

    def __init__(self, journal: Journal) -> None:
        self.lines = journal.lines
        try:
            self.restorations = {line["line"] for line in self._of(RESTORED)}
            self.returned = {line["key"] for line in self._of(RETURNED)}
            self.handed_out = {line["key"]: line for line in self._of(HANDED_OUT)}
            self.set_aside = {line["number"]: line for line in self._of(SET_ASIDE)}
            held = (line for key, line in self.handed_out.items() if key not in self.returned)
            self.out = self.set_aside | {line["number"]: line for line in held}
        except (KeyError, TypeError) as error:
            raise Unusable(f"a line lacks its {error}") from error

    def _of(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line.get("kind") == kind]


def lost(journal: Journal) -> list[Line]:
    """Return the lines of what left the binder unknown to the register: each handout, each number.

    Several handouts of one number are lost if paper had given it to two patients. Without those
    that an earlier restoration has recorded. Raises Unusable.
    """
    journalled = _ByKind(journal)
    keys = {str(key) for key in Handout.objects.values_list("request_key", flat=True)}
    recorded = set(LostHandout.objects.values_list("number", "request_key"))
    known = journalled.returned | keys
    held = {key: line for key, line in journalled.handed_out.items() if key not in known}
    out = set(ReserveNumber.objects.filter(taken_at__isnull=False).values_list("value", flat=True))
    aside = {number: line for number, line in journalled.set_aside.items() if number not in out}
    given = {line["number"] for line in held.values()}
    lines = [line for number, line in aside.items() if number not in given]
    # What was entered again after an earlier restoration says the same, but for the seconds.
    patients = {(line["number"], line.get("caller"), _minute(line)): line for line in held.values()}
    return [
        line
        for line in [*lines, *patients.values()]
        if (line["number"], UUID(line["key"]) if "key" in line else None) not in recorded
    ]


def _minute(line: Line) -> datetime:
    at = datetime.fromisoformat(line["at"]).astimezone(UTC)
    return at.replace(second=0, microsecond=0)


def last_known(journal: Journal) -> datetime | None:
    """Return when the last handout happened that both the register and the journal know."""
    keys = {str(key) for key in Handout.objects.values_list("request_key", flat=True)}
    known = (line for line in reversed(journal.lines) if line.get("key") in keys)
    line = next(known, None)
    return datetime.fromisoformat(line["at"]) if line else None


# --- its health -----------------------------------------------------------------------------------


def trouble() -> str:
    """Return why the journal doesn't hold all that the register knows, or "" when it does.

    What it lacks is added first. Writes no table; at most one statement while all is well.
    """
    try:
        chain.check(settings.CUSTODY_JOURNAL)
        journal = chain.latest(settings.CUSTODY_JOURNAL)
        _check_ours(journal)
        if _may_add() and _lags(journal):
            chain.append(settings.CUSTODY_JOURNAL, lacking, whole=True)
    except Unusable as error:
        return str(error)
    return ""


def whole_trouble(*, add: bool) -> str:
    """Return what is wrong with the whole journal, its chain too; "" when nothing is.

    With ``add`` what it lacks is added first; without, that is what is wrong.
    """
    try:
        chain.check(settings.CUSTODY_JOURNAL)
        journal = chain.read(settings.CUSTODY_JOURNAL)
        chain.verify(journal)
        if _may_add() and (missing := lacking(journal)):
            if not add:
                return f"it lacks {len(missing)} lines of what the database knows"
            chain.append(settings.CUSTODY_JOURNAL, lacking, whole=True)
    except Unusable as error:
        return str(error)
    return ""


def _may_add() -> bool:
    """Tell whether all that we see is committed: nothing rolled back may reach the journal."""
    return not connection.in_atomic_block


def _lags(journal: Journal) -> bool:
    row = _row(journal.last) if journal.last else BEHIND
    return Handout.objects.filter(pk__gt=row).exists()
