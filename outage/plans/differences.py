"""What a change of a plan would mean: shown before it is made."""

from collections.abc import Collection
from dataclasses import dataclass

from befreg_reserv.people.models import Ward
from outage.models import Plan
from outage.plans import needs, planning
from outage.plans.planning import Terms


@dataclass(frozen=True)
class Difference:
    """A plan as it stands and as it would be, unsaved; which wards come and go.

    ``wards``: all that it would concern. ``answers``: how many of those that go have answered.
    ``version``: the latest change of the plan that was compared.
    """

    before: Plan
    plan: Plan
    wards: Collection[Ward]
    added: list[Ward]
    taken_out: list[Ward]
    answers: int
    version: int | None

    @property
    def window(self) -> bool:
        """Tell whether the window would change."""
        old, new = self.before, self.plan
        return (old.planned_start, old.planned_end) != (new.planned_start, new.planned_end)


def difference(plan: Plan, terms: Terms) -> Difference:
    """Return what these terms would change of the plan."""
    changed = Plan(
        pk=plan.pk,
        drill=plan.drill,
        reason=plan.reason,
        planned_start=terms.start,
        planned_end=terms.end,
        all_wards=terms.all_wards,
    )
    before = list(needs.concerned(plan))
    after = list(terms.wards or needs.concerned(changed))
    taken_out = [ward for ward in before if ward not in set(after)]
    answers = plan.needs.filter(ward__in=taken_out, answered_at__isnull=False)
    return Difference(
        before=plan,
        plan=changed,
        wards=after,
        added=[ward for ward in after if ward not in set(before)],
        taken_out=taken_out,
        answers=answers.count(),
        version=planning.version_of(plan),
    )
