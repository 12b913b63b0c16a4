"""What the journals know and a restored register doesn't, entered again with one confirmation.

Lost handouts come in as lines of paper do, and each step by the act that it was: done by whom and
when the journal says, recorded by whoever confirms it now. What the register went another way with,
or an act refuses, is left for a person.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Count, Max
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.wards import register
from custody.binder import restoration
from custody.handouts import bedside, closing, correcting, notices
from custody.journal import departures
from custody.journal.bounded import Unusable
from custody.journal.chain import Line
from custody.journal.lines import ByKind, recorded
from custody.ledger import calls, steps, taken
from custody.models import Handout, HandoutStep, LostHandout, Restoration
from custody.models.states import Act
from custody.paper import one_line
from custody.paper.one_line import Entry
from custody.paper.refusals import OtherWay

# What a line that somebody edited can cause: it is left for a person.
LEFT = (Refused, register.Ambiguous, IntegrityError, DataError, KeyError, ValueError, TypeError)


@dataclass
class Owed:
    """Lost handouts that wait to be entered, and steps of handouts, in the order of time."""

    handouts: list[LostHandout] = field(default_factory=list)
    steps: list[Line] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # why something couldn't be entered

    def __bool__(self) -> bool:
        return bool(self.handouts or self.steps)


def owed() -> Owed:
    """Return what the journals know and the register doesn't. Raises Unusable."""
    rows = restoration.lost_handouts().filter(held=False, request_key__isnull=False)
    handouts = [row for row in rows.order_by("left_at", "pk") if row.waiting or not row.loaded]
    coming = {str(row.request_key): 1 for row in handouts}
    return Owed(handouts, _steps(coming))


def _steps(coming: dict[str, int]) -> list[Line]:
    """Return the lines of steps that handouts of the register, or those to come, lack.

    Raises Unusable for a line that somebody edited.
    """
    lines = ByKind(departures.ours(departures.whole()).merged).steps.values()
    try:
        return _lacking(lines, coming)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise Unusable(f"a line isn't as we write it: {error}") from error


def _lacking(lines: Collection[Line], coming: dict[str, int]) -> list[Line]:
    keys = {line["key"] for line in lines}
    rows = Handout.objects.filter(request_key__in=keys).annotate(times=Count("steps"))
    held = {str(key): times for key, times in rows.values_list("request_key", "times")}
    known = coming | held
    lacking = [row for row in lines if row["sequence"] > known.get(row["key"], row["sequence"])]
    return sorted(lacking, key=lambda row: (recorded(row), row["sequence"]))


@dataclass(frozen=True)
class OwedStep:
    """A step that a journal knows, of a handout that the register has without it."""

    handout: Handout
    act: Act
    at: datetime
    by: str


def owed_steps(*, training: bool) -> list[OwedStep]:
    """Return the steps that screens show, of real numbers or training numbers, the oldest first.

    None while no journal says clearly what is owed: /ready names that. One statement unless a
    backup was ever restored; then the journals are read when they or the register have changed.
    """
    if not Restoration.objects.exists():
        return []
    try:
        hashes = frozenset(departures.latest().hashes)
        found = _lacking_now(hashes, HandoutStep.objects.aggregate(last=Max("pk"))["last"])
        return list(_shown(found, training=training))
    except restoration.MISWRITTEN:
        return []


@lru_cache(maxsize=1)
def _lacking_now(_hashes: frozenset[str], _last_step: int | None) -> tuple[Line, ...]:
    return tuple(_steps({}))


def _shown(lacking: Sequence[Line], *, training: bool) -> Iterator[OwedStep]:
    rows = Handout.objects.select_related("number", "ward__clinic")
    rows = rows.filter(request_key__in={line["key"] for line in lacking}, number__training=training)
    handouts = {str(row.request_key): row for row in rows}
    for line in lacking:
        if handout := handouts.get(line["key"]):
            yield OwedStep(handout, Act(line["act"]), recorded(line), line["by"])


def enter(person: User, now: datetime) -> Owed:
    """Enter all that is owed. Returns what is left, and why. Raises Unusable."""
    first = owed()
    left: list[str] = []
    for lost in first.handouts:
        _try(left, f"{lost.number}, {lost.ward}", partial(_enter, lost, person, now))
    for line in _steps({}):
        what = f"{line['number']}, {line.get('act')} {line['at']}"
        _try(left, what, partial(again, line, Event.now(person, now)))
    rest = owed()
    return Owed(rest.handouts, rest.steps, left)


