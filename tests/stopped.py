"""A clock that stands still until it is moved, for Django and its SQLite in this process.

So the times that are recorded are the same in every run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from threading import Thread
from typing import Any
from unittest.mock import patch

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

HOST = "127.0.0.1"


class Clock:
    """Shows ``at``, a time in UTC."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def move(self, **by: float) -> None:
        """Move it on by this timedelta."""
        self.at += timedelta(**by)

    def strftime(self, pattern: str, _now: str, later: str = "+0 seconds") -> str:
        """Return what SQLite's function of this name would, asked for now or some seconds later."""
        at = self.at + timedelta(seconds=float(later.removesuffix(" seconds")))
        return at.strftime(pattern.replace("%f", f"%S.{at.microsecond // 1000:03}"))

    def _connected(self, connection: Any, **_kwargs: Any) -> None:
        connection.connection.create_function("strftime", -1, self.strftime)


class _Kind(type):
    """Lets every datetime count as an instance."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


def _datetime_of(clock: Clock) -> type[datetime]:
    """Return a datetime class whose ``now`` is what ``clock`` shows."""

    class Shown(datetime, metaclass=_Kind):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock.at.astimezone(tz)

    return Shown


@contextmanager
def stopped(at: datetime) -> Iterator[Clock]:
    """Let time stand still at ``at``, for connections that are opened from now on."""
    clock = Clock(at)
    connection_created.connect(clock._connected)
    try:
        # Not ``timezone.now``: columns hold that function as their default.
        with patch("django.utils.timezone.datetime", _datetime_of(clock)):
            yield clock
    finally:
        connection_created.disconnect(clock._connected)


class Quiet(WSGIRequestHandler):
    """Logs no request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  inherited
        """Log nothing."""


@contextmanager
def serving_here() -> Iterator[str]:
    """Serve the application in threads of this process, with its clock; yield the address."""
    server = ThreadedWSGIServer((HOST, 0), Quiet)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
