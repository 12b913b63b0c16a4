"""Why an act on an outage was refused: what happened, and what to do next."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import ReasonMissing, Refused
from outage.models import Outage


class PlanCancelled(Refused):
    """The planned outage was cancelled."""

    title = _("The planned outage is cancelled")
    advice = _(
        "Nothing was changed. If Befreg is down all the same, start an unplanned outage; if the"
        " plan is taken up again, announce it anew."
    )


class PlanStarted(Refused):
    """The planned outage has begun."""

    title = _("The planned outage has begun")
    advice = _(
        "Nothing was changed. Its planned end can be moved, and it is ended on the outage's page."
    )


class PlanChangedMeanwhile(Refused):
    """Somebody else changed the plan after its check page was shown."""

    title = _("Somebody has changed the plan meanwhile")
    advice = _("Nothing was changed. Check it again: the page shows what the plan says now.")
    field = "planned_start"


class PlanNotStarted(Refused):
    """The end alone can be moved only when the planned outage has begun."""

    title = _("The planned outage hasn't begun")
    advice = _("Nothing was changed. Change the plan instead.")


class PlanOver(Refused):
    """The planned outage has begun and ended."""

    title = _("The planned outage is over")
    advice = _("Nothing was changed. What was learned later can be noted on the outage's page.")


class BadWindow(Refused):
    """Times that are out of order, over already, or so far away that they were mistyped."""

    title = _("The times can't be right")
    field = "planned_end"


class NotPast(BadWindow):
    """An outage entered afterwards that isn't over, or ends before it begins."""

    advice = _("It must have ended by now, and not before it began.")
    field = "ended_at"


class TooLongAgo(BadWindow):
    """An outage entered afterwards began so long ago that the year must be wrong."""

    advice = _("It lies more than two years back. Check the year.")
    field = "started_at"


class NoLongerInDoubt(Refused):
    """A tick that came after ``outage`` had been started."""

    def __init__(self, outage: Outage) -> None:
        self.outage = outage
        super().__init__(about=outage)


class PlanReasonMissing(ReasonMissing):
    """An announcement, a change or a cancellation without a reason."""

    advice = _("Write why, in a few words. Everybody concerned reads it.")


class NotConcerned(Refused):
    """A need of a ward that the plan leaves out."""

    title = _("The ward isn't concerned")
    advice = _("Nothing was written. The planned outage doesn't concern this ward any more.")


class BadNeed(Refused):
    """A ward asks for more numbers than ``needs.MOST``, or for fewer than 0."""

    title = _("The numbers can't be right")


class RoutineChanged(Refused):
    """Somebody else has decided on a version after the one that a draft began from."""

    title = _("Somebody else has decided on a new version meanwhile")
    advice = _(
        "Nothing was stored. Read their version, and begin yours from it: yours would undo theirs."
    )


class RoutineNotWhole(Refused):
    """A version that leaves a moment of the routine out."""

    title = _("The routine isn't whole")
    field = "shown"
