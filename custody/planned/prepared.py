"""Numbers created in Befreg before a planned outage: entered, allotted to a ward, accounted for.

Writes ``PreparedNumber`` and ``PreparedMove``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing, Refused
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.access import seen_by
from befreg_reserv.people.models import User, Ward
from befreg_reserv.tables import Fault
from custody.ledger import taken
from custody.logged import Logged
from custody.models import Handout, PreparedMove, PreparedNumber
from custody.numbers import number_list
from custody.numbers.binder_file import FaultCode
from custody.numbers.identities import Identity
from custody.planned.refusals import IsAPatients, NothingToPrepareFor, NotMovable
from outage.models import Outage, Plan
from outage.plans import planning

Outcome = PreparedNumber.Outcome
UNMARKED = Q(outcome="")
# A number is to be accounted for once its outage has begun or its plan is cancelled.
DUE = Q(plan__outage__isnull=False) | Q(plan__cancelled_at__isnull=False)


class NumbersRefused(Refused):
    """The list can't be entered; ``faults`` names every line and reason. Nothing was written."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


# --- entering -----------------------------------------------------------------------------------


def check(plan: Plan, text: str, *, at: datetime) -> tuple[list[Identity], list[Fault]]:
    """Check a pasted list against all rules. Returns the numbers, and every fault at once."""
    listed = number_list.read(text, today=timezone.localdate(at))
    faults = [*listed.faults, *_against_database(plan, listed)]
    return [number for _line, number in listed.numbers], sorted(faults, key=lambda f: f.line)


def _against_database(plan: Plan, listed: number_list.NumberList) -> Iterator[Fault]:
    known = taken.standing([number.value for _line, number in listed.numbers])
    for line, number in listed.numbers:
        if mixed := taken.mixes(number, drill=plan.drill):
            yield Fault(line, number.grouped, mixed, FaultCode.MIXED)
        if number.value in known:
            reason = known[number.value].reason
            yield Fault(line, number.grouped, reason, FaultCode.NUMBER_TWICE)


def _used_meanwhile(plan: Plan, _ward: Ward, text: str, event: Event) -> None:
    """Raise NumbersRefused if somebody else used one of them at the same moment."""
    _numbers, faults = check(plan, text, at=event.at)
    if faults:
        raise NumbersRefused(faults)


@act(on_conflict=_used_meanwhile)
def enter(plan: Plan, ward: Ward, text: str, event: Event) -> Done[list[PreparedNumber]]:
    """Enter the numbers of a pasted list, one a line, and allot them to a ward: all or none.

    Raises NumbersRefused naming every fault, NothingToPrepareFor.
    """
    locked = Plan.objects.select_for_update().get(pk=plan.pk)
    if locked.cancelled_at:
        raise NothingToPrepareFor(locked)
    numbers, faults = check(locked, text, at=event.at)
    if faults:
        raise NumbersRefused(faults)
    entered = PreparedNumber.objects.bulk_create(
        PreparedNumber(
            plan=locked,
            ward=ward,
            value=number.value,
            sex=number.sex.value,
            training=number.training,
            entered_at=event.recorded_at,
            entered_by=event.recorded_by,
        )
        # Sorted: two people who enter the same values in other orders could deadlock.
        for number in sorted(numbers, key=lambda number: number.value)
    )
    trail.write(*(_entered(row, event) for row in entered))
    return Done(entered)


def _entered(row: PreparedNumber, event: Event) -> LogEntry:
    name, ward = Logged.PREPARE_NUMBER, record.said(ward=row.ward)
    return record.entry(row, name, event, ward, action=trail.Action.CREATE)


# --- marking ------------------------------------------------------------------------------------


def _check_is_nobodys(number: PreparedNumber) -> None:
    if Handout.objects.filter(real_identity=number.value).exists():
        raise IsAPatients(number)


def _claimed_meanwhile(number_id: int, *_others: object, **_options: object) -> None:
    """Raise IsAPatients when a handout got the number at the same moment."""
    _check_is_nobodys(PreparedNumber.objects.get(pk=number_id))


@act(on_conflict=_claimed_meanwhile)
def mark(number_id: int, outcome: str, event: Event, *, reason: str = "") -> Done[PreparedNumber]:
    """Record whether a prepared number was used. A wrong mark is corrected by the other one.

    The same mark again changes nothing. Raises ReasonMissing if a mark is changed without a
    reason, IsAPatients for unused while a handout has the number, PreparedNumber.DoesNotExist.
    """
    number = _lock(number_id)
    wanted = Outcome(outcome)
    if number.outcome == wanted:
        return Done(number, new=False)
    if number.outcome and not reason:
        raise ReasonMissing
    if wanted != Outcome.USED:
        _check_is_nobodys(number)
    columns = {
        "outcome": wanted.value,
        "marked_at": max(event.at, number.marked_at or event.at),
        "marked_by": event.by,
        "mark_reason": reason,
    }
    record.change(number, Logged.MARK_PREPARED, event, columns)
    return Done(number)


def _lock(number_id: int) -> PreparedNumber:
    rows = PreparedNumber.objects.select_related("plan", "ward__clinic")
    locked = rows.select_for_update(of=("self",)).filter(pk=number_id)
    # As ``steps.lock``: PostgreSQL leaves out a row that was moved while this waited.
    return locked.first() or locked.get()


# --- moving -------------------------------------------------------------------------------------


