"""Writes planned outages: announce, change, move the end, cancel, start, enter a past one.

A plan announces a window. The outage itself is started and ended by people: see
``outage.lifecycle``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.access import may, own_wards
from befreg_reserv.people.models import User, Ward
from outage import lifecycle
from outage.models import Need, Outage, Plan, PlanChange
from outage.refusals import (
    BadWindow,
    PlanCancelled,
    PlanChangedMeanwhile,
    PlanNotStarted,
    PlanOver,
    PlanReasonMissing,
    PlanStarted,
)

Act = PlanChange.Act
# A mistyped year or month would be announced on everybody's start page.
FURTHEST_AHEAD = timedelta(days=366)
LONGEST = timedelta(days=7)
DUE_BEFORE = timedelta(minutes=30)  # how long before its planned start a plan can be started


@dataclass(frozen=True)
class Terms:
    """What is announced: the window, and the wards concerned; no wards means every ward."""

    start: datetime
    end: datetime
    wards: Collection[Ward] = ()

    @property
    def all_wards(self) -> bool:
        """Tell whether every ward is concerned."""
        return not self.wards


class PlanState(TextChoices):
    """The state of a planned outage at a moment."""

    ANNOUNCED = "announced", gettext_lazy("Announced")
    LATE_TO_START = "late_to_start", gettext_lazy("Should have begun")
    ONGOING = "ongoing", gettext_lazy("Ongoing")
    LATE_TO_END = "late_to_end", gettext_lazy("Should have ended")
    ENDED = "ended", gettext_lazy("Ended")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


@dataclass(frozen=True)
class Notice:
    """A plan as one person sees it: its latest change, and whether it concerns their wards.

    ``concerns``: false if a change has taken the person's wards out. ``asks``: whether one of their
    wards hasn't said what it needs. ``answers``: what their wards have said. ``latest``: None only
    for a row that other code wrote.
    """

    plan: Plan
    latest: PlanChange | None
    concerns: bool
    asks: bool
    answers: Collection[Need] = ()


class Overlaps(NamedTuple):
    """Other plans, and ongoing outages, at the same time."""

    plans: list[Plan]
    outages: list[Outage]


# --- acts ---------------------------------------------------------------------------------------


@act
def announce(terms: Terms, event: Event, *, drill: bool, reason: str) -> Done[Plan]:
    """Announce a planned outage. If the same was announced before and waits, it isn't new.

    Raises BadWindow, PlanReasonMissing.
    """
    columns = _columns(terms, event, drill=drill, reason=reason)
    # A double press waits here for the first.
    User.objects.select_for_update(no_key=True).get(pk=event.recorded_by.pk)
    for plan in Plan.objects.filter(**columns, cancelled_at=None, outage=None):
        if _wards_of(plan) == set(terms.wards):
            return Done(plan, new=False)
    plan = Plan.objects.create(**columns)
    _mark_concerned(plan, terms)
    _add_entry(plan, Act.ANNOUNCED, event, reason, also=record.said(wards=_names(terms.wards)))
    return Done(plan)


def foresee(terms: Terms, event: Event, *, drill: bool, reason: str) -> Done[Plan]:
    """Return the plan that ``announce`` would announce, unsaved; raises what that does."""
    return Done(Plan(**_columns(terms, event, drill=drill, reason=reason)))


def _columns(terms: Terms, event: Event, *, drill: bool, reason: str) -> dict[str, Any]:
    _check(terms.start, terms.end, reason, event.at)
    return {
        "drill": drill,
        "planned_start": terms.start,
        "planned_end": terms.end,
        "reason": reason,
        "all_wards": terms.all_wards,
    }


@act
def change(
    plan_pk: int, terms: Terms, event: Event, *, reason: str, seen: int | None = None
) -> Done[Plan]:
    """Change the window or the wards of a plan that hasn't begun. The same terms aren't new.

    ``seen``: the key of the latest change that the person was shown. A ward that is taken out sees
    that, and its answer is kept for when it is put back. Raises BadWindow, PlanReasonMissing,
    PlanCancelled, PlanStarted, PlanOver; PlanChangedMeanwhile if there is a change after ``seen``.
    """
    plan = locked(plan_pk)
    if _is_as_wanted(plan, terms, event, reason):
        return Done(plan, new=False)
    if seen not in {None, version_of(plan)}:
        raise PlanChangedMeanwhile
    wards_before, for_all_before = _wards_of(plan), plan.all_wards
    if for_all_before and not terms.all_wards:
        _add_rows_for_all(plan)
    _mark_concerned(plan, terms)
    names = (_names(wards_before), _names(terms.wards))
    columns = {
        "planned_start": terms.start,
        "planned_end": terms.end,
        "all_wards": terms.all_wards,
    }
    columns = {name: new for name, new in columns.items() if getattr(plan, name) != new}
    also = {"wards": names} if names[0] != names[1] else {}
    _add_entry(plan, Act.CHANGED, event, reason, columns, also)
    return Done(plan)


def foresee_change(plan_pk: int, terms: Terms, event: Event, *, reason: str) -> Done[Plan]:
    """Return the plan as it stands, new if ``change`` would change it; raises what that does."""
    plan = Plan.objects.get(pk=plan_pk)
    return Done(plan, new=not _is_as_wanted(plan, terms, event, reason))


def _is_as_wanted(plan: Plan, terms: Terms, event: Event, reason: str) -> bool:
    """Tell whether the plan has these terms already. Raises what ``change`` does."""
    check_waits(plan)
    _check(terms.start, terms.end, reason, event.at)
    now = (plan.planned_start, plan.planned_end, plan.all_wards, _wards_of(plan))
    return now == (terms.start, terms.end, terms.all_wards, set(terms.wards))


@act
def move_end(plan_pk: int, end: datetime, event: Event, *, reason: str) -> Done[Plan]:
    """Move the planned end of an outage that has begun. The same end isn't new.

    Raises BadWindow, PlanReasonMissing, PlanCancelled, PlanNotStarted, PlanOver.
    """
    plan = locked(plan_pk)
    check_stands(plan)
    if outage_of(plan) is None:
        raise PlanNotStarted(about=plan)
    # It may have lasted for days already.
    _check(max(plan.planned_start, event.at), end, reason, event.at)
    if plan.planned_end == end:
        return Done(plan, new=False)
    _add_entry(plan, Act.CHANGED, event, reason, {"planned_end": end})
    return Done(plan)


@act
def cancel(plan_pk: int, event: Event, *, reason: str) -> Done[Plan]:
    """Cancel a plan that hasn't begun. Those concerned see it until its planned end.

    Raises PlanReasonMissing, PlanCancelled when somebody was first, PlanStarted, PlanOver.
    """
    plan = locked(plan_pk)
    check_waits(plan)
    _require(reason)
    _add_entry(plan, Act.CANCELLED, event, reason, {"cancelled_at": event.at})
    return Done(plan)


@act
def start(
    plan_pk: int, event: Event, *, since: datetime | None = None, text: str = ""
) -> Done[Outage]:
    """Start the outage that was planned; ``since`` as in ``lifecycle.start``.

    If an outage is ongoing, returns that one as not new, and its timeline gets the report. It may
    be this plan's, if somebody was first, or another; then its ``plan_id`` isn't this plan's, and
    the plan still waits. Raises PlanCancelled, PlanOver, BadWindow.
    """
    plan = locked(plan_pk)
    check_stands(plan)
    return lifecycle.start(event, since=since, drill=plan.drill, text=text, plan=plan)


@act
def enter_past(past: lifecycle.Past, event: Event) -> Done[Outage]:
    """Enter an outage that is over; if it names a plan, the outage becomes that plan's.

    Raises PlanCancelled, PlanOver, PlanStarted, and what ``lifecycle.enter_past`` raises.
    """
    if past.plan:
        check_waits(locked(past.plan.pk))
    return lifecycle.enter_past(past, event)


def check_stands(plan: Plan) -> None:
    """Raise PlanCancelled or PlanOver if the plan was cancelled or its outage has ended."""
    outage = outage_of(plan)
    if plan.cancelled_at:
        raise PlanCancelled(about=plan)
    if outage and outage.ended_at:
        raise PlanOver(about=outage)


def check_waits(plan: Plan) -> None:
    """Raise PlanCancelled, PlanOver or PlanStarted unless the plan waits for its start."""
    check_stands(plan)
    if outage_of(plan):
        raise PlanStarted(about=plan)


def locked(plan_pk: int) -> Plan:
    """Return the plan, read again and locked."""
    return Plan.objects.select_for_update().get(pk=plan_pk)


def _check(start: datetime, end: datetime, reason: str, at: datetime) -> None:
    _require(reason)
    if end <= at:
        raise BadWindow(_("This time is past. An outage that has been is entered afterwards."))
    if end <= start:
        raise BadWindow(_("It must end after it begins."))
    if start > at + FURTHEST_AHEAD:
        raise BadWindow(_("It begins more than a year from now. Check the year."))
    if end > start + LONGEST:
        raise BadWindow(
            _("It lasts more than %(days)d days. Check the dates.") % {"days": LONGEST.days}
        )


def _require(reason: str) -> None:
    if not reason.strip():
        raise PlanReasonMissing


def _wards_of(plan: Plan) -> set[Ward]:
    """Return the wards that the plan names: none when every ward is concerned."""
    if plan.all_wards:
        return set()
    return set(Ward.objects.filter(pk__in=plan.needs.filter(concerned=True).values("ward")))


def _add_rows_for_all(plan: Plan) -> None:
    """Give every ward a row before some are taken out, so that those still see the plan.

    While every ward is concerned, only those that have answered have a row.
    """
    has_row = plan.needs.values("ward")
    others = Ward.objects.filter(same_as=None, drill=False, closed_on=None).exclude(pk__in=has_row)
    Need.objects.bulk_create(Need(plan=plan, ward=ward) for ward in others)


def _mark_concerned(plan: Plan, terms: Terms) -> None:
    """Give each ward named its row, and mark which rows are concerned."""
    if terms.all_wards:
        plan.needs.update(concerned=True)
        return
    named = plan.needs.filter(ward__in=terms.wards)
    named.update(concerned=True)
    plan.needs.exclude(ward__in=terms.wards).update(concerned=False)
    has_row = set(named.values_list("ward", flat=True))
    Need.objects.bulk_create(
        Need(plan=plan, ward=ward) for ward in terms.wards if ward.pk not in has_row
    )


def _names(wards: Collection[Ward]) -> str:
    """Return the wards' names for the audit log, always in the same order; "*" for every ward."""
    keys = [ward.pk for ward in wards]
    found = Ward.objects.select_related("clinic").filter(pk__in=keys)
    return "; ".join(map(str, found)) if keys else "*"


