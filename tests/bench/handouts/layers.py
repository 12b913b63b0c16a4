"""Where the CPU of a handout goes: a process of its own, on one laid database, without a server.

    python -m tests.bench.handouts.layers 200        # a table of so many handouts, each by layer

Each layer has what its functions used by themselves, without the layers below them. What threads of
the journal used is told apart; the server's own part, from the connection to the call of the
application, isn't in it.
"""

import gc
import io
import logging
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from befreg_reserv.wsgi import application
from tests.bench import tills
from tests.bench.inside import sessions

WARM_UP = 60
PATH = "/till/hand-out/"
# Which functions are a layer; what each uses counts there unless it calls one of another layer.
LAYERS = {
    "connection of the pool, given back": [
        "django.db.backends.base.base:BaseDatabaseWrapper.connect",
        "django.db.backends.base.base:BaseDatabaseWrapper.close",
    ],
    "session": ["django.contrib.sessions.backends.db:SessionStore.load"],
    "person and rights": ["befreg_reserv.people.access:RoleBackend.get_user"],
    "act": ["custody.calls.taking:take"],
    "form": [
        "custody.forms.till:CallForm.__init__",
        "custody.forms.till:CallForm.is_valid",
        "custody.forms.till:CallForm.details",
    ],
    "rows made into objects": ["befreg_reserv.sql.hot:Rows.send"],
    "choice of the number": ["custody.binder.choosing:hardest_to_mishear"],
    "new rows, prepared": ["befreg_reserv.sql.batch:insert"],
    "entries of the log": ["befreg_reserv.audit.trail:entry"],
    "journal, in the request's thread": [
        "custody.journal.departures:latest",
        "custody.journal.departures:_append_steps",
    ],
    "statements sent and read": [
        "django.db.backends.utils:CursorWrapper.execute",
        "django.db.backends.utils:CursorWrapper.executemany",
        "psycopg:Cursor.fetchall",
        "befreg_reserv.postgresql.connection:Connection.wait",
        "django.db.backends.base.base:BaseDatabaseWrapper._commit",
        "django.db.backends.base.base:BaseDatabaseWrapper._set_autocommit",
    ],
}
OUTSIDE = "middlewares, request and answer"
THREADS = "journal, in threads of its own"


class Clock:
    """Counts the CPU of the layer that this thread is in, and of no other."""

    def __init__(self) -> None:
        self.used: dict[str, float] = defaultdict(float)
        self._within, self._since = [OUTSIDE], time.thread_time()

    def _turn(self) -> None:
        now = time.thread_time()
        self.used[self._within[-1]] += now - self._since
        self._since = now

    def layer(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``work``, counted as part of this layer."""

        @wraps(work)
        def counted(*args: Any, **kwargs: Any) -> Any:
            self._turn()
            self._within.append(name)
            try:
                return work(*args, **kwargs)
            finally:
                self._turn()
                self._within.pop()

        return counted

    def put_on(self) -> None:
        """Count the functions of all layers."""
        for name, places in LAYERS.items():
            for place in places:
                module, _, path = place.partition(":")
                *owners, last = path.split(".")
                owner = import_module(module)
                for each in owners:
                    owner = getattr(owner, each)
                found: Any = vars(owner)[last]
                of_property = isinstance(found, property)
                made = self.layer(name, found.fget if of_property else found)
                setattr(owner, last, property(made) if of_property else made)

    def anew(self) -> None:
        """Begin to count."""
        self.used.clear()
        self._since = time.thread_time()


def call(session: str) -> None:
    """Take a call. Raises RuntimeError when the answer is no number's address."""
    form = tills.form() | {"csrfmiddlewaretoken": tills.TOKEN}
    body = urlencode(form).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "HTTP_COOKIE": f"__Host-sessionid={session}; __Host-csrftoken={tills.TOKEN}",
        "HTTP_HOST": tills.HOST,
        "SERVER_NAME": tills.HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": tills.HOST,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    said: list[str] = []
    answer: Any = application(environ, lambda status, _headers, _error=None: said.append(status))
    for _ in answer:
        pass
    answer.close()
    if not said[0].startswith("302"):
        raise RuntimeError(said)


def measure(count: int) -> dict[str, float]:
    """Return how many milliseconds each layer used for one handout."""
    session = sessions(1)[0]
    with Path(os.devnull).open("w") as nowhere:
        for handler in logging.getLogger().handlers:
            handler.setStream(nowhere)  # type: ignore[attr-defined]  # the lines are made all the same
        clock = Clock()
        clock.put_on()
        for _ in range(WARM_UP):
            call(session)
        gc.freeze()
        clock.anew()
        all_threads, own = time.process_time(), time.thread_time()
        for _ in range(count):
            call(session)
        clock._turn()
        others = time.process_time() - all_threads - (time.thread_time() - own)
    return {name: 1000 * used / count for name, used in (*clock.used.items(), (THREADS, others))}


if __name__ == "__main__":
    found = measure(int(sys.argv[1]))
    print("| layer | ms of CPU |\n| --- | ---: |")
    for name, used in sorted(found.items(), key=lambda each: -each[1]):
        print(f"| {name} | {used:.2f} |")
    print(f"| all | {sum(found.values()):.2f} |")
