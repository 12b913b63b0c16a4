"""The lines that record what the register knows: each handout, each step, each number set aside."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import BigIntegerField, Exists, Max, OuterRef, QuerySet

from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from befreg_reserv.sql import hot
from custody.journal import knowing
from custody.journal.bounded import Unusable
from custody.journal.chain import FORMER, Journal, Line
from custody.journal.knowing import HANDED_OUT, RESTORED, RETURNED, SET_ASIDE, STEP
from custody.models import Handout, HandoutStep, ReserveNumber, Restoration
from custody.models.states import State

UP_TO = "step"  # the column: up to which step the journal is complete
BEHIND = 0  # in a line that doesn't say it

Kept = tuple[HandoutStep, dict[str, str]]  # a step, and what is kept beside it


def up_to(line: Line | None) -> int:
    """Return the key of the step up to which a journal with this last line is complete."""
    step = line.get(UP_TO) if line else BEHIND
    return step if isinstance(step, int) else BEHIND


def after(
    kept: Sequence[Kept], seen: set[str], whole: Callable[[], Journal], journal: Journal
) -> list[Line]:
    """Return the lines that the journal lacks, given that these steps are the latest.

    Primary keys have no gaps as a rule, so the next one needs no query for others. ``seen``: the
    hashes of the last lines that the transaction knew; those need no check either. ``whole`` reads
    the whole journal. Raises Unusable.
    """
    if journal.last is None:
        return lacking(journal)
    _check(journal, seen)
    last, keys = up_to(journal.last), [step.pk for step, _beside in kept]
    if keys == [*range(last + 1, last + 1 + len(keys))]:
        return [line_of(step, **beside) for step, beside in kept]
    if last != BEHIND and min(keys) > last:
        return [line_of(step) for step in _with_related().filter(pk__gt=last).order_by("pk")]
    wanted = {
        (str(step.handout.request_key), step.sequence, step.recorded_at.isoformat())
        if step.sequence > 1
        else (str(step.handout.request_key), 1, "")
        for step, _beside in kept
    }
    return _unless_written(wanted, whole, journal)


def since(whole: Callable[[], Journal], journal: Journal) -> list[Line]:
    """Return the lines of the steps that came after a journal's last line.

    ``whole`` reads the whole journal: only if that line doesn't say up to where it is complete.
    Whoever writes waits meanwhile. Raises Unusable.
    """
    last = up_to(journal.last)
    if last == BEHIND:
        return lacking(whole())
    _check(journal, set())
    return [line_of(step) for step in _with_related().filter(pk__gt=last).order_by("pk")]


def next_ones(kept: Sequence[Kept], seen: set[str]) -> Callable[[Journal], list[Line] | None]:
    """Return what then returns what ``after`` would, without asking the database.

    It returns None where only ``after`` can tell. It needs no check of a last line that follows,
    among those read, on one in ``seen``: that was added since the transaction began, by a server
    that had checked it.
    """
    ours = knowing.installation()
    made = [line_of(step, **beside) for step, beside in kept]
    first, keys = kept[0][0].pk, [step.pk for step, _beside in kept]

    def of(journal: Journal) -> list[Line] | None:
        known = journal.last_hash in seen or any(line[FORMER] in seen for line in journal.lines)
        follows = up_to(journal.last) == first - 1 and keys == [*range(first, first + len(keys))]
        foreign = any(line.get("of") != ours for line in journal.lines)
        return made if journal.last and known and follows and not foreign else None

    return of


def again(
    handouts: Collection[Handout], seen: set[str], whole: Callable[[], Journal], journal: Journal
) -> list[Line]:
    """Return the lines that the journal lacks, given that these handouts were written before.

    Other arguments as for ``after``. Raises Unusable.
    """
    if journal.last is None:
        return lacking(journal)
    _check(journal, seen)
    return _unless_written({(str(row.request_key), 1, "") for row in handouts}, whole, journal)


def aside(
    numbers: Collection[ReserveNumber], whole: Callable[[], Journal], journal: Journal
) -> list[Line]:
    """Return the lines of those of these numbers that are out without a handout.

    ``whole`` reads the whole journal, all of which is compared if its last line says that it lacks
    a step. Raises Unusable.
    """
    if journal.last is None:
        return lacking(journal)
    _check(journal, set())
    if lacks_a_step(journal.last):
        return lacking(whole())
    standing = Handout.objects.filter(number=OuterRef("pk")).exclude(state=State.UNDONE)
    out = ReserveNumber.objects.filter(~Exists(standing), pk__in=[row.pk for row in numbers])
    top = {UP_TO: up_to(journal.last)}
    found = out.order_by("pk")
    return [_line_aside(row, row.taken_at) | top for row in found if row.taken_at]


def lacks_a_step(last: Line | None) -> bool:
    """Tell whether the register has a later step than a journal with this last line."""
    return bool(_later(than=up_to(last)))


@hot.rows(than=BigIntegerField())
def _later(than: Any) -> QuerySet[Any, Any]:
    return HandoutStep.objects.filter(pk__gt=than).order_by().values_list("pk")[:1]


def lacks_within(journal: Journal) -> bool:
    """Tell whether the register has a step since the first of these lines that none of them tells.

    Of two steps at one moment the later may be written alone: its process lived, or had its turn.
    After it no last line says that the earlier is missing. Raises Unusable.
    """
    known = ByKind(journal)
    first = next(filter(None, map(up_to, journal.lines)), BEHIND)
    return bool(_untold(known, HandoutStep.objects.filter(pk__gt=first)))


def _check(journal: Journal, seen: set[str]) -> None:
    knowing.check_ours(journal)
    if journal.last_hash not in seen:
        knowing.check_answered(journal)


def _unless_written(
    wanted: set[tuple[str, int, str]], whole: Callable[[], Journal], journal: Journal
) -> list[Line]:
    # A step that was entered again after a restore has a line of its own, recorded later.
    written = {
        (
            line.get("key"),
            line.get("sequence", 1),
            line.get("recorded") if "sequence" in line else "",
        )
        for line in journal.lines
    }
    return [] if wanted <= written else lacking(whole())


def lacking(journal: Journal) -> list[Line]:
    """Return lines for all that the register knows and a whole journal lacks. Raises Unusable."""
    knowing.check_ours(journal)
    knowing.check_answered(journal)
    known = ByKind(journal)
    lines = [
        line_(RESTORED, restoration.found_at, line=restoration.line)
        for restoration in Restoration.objects.order_by("pk")
        if restoration.line not in known.restorations
    ]
    missing = _untold(known, HandoutStep.objects.all())
    lines += [line_of(step) for step in _with_related().filter(pk__in=missing).order_by("pk")]
    lines += _set_aside(known, lines)
    # What was recorded last comes last: if an older line did, a restored backup might know it.
    lines.sort(key=recorded)
    top = HandoutStep.objects.aggregate(top=Max("pk"))["top"] or BEHIND
    # A crash may cut these short, so only the last line says that the journal is complete.
    return [line | {UP_TO: BEHIND} for line in lines[:-1]] + [
        line | {UP_TO: top} for line in lines[-1:]
    ]


def _untold(known: "ByKind", steps: QuerySet[HandoutStep]) -> list[int]:
    """Return the keys of those of these steps that have no line."""
    columns = ("pk", "handout__request_key", "sequence", "target", "recorded_at")
    told = steps.order_by("pk").values_list(*columns)
    return [pk for pk, key, *step in told if not known.has(str(key), *step)]


def recorded(line: Line) -> datetime:
    """Return when a line's event was recorded."""
    return datetime.fromisoformat(line.get("recorded") or line["at"]).astimezone(UTC)


