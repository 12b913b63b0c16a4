"""The routine as people read it: the version in force, or another one."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from django.db.models import Q, QuerySet, Subquery

from outage.models import Routine, RoutineStep
from outage.models.routine import FIRST

Moment = RoutineStep.Moment


@dataclass(frozen=True)
class Text:
    """A version of the routine with its steps in order; of a draft, neither is stored."""

    routine: Routine
    steps: tuple[RoutineStep, ...]

    @cached_property
    def at(self) -> dict[str, list[RoutineStep]]:
        """The steps of each moment, by the moment's value."""
        return {
            str(moment): list(steps) for moment, steps in groupby(self.steps, attrgetter("moment"))
        }

    @property
    def points(self) -> list[RoutineStep]:
        """What is looked into first, of which the till's checklist has a point each."""
        return [step for moment in RoutineStep.POINTS for step in self.at.get(moment.value, [])]

    @property
    def sections(self) -> list[tuple[str, list[RoutineStep]]]:
        """The moments in words with their steps, in the routine's order."""
        return [(str(moment.label), self.at.get(moment.value, [])) for moment in Moment]

    def lines(self, moment: str) -> list[tuple[str, str]]:
        """Return the steps of a moment in Swedish and in English."""
        return [(step.text, step.text_en) for step in self.at.get(moment, [])]


def in_force(day: date) -> Text:
    """Return the routine as it holds on a local day; one statement.

    The latest version that has begun. It holds after its last day too, until the next one begins:
    an outdated routine is better than none.
    """
    begun = Routine.objects.filter(Q(valid_from__lte=day) | Q(version=FIRST)).order_by("-version")
    return _text(RoutineStep.objects.filter(routine=Subquery(begun.values("version")[:1])))


def of_version(version: int) -> Text:
    """Return one version; one statement. Raises ``Routine.DoesNotExist``."""
    # By its own column: a key beyond the database's integers is then no version's.
    return _text(RoutineStep.objects.filter(routine__version=version))


def latest() -> Text:
    """Return the version that was decided on last, whether it has begun or not; one statement."""
    last = Routine.objects.order_by("-version").values("version")[:1]
    return _text(RoutineStep.objects.filter(routine=Subquery(last)))


def _text(rows: QuerySet[RoutineStep]) -> Text:
    steps = tuple(rows.select_related("routine__recorded_by").order_by("id"))
    if not steps:
        raise Routine.DoesNotExist
    return Text(steps[0].routine, steps)
