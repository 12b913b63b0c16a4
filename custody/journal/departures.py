"""What left the binder, as the journal keeps it, and what register and journal know of each other.

A line is written after the COMMIT, since one from before it might tell of what was rolled back;
and before anybody is shown the number. What a crash kept out of the journal is added the next time
that somebody looks. No failure of the journal stops or delays a call: it is said on the screens.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from functools import cache, partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, QuerySet

from custody.journal import chain
from custody.journal.chain import Kept, Line, Unusable
from custody.models import Handout, HandoutStep, LostHandout, ReserveNumber, Restoration
from custody.models.states import State

HANDED_OUT, RETURNED, SET_ASIDE, RESTORED = "handed_out", "returned", "set_aside", "restored"
BEHIND = 0  # the highest row that the journal vouches for, in the middle of catching up

logger = logging.getLogger(__name__)


def latest() -> Kept:
    """Return the journal's last lines; nothing when it can't be read."""
    try:
        return chain.latest(settings.CUSTODY_JOURNAL)
    except Unusable:
        return Kept()


def key_of(kept: Kept) -> list[UUID]:
    """Return the request key of the handout that shows whether the last line is known, if any."""
    key = kept.last and kept.last.get("key")
    try:
        return [UUID(key)] if key else []
    except (ValueError, AttributeError, TypeError):  # somebody wrote there; no call stops for that
        return []


def tells(kept: Kept, handouts: Iterable[Handout]) -> bool:
    """Tell whether these handouts show that the register knows the last line. Asks no database."""
    if kept.last is None:
        return True
    its = [each for each in handouts if str(each.request_key) == kept.last.get("key")]
    returned = kept.last.get("kind") == RETURNED
    return bool(its) and (not returned or its[0].state == State.UNDONE)


def knows(kept: Kept) -> bool:
    """Tell whether the register knows the journal's last line, or has answered it."""
    line = kept.last
    if line is None or tells(kept, Handout.objects.filter(request_key__in=key_of(kept))):
        return True
    answered = [kept.last_hash, line.get("line", kept.last_hash)]
    if Restoration.objects.filter(line__in=answered).exists():
        return True
    out = ReserveNumber.objects.filter(value=line.get("number"), taken_at__isnull=False)
    return line.get("kind") == SET_ASIDE and out.exists()


def is_foreign(kept: Kept) -> bool:
    """Tell whether a line is of another installation."""
    return any(line.get("of") != _installation() for line in kept.lines)


def _installation() -> str:
    return _born(str(connection.settings_dict["NAME"]))


@cache
def _born(_database: str) -> str:
    """Return what each copy of this database shares and no other has: when it was first made."""
    made = MigrationRecorder(connection).migration_qs.order_by("id").first()
    return made.applied.isoformat() if made else ""


# --- writing --------------------------------------------------------------------------------------


def keep(handout: Handout, seen: Kept) -> None:
    """Write a handout into the journal, if it isn't there, once it is committed.

    ``seen``: the journal's last lines as the transaction read and answered them.
    """
    compose = partial(_lines_after, handout, seen.last_hash)
    transaction.on_commit(partial(_append, compose), robust=True)


def keep_others() -> None:
    """Write into the journal, once it is committed, what isn't one handout."""
    transaction.on_commit(partial(_append, lacking, whole=True), robust=True)


def _append(compose: chain.Composer, *, whole: bool = False) -> None:
    try:
        chain.append(settings.CUSTODY_JOURNAL, compose, whole=whole)
    except Unusable as error:
        # No traceback: the reason is a disk's, and each handout repeats it until it's mended.
        logger.error("%s: %s", settings.CUSTODY_JOURNAL, error)  # noqa: TRY400


def _lines_after(handout: Handout, seen: str, kept: Kept) -> list[Line]:
    """Return the lines that the journal lacks when this handout is the latest that we know.

    Rows are numbered without gaps as a rule, so the next row needs no look at the others; nor
    does a last line that was ``seen``, by its hash, in the transaction.
    """
    if kept.last is None:
        return lacking(kept)
    _check_ours(kept)
    if kept.last_hash != seen:
        _check_answered(kept)
    row = _row(kept.last)
    if handout.pk == row + 1:
        return [line_of(handout)]
    if row != BEHIND and handout.pk > row:
        return [line_of(each) for each in _with_all().filter(pk__gt=row).order_by("pk")]
    if any(line.get("key") == str(handout.request_key) for line in kept.lines):
        return []
    return lacking(chain.read(settings.CUSTODY_JOURNAL))