def _with_related() -> QuerySet[HandoutStep]:
    return HandoutStep.objects.select_related(
        "handout__number", "handout__outage", "handout__ward__clinic", "handout__patient"
    )


def line_(kind: str, at: datetime, **columns: Any) -> Line:
    """Return a line; ``columns`` besides what every line has."""
    return {"kind": kind, "of": knowing.installation(), "at": at.isoformat(), **columns}


def line_of(step: HandoutStep, **beside: str) -> Line:
    """Return the line of a step: all that is needed to enter it again, as the handout is now."""
    handout = step.handout
    if step.sequence == 1:
        return line_(
            HANDED_OUT,
            handout.handed_out_at,
            key=str(handout.request_key),
            step=step.pk,
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
    said = {
        "reason": step.reason,
        "identity": step.identity,
        "place": step.place,
        **({"searched": True} if step.searched else {}),
        **beside,
    }
    return line_(
        RETURNED if step.target == State.UNDONE else STEP,
        step.at,
        key=str(handout.request_key),
        step=step.pk,
        sequence=step.sequence,
        act=str(step.act),
        source=str(step.source),
        target=str(step.target),
        number=handout.number.value,
        sex=handout.number.sex,
        patient_sex=handout.patient.known_sex,
        ward=str(handout.ward),
        caller=handout.caller,
        callback=handout.callback,
        by=step.by,
        recorded=step.recorded_at.isoformat(),
        **{name: value for name, value in said.items() if value},
    )


def _set_aside(known: "ByKind", lines: list[Line]) -> list[Line]:
    """Return a line for each number that is out of the binder, unless another line says so."""
    out = ByKind(Journal([*known.lines, *lines])).out
    numbers = ReserveNumber.objects.filter(taken_at__isnull=False).order_by("pk")
    return [
        _line_aside(number, number.taken_at)
        for number in numbers
        if number.taken_at and number.value not in out
    ]


def _line_aside(number: ReserveNumber, at: datetime) -> Line:
    return line_(SET_ASIDE, at, number=number.value, sex=number.sex)


class ByKind:
    """The lines of a whole journal by kind, whatever their order. Raises Unusable."""

    def __init__(self, journal: Journal) -> None:
        self.lines = journal.lines
        try:
            self.restorations = {line["line"] for line in self._of(RESTORED)}
            self.returned = {line["key"] for line in self._of(RETURNED)}
            self.handed_out = {line["key"]: line for line in self._of(HANDED_OUT)}
            self.set_aside = {line["number"]: line for line in self._of(SET_ASIDE)}
            self.steps = {
                (line["key"], line["sequence"], line["recorded"]): line
                for line in [*self._of(STEP), *self._of(RETURNED)]
                if "sequence" in line
            }
            held = (line for key, line in self.handed_out.items() if key not in self.returned)
            self.out = self.set_aside | {line["number"]: line for line in held}
        except (KeyError, TypeError) as error:
            raise Unusable(f"a line lacks its {error}") from error

    def _of(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line.get("kind") == kind]

    def has(self, key: str, sequence: int, target: str, recorded: datetime) -> bool:
        """Tell whether a step of the register has a line."""
        if sequence == 1:
            return key in self.handed_out
        if target == State.UNDONE:
            return key in self.returned
        return (key, sequence, recorded.isoformat()) in self.steps
