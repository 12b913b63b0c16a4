"""Tills at work on servers, while a scenario does something to what is behind them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.judging.history import History, Kind, Verdict, judge
from tests.faults.till import Till, Watcher
from tests.faults.world import Server, World

TILLS = 3
SETTLED_NUMBERS = 2 * TILLS  # each till has had one, so the fault meets warm servers
RESOLVED_SECONDS = 40  # after the last fault; who has no number then will get none
LOOK_SECONDS = 0.02


class Work:
    """The tills of a scenario, and what they have seen so far."""

    def __init__(self, world: World, servers: list[Server], ports: list[int], **how: bool) -> None:
        self.world, self.history = world, History()
        turns = [ports[n % len(ports) :] + ports[: n % len(ports)] for n in range(TILLS)]
        self.tills = [Till(each, world.session, self.history, **how) for each in turns]
        self._watchers = [Watcher(server.port, self.history) for server in servers]

    def begin(self) -> None:
        """Let everybody start, and return once all goes well."""
        for thread in (*self.tills, *self._watchers):
            thread.start()
        self.wait_for_numbers(SETTLED_NUMBERS)

    def wait_for_numbers(self, more: int = 1) -> None:
        """Return when so many more numbers have come, or when they never do."""
        deadline = time.monotonic() + RESOLVED_SECONDS
        enough = self._numbers() + more
        while self._numbers() < enough and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)

    def wait_for_next(self) -> None:
        """Note that a fault ends now, and return when a number has come since."""
        self.history.mark()
        self.wait_for_numbers()

    def end(self) -> None:
        """Let each till end the call that it has, and stop everybody."""
        for till in self.tills:
            till.stop()
        deadline = time.monotonic() + RESOLVED_SECONDS
        for till in self.tills:
            till.join(max(0, deadline - time.monotonic()))
            till.give_up()
        for watcher in self._watchers:
            watcher.stop()

    def verdict(self) -> Verdict:
        """Hold what the tills saw against what the database holds."""
        return judge(self.history, self.world.held())

    def _numbers(self) -> int:
        return sum(one.kind is Kind.NUMBER for one in self.history.tries)


@contextmanager
def at_work(
    world: World, *servers: Server, asked_at: int = 0, same_key: bool = True
) -> Iterator[Work]:
    """Yield tills at work; afterwards each has ended its last call.

    ``asked_at``: a port that leads to the server, if not its own.
    """
    ports = [asked_at] if asked_at else [server.port for server in servers]
    work = Work(world, list(servers), ports, same_key=same_key)
    work.begin()
    try:
        yield work
    finally:
        work.end()