def lacking(kept: Kept) -> list[Line]:
    """Return lines for all that the register knows and a whole journal lacks. Raises Unusable."""
    _check_ours(kept)
    _check_answered(kept)
    known = _Said(kept)
    lines = [
        _line(RESTORED, each.found_at, line=each.line)
        for each in Restoration.objects.order_by("pk")
        if each.line not in known.restorations
    ]
    handouts = list(Handout.objects.order_by("pk").values_list("pk", "request_key", "state"))
    new = [pk for pk, key, _state in handouts if str(key) not in known.handed_out]
    lines += [line_of(each) for each in _with_all().filter(pk__in=new).order_by("pk")]
    undone = {str(key) for _pk, key, state in handouts if state == State.UNDONE}
    lines += _returned(undone - known.returned)
    lines += _set_aside(known, lines)
    top = Handout.objects.aggregate(top=Max("pk"))["top"] or BEHIND
    # All or nothing of this may reach the disk: only the last line vouches for it.
    return [line | {"row": BEHIND} for line in lines[:-1]] + [
        line | {"row": max(top, line["row"])} for line in lines[-1:]
    ]


def _check_ours(kept: Kept) -> None:
    if is_foreign(kept):
        raise Unusable("it belongs to another installation")


def _check_answered(kept: Kept) -> None:
    """Raise Unusable while the last line is unknown: one of ours after it would hide the loss."""
    if not knows(kept):
        raise Unusable("a backup was restored, and what it forgot isn't set aside yet")


def _row(line: Line) -> int:
    row = line.get("row")
    return row if isinstance(row, int) else BEHIND


def _with_all() -> QuerySet[Handout]:
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
        caller=handout.caller,
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
        )
        for step in steps.select_related("handout__number").order_by("pk")
    ]


def _set_aside(known: "_Said", lines: list[Line]) -> list[Line]:
    """Return a line for each number that is out without a handout that the journal will have."""
    out = _Said(Kept([*known.lines, *lines])).out
    numbers = ReserveNumber.objects.filter(taken_at__isnull=False).order_by("pk")
    return [
        _line(SET_ASIDE, number.taken_at, number=number.value, sex=number.sex)
        for number in numbers
        if number.taken_at and number.value not in out
    ]


# --- comparing ------------------------------------------------------------------------------------


class _Said:
    """What a whole journal says, whatever the order of its lines. Raises Unusable."""

    def __init__(self, kept: Kept) -> None:
        self.lines = kept.lines
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


def lost(kept: Kept) -> list[Line]:
    """Return the last line of each number that left the binder without the register knowing.

    Without those that an earlier restoration has recorded. Raises Unusable.
    """
    said = _Said(kept)
    keys = {str(key) for key in Handout.objects.values_list("request_key", flat=True)}
    recorded = set(LostHandout.objects.values_list("number", "request_key"))
    held = {k: line for k, line in said.handed_out.items() if k not in said.returned | keys}
    out = set(ReserveNumber.objects.filter(taken_at__isnull=False).values_list("value", flat=True))
    aside = {number: line for number, line in said.set_aside.items() if number not in out}
    by_number = aside | {line["number"]: line for line in held.values()}
    return [
        line
        for number, line in by_number.items()
        if (number, UUID(line["key"]) if "key" in line else None) not in recorded
    ]


def last_known(kept: Kept) -> datetime | None:
    """Return when the last handout happened that both the register and the journal know."""
    keys = {str(key) for key in Handout.objects.values_list("request_key", flat=True)}
    known = (line for line in reversed(kept.lines) if line.get("key") in keys)
    line = next(known, None)
    return datetime.fromisoformat(line["at"]) if line else None


# --- is it well? ----------------------------------------------------------------------------------


def trouble() -> str:
    """Return why the journal doesn't hold all that the register knows, or "" when it does.

    What it lacks is added first. Writes no table; at most one statement while all is well.
    """
    try:
        chain.check(settings.CUSTODY_JOURNAL)
        kept = chain.latest(settings.CUSTODY_JOURNAL)
        _check_ours(kept)
        if _may_add() and _lags(kept):
            chain.append(settings.CUSTODY_JOURNAL, lacking, whole=True)
    except Unusable as error:
        return str(error)
    return ""


def whole_trouble(*, add: bool) -> str:
    """Return what is wrong with the journal, chain and all, or "".

    With ``add`` what it lacks is added first; without, it is named.
    """
    try:
        chain.check(settings.CUSTODY_JOURNAL)
        kept = chain.read(settings.CUSTODY_JOURNAL)
        chain.verify(kept)
        if _may_add() and (missing := lacking(kept)):
            if not add:
                return f"it lacks {len(missing)} lines of what the database knows"
            chain.append(settings.CUSTODY_JOURNAL, lacking, whole=True)
    except Unusable as error:
        return str(error)
    return ""


def _may_add() -> bool:
    """Tell whether all that we see is committed: the journal must not know what is rolled back."""
    return not connection.in_atomic_block


def _lags(kept: Kept) -> bool:
    row = _row(kept.last) if kept.last else BEHIND
    return Handout.objects.filter(pk__gt=row).exists()
