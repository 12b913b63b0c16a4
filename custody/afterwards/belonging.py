"""Which counts and which missing sheets belong to an outage."""

from datetime import datetime

from django.db.models import Count as CountOf
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from custody.models import Count, ForeignSheet, Handout, HandoutStep, Quarantine, SignOff
from custody.models.states import Act, State
from outage.models import Outage

MISSING = Q(lines__expected=True, lines__found=False, lines__meanwhile=False)
SURPLUS = Q(lines__expected=False, lines__found=True, lines__meanwhile=False)


def counts_of(outage: Outage) -> QuerySet[Count]:
    """Return the counts that belong to an outage: from its start until it was signed off.

    If nobody signs it off, until the next outage of its kind begins: later counts belong to that
    one. The first count of each binder after the end always belongs to this one, since its sign-off
    waits for it; so do further ones, since a second count the same evening often settles the first.

    Annotated: ``missing`` and ``surplus`` are how many tabs varied, ``foreign`` is how many sheets
    weren't the binder's.
    """
    before = SignOff.objects.filter(outage=outage, at__lt=OuterRef("at"))
    counts = Count.objects.filter(binder__training=outage.drill, at__gte=outage.started_at)
    if outage.ended_at:
        counts = counts.exclude(_of_the_next(outage, outage.ended_at))
    foreign = ForeignSheet.objects.filter(count=OuterRef("pk")).order_by().values("count")
    return counts.filter(~Exists(before)).annotate(
        missing=CountOf("lines", filter=MISSING),
        surplus=CountOf("lines", filter=SURPLUS),
        # A subquery: joined beside the lines, each sheet would count once for every line.
        foreign=Coalesce(Subquery(foreign.annotate(sheets=CountOf("pk")).values("sheets")), 0),
    )


def _of_the_next(outage: Outage, ended_at: datetime) -> Q:
    """Return the condition for counts of a later outage.

    Their lists were made after it began, and each isn't its binder's first since ``ended_at``.
    """
    others = Outage.objects.filter(drill=outage.drill).exclude(pk=outage.pk)
    begun = others.filter(started_at__gte=ended_at, started_at__lte=OuterRef("listed_at"))
    of_binder = Count.objects.filter(binder=OuterRef("binder"), listed_at__gte=ended_at)
    earlier = Q(listed_at__lt=OuterRef("listed_at"))
    earlier |= Q(listed_at=OuterRef("listed_at"), pk__lt=OuterRef("pk"))
    return Q(Exists(begun)) & Q(Exists(of_binder.filter(earlier)))


def missing_at(handouts: QuerySet[Handout]) -> Q:
    """Return the condition for missing sheets of numbers that these handouts hold, or held."""
    # A handout that made way for paper is undone, but its sheet was missing all the same.
    made_way = HandoutStep.objects.filter(handout=OuterRef("pk"), act=Act.MAKE_WAY)
    without_sheet = handouts.filter(~Q(state=State.UNDONE) | Exists(made_way))
    return Q(number__in=without_sheet.order_by().values("number"))


def quarantines_of(
    outage: Outage, handouts: QuerySet[Handout], *, with_counts: bool
) -> QuerySet[Quarantine]:
    """Return the sheets that were missing at these handouts of an outage, or at its counts."""
    sheets = Quarantine.objects.order_by().values("pk")
    missing = sheets.filter(missing_at(handouts), found_at__gte=outage.started_at)
    if with_counts:
        # Apart: with an OR, each sheet that ever was missing was read.
        missing = missing.union(sheets.filter(count__in=counts_of(outage).order_by().values("pk")))
    # A number that a restored backup had forgotten is no missing sheet.
    return Quarantine.objects.filter(pk__in=missing, restoration=None)
