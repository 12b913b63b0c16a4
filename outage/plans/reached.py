"""How far the mails about planned outages have come: whom none reaches, and how they go on.

A mail that failed too often is given up. It goes on by itself when the ward's address is corrected,
or when somebody asks for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from outage.logged import Logged
from outage.models import Need, Plan, PlanMail
from outage.plans import mails, needs
from outage.plans.mails import MOST, History
from outage.plans.planning import locked

LATE_AFTER = timedelta(hours=1)  # a run comes every few minutes


@dataclass(frozen=True)
class Standing:
    """How far the mails about a plan have come: how many wards are told, and which are not.

    ``waits``: how many mails are due or will be tried again; ``failed``: wards whose last mail
    failed; ``given_up``: whether some of these get no further one by themselves.
    """

    told: int
    waits: int
    failed: list[Ward]
    given_up: bool
    without_address: list[Ward]


@dataclass(frozen=True)
class NotReached:
    """Wards that don't know of a plan, or of its latest version, because no mail came through.

    ``given_up``: wards to which no further mail goes by itself. ``late``: how many others have
    waited for too long.
    """

    plan: Plan
    since: datetime
    given_up: list[Ward]
    late: int


def standing(plan: Plan, at: datetime) -> Standing:
    """Return how far the mails about the plan's latest version have come."""
    last: dict[int, PlanMail] = {}
    for mail in PlanMail.objects.filter(change__plan=plan).order_by("claimed_at", "pk"):
        last[mail.ward_id] = mail
    wards = list(needs.concerned(plan))
    found = list(mails.histories(plan, at))
    given_up = [history.ward for history in found if history.is_given_up()]
    failed = {ward.pk: ward for ward in wards if ward.pk in last and last[ward.pk].failure}
    return Standing(
        told=sum(ward.pk in last and last[ward.pk].sent_at is not None for ward in wards),
        waits=sum(bool(history.ward.email) and not history.is_enough() for history in found),
        failed=list((failed | {ward.pk: ward for ward in given_up}).values()),
        given_up=bool(given_up),
        without_address=[ward for ward in wards if not ward.email],
    )


def not_reached(at: datetime) -> Iterator[NotReached]:
    """Yield the plans that aren't over and of which wards with an address don't know.

    One statement if there is none.
    """
    for plan in _perhaps_untold(mails.current(at)):
        found = [each for each in mails.histories(plan, at, _untold(plan)) if each.ward.email]
        if not found:
            continue
        given_up = [history.ward for history in found if history.is_given_up()]
        since = found[0].latest.at
        late = len(found) - len(given_up) if at - since >= LATE_AFTER else 0
        if given_up or late:
            yield NotReached(plan, since, given_up, late)


def _perhaps_untold(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """Return those plans of which some ward may not have been told."""
    mailed = PlanMail.objects.filter(change__plan=OuterRef("pk")).order_by()
    in_vain = mailed.filter(sequence__gte=MOST, sent_at=None)
    told_that = PlanMail.objects.filter(
        change__plan=OuterRef("change__plan"),
        ward=OuterRef("ward"),
        kind=PlanMail.Kind.CANCELLED,
        sent_at__isnull=False,
    )
    not_told_that = mailed.filter(sent_at__isnull=False).exclude(Exists(told_that))
    its = {"plan": OuterRef(OuterRef("pk"))}
    told = PlanMail.objects.filter(
        ward=OuterRef("pk"),
        sent_at__isnull=False,
        change__plan=its["plan"],
        change__planned_start=OuterRef(OuterRef("planned_start")),
        change__planned_end=OuterRef(OuterRef("planned_end")),
    )
    named = Exists(Need.objects.filter(**its, ward=OuterRef("pk"), concerned=True))
    every = Exists(Plan.objects.filter(pk=its["plan"], all_wards=True))
    wards = Ward.objects.exclude(email="").filter(named | Q(every, confirmed=True, closed_on=None))
    return plans.filter(
        Exists(in_vain)
        | Q(Exists(not_told_that), cancelled_at__isnull=False)
        | Q(Exists(wards.order_by().exclude(Exists(told))), cancelled_at=None)
    )


def _untold(plan: Plan) -> set[int]:
    """Return the keys of the wards to which a mail may have to go, and perhaps of some others."""
    latest = plan.changes.order_by("-at", "-pk").first()
    mailed = PlanMail.objects.filter(change__plan=plan)
    in_vain = mailed.filter(change=latest, sequence__gte=MOST, sent_at=None)
    found = set(in_vain.order_by().values_list("ward", flat=True))
    if latest is None:
        return found
    if plan.cancelled_at:
        told = PlanMail.objects.filter(ward=OuterRef("pk"), change=latest, sent_at__isnull=False)
        wards = Ward.objects.filter(pk__in=mailed.order_by().values("ward"))
    else:
        window = Q(change__planned_start=plan.planned_start, change__planned_end=plan.planned_end)
        told = mailed.filter(window, ward=OuterRef("pk"), sent_at__isnull=False)
        wards = needs.concerned(plan).exclude(email="")
    return found | set(wards.order_by().exclude(Exists(told)).values_list("pk", flat=True))


@act
def send_again(plan_pk: int, event: Event) -> Done[Plan]:
    """Let the mails about a plan that were given up be tried again. If none was, it isn't new."""
    plan = locked(plan_pk)
    found = mails.histories(plan, event.at, _untold(plan))
    given_up: list[History] = [each for each in found if each.is_given_up()]
    if not given_up:
        return Done(plan, new=False)
    last = [history.tries[-1].pk for history in given_up]
    PlanMail.objects.filter(pk__in=last, sent_at=None).update(again_at=event.at)
    wards = "; ".join(str(history.ward) for history in given_up)
    record.record(plan, Logged.MAIL_PLAN_AGAIN, event, record.said(wards=wards))
    return Done(plan)
