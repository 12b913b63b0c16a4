"""Writes and reads the wards' answers: what each of them needs for a planned outage."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.people.access import may, own_wards
from befreg_reserv.people.models import User, Ward
from outage.logged import Logged
from outage.models import Need, Plan
from outage.plans.planning import check_waits, locked
from outage.refusals import BadNeed, NotConcerned

MOST = 99  # of one sex, for one ward


@dataclass(frozen=True)
class Totals:
    """The answers of all wards concerned, added up."""

    wards: int
    answered: int
    women: int
    men: int
    register_late: int

    @property
    def unanswered(self) -> int:
        """Return how many wards haven't answered."""
        return self.wards - self.answered


@act
def state_need(
    plan_pk: int, ward: Ward, event: Event, *, women: int, men: int, registers_late: bool
) -> Done[Need]:
    """Record what a ward needs; this replaces its earlier answer. Zero is an answer too.

    Raises BadNeed, NotConcerned; PlanCancelled, PlanStarted, PlanOver when it comes too late.
    """
    if not (0 <= women <= MOST and 0 <= men <= MOST):
        raise BadNeed(_("At most %(most)d of each can be asked for.") % {"most": MOST})
    plan = locked(plan_pk)
    check_waits(plan)
    need = _need_of(plan, ward)
    answer = {"women": women, "men": men, "registers_late": registers_late}
    by_whom = {"answered_at": event.at, "answered_by": event.recorded_by}
    changes = record.assign(need, answer | by_whom)
    record.record(need, Logged.STATE_NEED, event, {name: changes[name] for name in answer})
    return Done(need)


def _need_of(plan: Plan, ward: Ward) -> Need:
    """Return the ward's row; if the plan concerns every ward, the first answer creates it."""
    need = plan.needs.filter(ward=ward).select_related("ward__clinic").first()
    if need and need.concerned:
        return need
    if need or not (plan.all_wards and ward.confirmed):
        raise NotConcerned(about=plan)
    return Need.objects.create(plan=plan, ward=ward)


# --- answers --------------------------------------------------------------------------------------


def concerned(plan: Plan) -> QuerySet[Ward]:
    """Return the wards that the plan concerns, with their clinic."""
    wards = Ward.objects.select_related("clinic")
    if plan.all_wards:
        # One that closed afterwards is there as long as its answer counts.
        answered = Need.objects.filter(plan=plan.pk, concerned=True).values("ward")
        return wards.filter(Q(closed_on=None) | Q(pk__in=answered), confirmed=True)
    return wards.filter(pk__in=plan.needs.filter(concerned=True).values("ward"))


def answered_first(plan: Plan) -> QuerySet[Ward]:
    """Return the wards concerned, those with an answer first, both groups in Swedish order."""
    answers = Need.objects.filter(plan=plan, ward=OuterRef("pk"), answered_at__isnull=False)
    # Databases differ in where they sort NULL.
    in_swedish = (F("clinic__key").asc(nulls_last=True), "key", "pk")
    return concerned(plan).annotate(answered=Exists(answers)).order_by("-answered", *in_swedish)


def of_wards(plan: Plan, wards: list[Ward]) -> list[tuple[Ward, Need | None]]:
    """Return each ward with its answer, or None if it has given none; one statement."""
    needs = plan.needs.filter(ward__in=wards, answered_at__isnull=False)
    answers = {need.ward_id: need for need in needs.select_related("answered_by")}
    return [(ward, answers.get(ward.pk)) for ward in wards]


def taken_out(plan: Plan) -> QuerySet[Need]:
    """Return the answers of wards that a change has taken out of the plan.

    That of a ward which closed went on at its successor, and would be read as a second one.
    """
    out = plan.needs.filter(concerned=False, answered_at__isnull=False, ward__closed_on=None)
    return out.select_related("ward__clinic", "answered_by")


def totals(plan: Plan) -> Totals:
    """Return how many numbers are needed in all, by sex, and how many wards have answered."""
    answered = Q(answered_at__isnull=False)
    sums = plan.needs.filter(concerned=True).aggregate(
        answered=Count("pk", filter=answered),
        women=Sum("women", default=0),
        men=Sum("men", default=0),
        register_late=Count("pk", filter=answered & Q(registers_late=True)),
    )
    return Totals(wards=concerned(plan).count(), **sums)


def answers_for(user: User) -> QuerySet[Ward]:
    """Return the wards that the person may answer for: their own, or every one."""
    wards = Ward.objects.filter(drill=False, closed_on=None).select_related("clinic")
    if not may(user, "outage.state_need"):
        return wards.none()
    return wards if may(user, "outage.plan_outage") else wards.filter(pk__in=own_wards(user))
