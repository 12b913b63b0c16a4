"""What a till waits for on a slow line, and on an old computer, as a table."""

import json
from collections.abc import Iterator, Mapping
from statistics import median

from tests.faults.world import World, run

# nginx stands before the server, and says who asks.
BEHIND_A_PROXY = {"TRUSTED_PROXIES": "127.0.0.1"}
NAMES = {"slow": "1 Mbit/s, 300 ms, 1 % lost", "old": "no line, processor four times slower"}


def lines(world: World, production: Mapping[str, str], calls: int) -> Iterator[str]:
    """Yield the lines of the table, after so many calls on each."""
    environment = {**production, **BEHIND_A_PROXY}
    server = world.server("slow", **environment)
    words = ("-m", "tests.bench.slow.till", str(server.port), str(calls))
    found = json.loads(run(*words, environment=world.environment(**environment)).splitlines()[-1])
    yield "| milliseconds until it is painted | where | median | worst | of |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for kind, name in NAMES.items():
        for what, times in found[kind]["waited"].items():
            yield f"| {what} | {name} | {median(times):.0f} | {max(times):.0f} | {len(times)} |"
    cost = found["slow"]["cold"]
    yield f"\nThe first page of all: {cost['requests']} requests, {cost['bytes'] / 1000:.1f} kB."
