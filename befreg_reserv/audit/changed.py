"""A mark of all that the log tells of: another once anything was changed."""

from typing import Any

from django.db import connection
from django.db.models import Count, F, Model, OuterRef, QuerySet, Subquery

from befreg_reserv.audit.models import LogEntry

# Changes are counted among the last so many entries, or twice as many. Their keys alone wouldn't
# do: of two transactions, the one that got the lower keys may be the last to commit. SQLite has one
# writer at a time, and there any window would do.
WINDOWS = {"postgresql": 1_000, "sqlite": 8}
WINDOW = WINDOWS[connection.vendor]


def mark(*besides: type[Model]) -> str:
    """Return the mark, in one statement.

    ``besides``: tables that only grow, of which the log doesn't tell. Looks change no mark.
    """
    newest = LogEntry.objects.order_by("-pk").annotate(
        counted=Subquery(_changes_of_window()),
        **{f"last_{model.__name__}": Subquery(_last(model)) for model in besides},
    )
    names = [f"last_{model.__name__}" for model in besides]
    found = newest.values_list("pk", "counted", *names).first()
    if found is None:
        return ""
    last, *counts = found
    return ".".join(str(each or 0) for each in (last // WINDOW, *counts))


def _changes_of_window() -> Any:
    last = OuterRef("pk")
    changes = LogEntry.objects.exclude(action=LogEntry.Action.ACCESS)
    counted = changes.filter(pk__gte=last - last % WINDOW - WINDOW).order_by()
    # All are one group: they agree in a column that is the same for each.
    one_group = counted.annotate(all=F("pk") - F("pk")).values("all")
    return one_group.annotate(n=Count("pk")).values("n")


def _last(model: type[Model]) -> QuerySet[Any, Any]:
    rows: QuerySet[Any] = QuerySet(model)
    return rows.order_by("-pk").values("pk")[:1]