def _try(left: list[str], what: str, act: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            act()
    except LEFT as why:
        left.append(f"{what}: {why}")


def _enter(lost: LostHandout, person: User, now: datetime) -> None:
    outage_id = lost.outage_pk  # type: ignore[attr-defined]
    if outage_id is None or lost.request_key is None:
        raise Refused(_("The register doesn't have the outage: enter that first."))
    entry = Entry(
        at=lost.left_at,
        by=lost.left_by,
        number=lost.number,
        ward=_ward(lost.ward, drill=lost.training),
        caller=lost.caller,
        callback=lost.callback,
        request_key=lost.request_key,
    )
    one_line.enter(entry, outage_id, Event.now(person, now), reason=_reason())


def _ward(text: str, *, drill: bool) -> Ward:
    return register.find(text, drill=drill) or register.typed_in(text, drill=drill)


def _reason() -> str:
    with translation.override(settings.LANGUAGE_CODE):  # the record is in Swedish
        return _("Restored from the journal")


@act
def again(line: Line, event: Event) -> Done[Handout]:
    """Do the step of a line again, as the journal says it was done. ``event``: who enters it now.

    Raises OtherWay when the handout isn't where the step began, and what the act raises.
    """
    pk = Handout.objects.values_list("pk", flat=True).get(request_key=line["key"])
    handout = steps.lock(pk)
    count = handout.steps.count()
    if count >= line["sequence"]:  # an act before wrote this one too
        return Done(handout, new=False)
    # A step that says who is the same person is written by the registration that follows it.
    told = line["act"] == Act.REPLACE and count + 2 == line["sequence"]
    if line["source"] != handout.state or not (told or count + 1 == line["sequence"]):
        raise OtherWay(handout)
    event = replace(event, at=datetime.fromisoformat(line["at"]), by=line["by"])
    AGAIN[Act(line["act"])](handout, line, event)
    return Done(Handout.objects.get(pk=pk))


def _replace(handout: Handout, line: Line, event: Event) -> None:
    number = line["identity"]
    found = taken.standing([number], besides=handout).get(number)
    closing.replace(
        handout.pk,
        number,
        event,
        sex_may_differ=bool(line.get("reason")),
        reason=line.get("reason", ""),
        searched=line.get("searched", False),
        same_person=found.key if found else "",
        same_reason=_reason(),
    )


def _look(handout: Handout, line: Line, event: Event) -> None:
    place = line.get("place", "")
    seen: dict[str, Any] = {"bedside_at": event.at, "bedside_by": event.by}
    steps.remain(handout, Act.CONFIRM_AT_BEDSIDE, event, place=place, **seen)


def _said(handout: Handout, line: Line, event: Event) -> None:
    identity = line.get("identity", "")
    steps.remain(handout, Act(line["act"]), event, reason=line.get("reason", ""), identity=identity)


def _transfer(handout: Handout, line: Line, event: Event) -> None:
    ward = _ward(line["ward"], drill=handout.outage.drill)
    place = line.get("place", "")
    correcting.transfer(handout.pk, ward, event, reason=line["reason"], place=place)


def _correct(handout: Handout, line: Line, event: Event) -> None:
    said = {"caller": line["caller"], "callback": line["callback"]}
    correcting.correct(handout.pk, event, **said, reason=line["reason"])


def _correct_sex(handout: Handout, line: Line, event: Event) -> None:
    """Say it of the patient; the step that ended the handout has a line of its own."""
    patient, sex = calls.lock(handout.patient_id), line["patient_sex"]
    if sex == patient.known_sex:  # as lines said that didn't know the new one yet
        raise OtherWay(handout)
    steps.remain(handout, Act.CORRECT_SEX, event, reason=line["reason"])
    calls.correct_sex(patient, sex, event)


def _by_hand(handout: Handout, _line: Line, _event: Event) -> None:
    raise OtherWay(handout)


def _for(function: Callable[..., Any], *names: str) -> Callable[[Handout, Line, Event], None]:
    """Return what calls an act with these columns of a line."""

    def call(handout: Handout, line: Line, event: Event) -> None:
        function(handout.pk, event, **{name: line.get(name, "") for name in names})

    return call


AGAIN: dict[Act, Callable[[Handout, Line, Event], None]] = {
    Act.REPLACE: _replace,
    Act.FILE_NOTICE: _for(notices.file_notice, "reference", "identity"),
    Act.VOID: _for(closing.void, "reason"),
    Act.UNDO: _for(closing.undo, "reason"),
    Act.WITHDRAW_REPLACEMENT: _for(closing.withdraw_replacement, "reason", "identity"),
    Act.WITHDRAW_NOTICE: _for(notices.withdraw_notice, "reason", "identity"),
    Act.TRANSFER: _transfer,
    Act.CORRECT: _correct,
    Act.CONFIRM_AT_BEDSIDE: _look,
    Act.WITHDRAW_CONFIRMATION: _for(bedside.withdraw, "reason"),
    Act.NO_WRISTBAND: _said,
    Act.WITNESS: _said,
    Act.SAME_PERSON: lambda *_arguments: None,  # the registration that follows writes it
    Act.CORRECT_SEX: _correct_sex,
    # Paper that comes in again makes way for itself. Where it couldn't, a person must look.
    Act.MAKE_WAY: _by_hand,
    Act.HAND_OUT: _by_hand,
}