@act
def move(
    number_id: int, plan: Plan, ward: Ward, event: Event, *, reason: str
) -> Done[PreparedNumber]:
    """Allot a number anew: to another ward of its plan, or from a cancelled plan to another.

    It is unmarked afterwards. A move to where it is already changes nothing. Raises NotMovable for
    a used number, for a marked one of a plan that isn't cancelled, and for a plan that takes no
    numbers; ReasonMissing, PreparedNumber.DoesNotExist.
    """
    wanted = planning.locked(plan.pk)
    number = _lock(number_id)
    if (number.plan_id, number.ward_id) == (wanted.pk, ward.pk):
        return Done(number, new=False)
    _check_may_move(number, wanted)
    if not reason:
        raise ReasonMissing
    PreparedMove.objects.create(
        number=number,
        from_plan=number.plan,
        from_ward=number.ward,
        to_plan=wanted,
        to_ward=ward,
        at=event.recorded_at,
        by=event.recorded_by,
        reason=reason,
    )
    columns = {
        "plan": wanted, "ward": ward,
        "outcome": "", "marked_at": None, "marked_by": "", "mark_reason": "",
    }  # fmt: skip
    why = record.said(reason=reason)
    record.change(number, Logged.MOVE_PREPARED, event, columns, why)
    return Done(number)


def _check_may_move(number: PreparedNumber, wanted: Plan) -> None:
    if number.outcome == Outcome.USED:
        raise NotMovable(number, _("It has been used."))
    if wanted.pk == number.plan_id:
        if number.outcome:
            raise NotMovable(number, _("It has been marked unused."))
        return
    if not number.plan.cancelled_at:
        raise NotMovable(number, _("Its planned outage has not been cancelled."))
    if wanted.drill != number.training or is_owed(wanted):
        raise NotMovable(number, _("That planned outage takes no numbers."))


def may_move(number: PreparedNumber) -> bool:
    """Tell whether a number may be moved at all."""
    if number.plan.cancelled_at:
        return number.outcome != Outcome.USED
    return not number.outcome


def plans_for(number: PreparedNumber) -> QuerySet[Plan]:
    """Return the plans that a number may be moved to, its own alone if it isn't cancelled."""
    if not number.plan.cancelled_at:
        return Plan.objects.filter(pk=number.plan_id)
    plans = Plan.objects.filter(drill=number.training, cancelled_at=None)
    return plans.exclude(outage__ended_at__isnull=False).order_by("planned_start", "pk")


def moved_away(plan: Plan) -> QuerySet[PreparedMove]:
    """Return the moves by which numbers left a plan, the latest last."""
    moves = PreparedMove.objects.filter(from_plan=plan).exclude(to_plan=plan)
    return moves.select_related("number", "from_ward__clinic", "to_ward__clinic", "to_plan", "by")


# --- reading ------------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[PreparedNumber]:
    """Return the prepared numbers that a person may see: their own wards', or every ward's."""
    rows = PreparedNumber.objects.select_related("plan__outage", "ward__clinic", "entered_by")
    rows = rows.prefetch_related(
        "moves__from_plan", "moves__from_ward__clinic", "moves__to_ward__clinic", "moves__by"
    )
    return seen_by(rows, user, "custody.see_all_wards")


def plans_seen_by(user: User) -> QuerySet[Plan]:
    """Return the plans that concern a person, or that have numbers which the person may see."""
    own = visible_to(user).filter(plan=OuterRef("pk"))
    concerns = planning.visible_to(user).filter(pk=OuterRef("pk"))
    return Plan.objects.filter(Q(Exists(own)) | Q(Exists(concerns)))


def unaccounted(about: Outage | Plan) -> QuerySet[PreparedNumber]:
    """Return the numbers that nobody has marked yet, once the outage has begun or is cancelled.

    ``about``: a plan, or an outage; an outage that was not planned has none.
    """
    plan_id = about.plan_id if isinstance(about, Outage) else about.pk
    waiting = PreparedNumber.objects.filter(UNMARKED, DUE, plan=plan_id)
    return waiting.select_related("ward__clinic")


def owed() -> QuerySet[PreparedNumber]:
    """Return the real numbers that should be marked by now: as ``is_owed`` asks of one plan."""
    over = Q(plan__outage__ended_at__isnull=False) | Q(plan__cancelled_at__isnull=False)
    return PreparedNumber.objects.filter(UNMARKED, over, training__in=[False])


def is_owed(plan: Plan) -> bool:
    """Tell whether every number should be marked by now: the outage has ended, or is cancelled."""
    outage = Outage.objects.filter(plan=plan).first()
    return bool(plan.cancelled_at or (outage and not outage.ongoing))


@dataclass(frozen=True)
class NumbersOwed:
    """How many prepared numbers of a plan a person's wards have still to account for."""

    plan: Plan
    count: int


def owed_by(user: User, *, drill: bool) -> list[NumbersOwed]:
    """Return the plans whose numbers a person has to account for, the oldest first."""
    waiting = visible_to(user).filter(UNMARKED, DUE, plan__drill=drill).order_by()
    counts = {
        row["plan"]: row["count"] for row in waiting.values("plan").annotate(count=Count("pk"))
    }
    plans = Plan.objects.filter(pk__in=counts).order_by("planned_start", "pk")
    return [NumbersOwed(plan, counts[plan.pk]) for plan in plans]