def _add_entry(
    plan: Plan,
    act: PlanChange.Act,
    event: Event,
    reason: str,
    columns: Mapping[str, Any] | None = None,
    also: trail.Changes | None = None,
) -> None:
    """Set ``columns`` of the plan, and write the act to its changes and to the log."""
    record.change(plan, act, event, columns or {}, {**record.said(reason=reason), **(also or {})})
    PlanChange.objects.create(
        plan=plan,
        act=act,
        at=event.at,
        by=event.recorded_by,
        planned_start=plan.planned_start,
        planned_end=plan.planned_end,
        reason=reason,
    )


# --- queries --------------------------------------------------------------------------------------


def outage_of(plan: Plan) -> Outage | None:
    """Return the outage that the plan became, or None."""
    outage: Outage | None = getattr(plan, "outage", None)
    return outage


def version_of(plan: Plan) -> int | None:
    """Return the key of the plan's latest change."""
    keys = plan.changes.order_by("-at", "-pk").values_list("pk", flat=True)
    return keys.first()


def state_of(plan: Plan, at: datetime) -> PlanState:
    """Return the plan's state at that moment."""
    outage = outage_of(plan)
    if plan.cancelled_at:
        return PlanState.CANCELLED
    if outage is None:
        return PlanState.ANNOUNCED if at < plan.planned_start else PlanState.LATE_TO_START
    if outage.ended_at:
        return PlanState.ENDED
    return PlanState.ONGOING if at < plan.planned_end else PlanState.LATE_TO_END


