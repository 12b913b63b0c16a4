"""What is looked at once a database was restored or moved."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

UPGRADE = (
    "It is of an older version: run `manage.py migrate` and start a server, which sets aside what"
    " the journal knows besides. Then run `manage.py check_custody`."
)


@dataclass(frozen=True)
class Verdict:
    """``news``: what people must know; ``faults``: what isn't right."""

    news: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


Look = Callable[[], Verdict]
_registered: list[Look] = []


def register(look: Look) -> None:
    """Let a restore and a move look at this too. Apps call this in ``ready``."""
    _registered.append(look)


def look() -> Verdict:
    """Look at the database, unless it has to be upgraded first: then say so."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return Verdict(news=[UPGRADE])
    found = Verdict()
    for each in _registered:
        seen = each()
        found.news.extend(seen.news)
        found.faults.extend(seen.faults)
    return found
