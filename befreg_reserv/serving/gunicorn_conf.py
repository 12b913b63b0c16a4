"""How gunicorn serves: `make run`, the tests and production alike.

    gunicorn --config python:befreg_reserv.serving.gunicorn_conf --bind …

Options on the command line and in GUNICORN_CMD_ARGS take precedence. Those on which the waits of
``befreg_reserv.waits`` rest are checked at the start.
"""

import gc
import ipaddress
from typing import Any

from befreg_reserv import waits
from befreg_reserv.serving import beside

wsgi_app = "befreg_reserv.wsgi"
# Loaded once, before the workers: no first caller waits for it.
preload_app = True
# The till's, and one for long work.
workers = waits.WORKERS + 1
worker_class = "befreg_reserv.serving.worker.Worker"
threads = waits.THREADS
worker_connections = 400
# No connection is kept after its answer: no form is sent on one that is just being closed.
keepalive = 0
# Seconds after which a worker is replaced if its loop stands still. It ends no request: their own
# waits are shorter.
timeout = waits.WORKER_SECONDS
# Seconds that a stopping server allows for answers under way.
graceful_timeout = waits.GRACE_SECONDS
# Two servers of one system user would share a path in the home folder.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """End a server that was given an option by which people would wait, or lose their answers."""
    given = server.cfg
    if given.settings["worker_class"].get() != worker_class:
        raise SystemExit("--worker-class: idle clients would hold its threads; leave it out.")
    if given.threads > threads:
        raise SystemExit("--threads: they need connections to the database too; set WEB_THREADS.")
    if given.timeout < timeout:  # 0: one that stands still would never be replaced
        raise SystemExit(f"--timeout: write {timeout} or more, as ANSWER_SECONDS demands.")
    if given.graceful_timeout < graceful_timeout:
        raise SystemExit(f"--graceful-timeout: write {graceful_timeout} or more, or leave it out.")


def when_ready(server: Any) -> None:
    """End a server in development that others can reach: its cookies may cross any line."""
    from django.conf import settings  # noqa: PLC0415  set by the application

    if not settings.PRODUCTION and not all(map(_is_here, server.LISTENERS)):
        raise SystemExit("Others can reach this address: set BEFREG_ENV=production to serve them.")


def pre_fork(server: Any, worker: Any) -> None:
    """Say what the new process does.

    Keep the collector from what was loaded: its marks would copy what workers share.
    """
    helping = [getattr(each, "helps", False) for each in server.WORKERS.values()]
    helpers = sum(helping)
    worker.has_helper = server.cfg.workers > 1
    worker.helps = beside.helps_next(helpers, len(helping) - helpers, server.cfg.workers)
    gc.freeze()


def post_fork(_server: Any, worker: Any) -> None:
    """Give the new process a row of its own in the table of /metrics."""
    from befreg_reserv.health import seconds  # noqa: PLC0415  loaded with the application

    seconds.take_row(worker.age)


def _is_here(listener: Any) -> bool:
    """Tell whether only this machine's own programs connect; a Unix socket is for a proxy."""
    name = listener.getsockname()
    return isinstance(name, tuple) and ipaddress.ip_address(name[0]).is_loopback