def waiting() -> QuerySet[Plan]:
    """Return the plans that wait for their start, the latest first."""
    return Plan.objects.filter(cancelled_at=None, outage=None).order_by("-planned_start", "-id")


def begun(at: datetime) -> QuerySet[Plan]:
    """Return the plans that wait although their start is due or overdue, the latest first."""
    return waiting().filter(planned_start__lte=at + DUE_BEFORE)


def due(*, drill: bool, at: datetime) -> list[Plan]:
    """Return the plans whose start is due or overdue, the latest first; one statement."""
    return list(begun(at).select_related("outage").filter(drill=drill))


def sees_every_plan(user: User) -> bool:
    """Tell whether all plans concern the person: till, administrator, auditor."""
    return may(user, "outage.run_outage") or may(user, "people.view_ward")


def visible_to(user: User) -> QuerySet[Plan]:
    """Return the plans that concern the person, or did before a change, with their outage.

    Each has its changes, and ``own_needs``: the rows of the person's own wards.
    """
    return _visible_to(user, own_wards(user))


def _visible_to(user: User, own: set[int]) -> QuerySet[Plan]:
    own_needs = Need.objects.filter(ward__in=own).select_related("ward__clinic", "answered_by")
    plans = Plan.objects.select_related("outage").prefetch_related(
        Prefetch("needs", own_needs, to_attr="own_needs"),
        Prefetch("changes", PlanChange.objects.select_related("by")),
    )
    if sees_every_plan(user):
        return plans
    mentioned = Need.objects.filter(plan=OuterRef("pk"), ward__in=own)
    return plans.filter(Q(all_wards=True) | Exists(mentioned))


