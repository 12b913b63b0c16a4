"""What the binder leaves to do: sheets that are missing or too many, counts, a refill."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.people.roles import Role
from befreg_reserv.to_do.installation import Step
from befreg_reserv.to_do.waiting import MOST, Asked, Waiting
from custody.binder import contents, quarantine
from custody.counts import schedule, settle
from custody.forms.binder import ExplainForm
from custody.models import Binder

OWNER = Role.ADMINISTRATOR.label


def missing(asked: Asked) -> Iterator[Waiting]:
    """Yield the missing sheets that nobody has explained, the oldest first."""
    for row in quarantine.unexplained(training=asked.drill):
        yield Waiting(
            _("Lost handout") if row.restoration_id else _("Sheet missing"),
            OWNER,
            since=row.found_at,
            color="none",
            piece="custody/to_do/missing.html",
            about=row,
            form=ExplainForm,
            ids=f"explain_{row.pk}_%s",
            shown=row,
        )


def surplus(asked: Asked) -> Iterator[Waiting]:
    """Yield the sheets that lay in a binder though their numbers were handed out."""
    for line in settle.waiting().filter(number__training=asked.drill)[: MOST + 1]:
        yield Waiting(
            _("Sheet too many"),
            OWNER,
            since=line.count.at,
            piece="custody/to_do/surplus.html",
            about=line,
            shown=line,
        )


def foreign(asked: Asked) -> Iterator[Waiting]:
    """Yield the sheets that lay in a binder and aren't its own."""
    waiting = settle.foreign_waiting().filter(count__binder__training=asked.drill)
    for sheet in waiting[: MOST + 1]:
        yield Waiting(
            _("Doesn't belong there"),
            OWNER,
            since=sheet.count.at,
            piece="custody/to_do/foreign.html",
            about=sheet,
            shown=sheet,
        )


def refill(asked: Asked) -> Iterator[Waiting]:
    """Yield that a sex has one number left, or none."""
    stock = contents.stock(training=False)
    if stock.low:
        yield Waiting(
            _("Refill"),
            OWNER,
            piece="custody/to_do/refill.html",
            about=stock,
            step="binder:load",
        )


def counts(asked: Asked) -> Iterator[Waiting]:
    """Yield the binders that are to be counted."""
    for due in schedule.due(asked.now):
        if due.binder.training == asked.drill:
            since = due.restored_at or due.ended_at or due.last
            yield Waiting(
                _("Count"), OWNER, since=since, piece="custody/to_do/count.html", about=due
            )


def binder_is_filled() -> bool:
    """Tell whether numbers were ever laid into a binder for reality."""
    return Binder.objects.filter(training=False, numbers__isnull=False).exists()


STEPS = (
    Step(
        50,
        gettext_lazy("Lay numbers into the binder"),
        gettext_lazy("Without them the till has nothing to hand out."),
        "binder:load",
        "custody.load_binder",
        binder_is_filled,
    ),
)
