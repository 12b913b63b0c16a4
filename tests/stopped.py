"""A clock that stands until it is moved: for Django and its SQLite, all in this process.

What is done by it happens at the same minute whenever it is done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
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

    def now(self) -> datetime:
        """Return the time that it shows."""
        return self.at

    def move(self, **by: float) -> None:
        """Move it on by this timedelta."""
        self.at += timedelta(**by)

    def strftime(self, pattern: str, _now: str, later: str = "+0 seconds") -> str:
        """Return what SQLite's function of this name would, asked for now or some seconds later."""
        at = self.at + timedelta(seconds=float(later.removesuffix(" seconds")))
        return at.strftime(pattern.replace("%f", f"%S.{at.microsecond // 1000:03}"))

    def _connected(self, connection: Any, **_kwargs: Any) -> None:
        connection.connection.create_function("strftime", -1, self.strftime)


@contextmanager
def stopped(at: datetime) -> Iterator[Clock]:
    """Let time stand still at ``at``, for connections that are opened from now on."""
    clock = Clock(at)
    connection_created.connect(clock._connected)
    try:
        with patch("django.utils.timezone.now", clock.now):
            yield clock
    finally:
        connection_created.disconnect(clock._connected)


class Quiet(WSGIRequestHandler):
    """Says nothing of what it answers."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  inherited
        """Keep still."""


@contextmanager
def serving_here() -> Iterator[str]:
    """Serve the application by threads of this process, whose clock it has; yield its address."""
    server = ThreadedWSGIServer((HOST, 0), Quiet)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