def announced_for(user: User, at: datetime) -> list[Notice]:
    """Return the plans, waiting or ongoing, that concern the person, the soonest first.

    A cancelled plan is included until its planned end, since somebody may have prepared for it; so
    is a plan from which a change has taken the person's wards. A constant number of statements.
    """
    own = own_wards(user)
    not_over = Q(outage=None) | Q(outage__ended_at=None)
    shown = Q(cancelled_at=None) & not_over | Q(cancelled_at__isnull=False, planned_end__gt=at)
    notices = (_notice(plan, user, own) for plan in _visible_to(user, own).filter(shown))
    return [notice for notice in notices if notice.concerns or at < notice.plan.planned_end]


def _notice(plan: Plan, user: User, own: set[int]) -> Notice:
    rows = [need for need in plan.own_needs if need.concerned]  # type: ignore[attr-defined]
    asked = own if plan.all_wards else {need.ward_id for need in rows}
    answered = {need.ward_id for need in rows if need.answered_at}
    waits = plan.cancelled_at is None and outage_of(plan) is None
    return Notice(
        plan=plan,
        latest=next(reversed(plan.changes.all()), None),
        concerns=plan.all_wards or bool(rows) or sees_every_plan(user),
        asks=waits and may(user, "outage.state_need") and bool(asked - answered),
        answers=[need for need in rows if need.answered_at] if plan.cancelled_at is None else [],
    )


def overlapping(plan: Plan, at: datetime) -> Overlaps:
    """Return the plans and outages, real or drills as this one, that overlap with its window.

    An ongoing outage lasts until now: nobody knows its end.
    """
    plans = Plan.objects.select_related("outage").filter(
        Q(outage=None) | Q(outage__ended_at=None),
        drill=plan.drill,
        cancelled_at=None,
        planned_start__lt=plan.planned_end,
        planned_end__gt=plan.planned_start,
    )
    others = list(plans.exclude(pk=plan.pk))
    known = {plan.pk, *(other.pk for other in others)}
    ongoing = Outage.objects.filter(
        drill__in=[plan.drill], ended_at=None, started_at__lt=plan.planned_end
    ).order_by()  # one at most; in an order SQLite would read them all
    outages = [outage for outage in ongoing if outage.plan_id not in known]
    return Overlaps(others, outages if plan.planned_start <= at else [])
