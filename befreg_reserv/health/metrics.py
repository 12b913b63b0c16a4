"""What Prometheus reads from /metrics."""

from collections.abc import Callable, Iterable, Iterator

import psycopg
from django.conf import settings
from django.db import Error
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from befreg_reserv.health import seconds

FAULTS = (Error, psycopg.Error)  # the pool's own errors are psycopg's

Collect = Callable[[], Iterable[Metric]]
_registered: list[Collect] = []


def register(collect: Collect) -> None:
    """Let ``/metrics`` show what ``collect`` returns at each call. Apps call this in ``ready``.

    It may ask the database, in few statements, and writes nothing there.
    """
    _registered.append(collect)


def may_read(request: HttpRequest) -> bool:
    """Tell whether the request carries METRICS_TOKEN. Without that setting nobody may."""
    said = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    return bool(token) and constant_time_compare(said, f"Bearer {token}")


def page() -> bytes:
    """Return all figures as text. Those of the database are missing while it gives no answer."""
    registry = CollectorRegistry()
    registry.register(_All())
    return generate_latest(registry)


class _All:
    def collect(self) -> Iterator[Metric]:
        yield seconds.family()
        try:
            found = [metric for collect in _registered for metric in collect()]
        except FAULTS:
            found = []
            up = 0
        else:
            up = 1
        yield GaugeMetricFamily("befreg_database_up", "1 if the database answers.", value=up)
        yield from found
