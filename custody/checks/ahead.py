"""Times that lie ahead of the database's clock: a wrong clock wrote them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import DateTimeField, Model, QuerySet

from befreg_reserv import clock

OUR_APPS = ("befreg_reserv", "custody", "outage")
# Times that may lie ahead: a plan's window, when a session ends, what the IT news state.
MAY_LIE_AHEAD = {"planned_start", "planned_end", "expire_date", "published_at"}


def no_time_lies_ahead() -> Iterator[str]:
    """Yield them in words, from every table of ours.

    The columns are found through the models, so new ones are included.
    """
    latest = clock.database_now() + clock.TOLERANCE
    for model in _with_a_time_after(latest):
        for field in _times(model):
            rows: QuerySet[Model] = QuerySet(model)
            ahead = rows.filter(**{f"{field.name}__gt": latest}).order_by("pk")
            for pk, at in ahead.values_list("pk", field.name).iterator():
                what = f"{model._meta.model_name} {pk}: {field.name}"
                yield f"{what} lies ahead, {at:%Y-%m-%d %H:%M} UTC"


def _with_a_time_after(latest: datetime) -> list[type[Model]]:
    """Return the models with such rows. One statement asks all tables, and reads each once."""
    quoted = connection.ops.quote_name
    models = [model for model in _ours() if _times(model)]
    asked, times = [], list[Any]()
    for place, model in enumerate(models):
        later = " OR ".join(f"{quoted(field.column)} > %s" for field in _times(model))
        rows = f"SELECT 1 FROM {quoted(model._meta.db_table)} WHERE {later}"  # noqa: S608
        asked.append(f"SELECT {place} WHERE EXISTS ({rows})")
        times += [connection.ops.adapt_datetimefield_value(latest)] * later.count("%s")
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked), times)
        return [models[place] for (place,) in sorted(cursor.fetchall())]


def _ours() -> Iterator[type[Model]]:
    for app in apps.get_app_configs():
        if app.name.split(".")[0] in OUR_APPS:
            yield from app.get_models()


def _times(model: type[Model]) -> list[Any]:
    """Return the fields that hold the time of something past."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, DateTimeField) and field.name not in MAY_LIE_AHEAD
    ]
