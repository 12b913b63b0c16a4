"""The million rows, and what is asked of them. Runs inside `manage.py shell`: see audit_log."""

import statistics
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from tests import scenes
from tests.cast import person

ROUNDS = 9
BY_FORM = {"extract"}  # no number stands in its address
SECONDS_APART = 157  # a million rows in five years

# One row for each i. Everybody but the one who left takes turns; the busy one has a third.
SPREAD = """
WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < {rows})
INSERT INTO audit_logentry (object_repr, changes_text, changes, remote_addr, act, number, unit,
    object_pk, object_id, action, cid, timestamp, actor_id, content_type_id, actor_unit, actor_role)
SELECT CAST(i AS text), '', '{{"state": ["handed_out", "replaced"]}}', '10.0.0.1',
    CASE WHEN i % 100003 = 7 THEN 'delete' WHEN i % 5 = 0 THEN 'update' WHEN i % 5 < 4 THEN 'access'
        ELSE 'create' END,
    CASE WHEN i % 4 = 0 THEN '' WHEN i % 1000 < 10
        THEN '20000101' || substr('{tails}', 4 * (i % 10) + 1, 4)
        ELSE '2000' || CAST(10000000 + i / 20 AS text) END,
    CASE WHEN i % 5 = 4 THEN 'Common / Unit'
        WHEN i % 50021 = 3 THEN 'Typed in ' || CAST(i AS text)
        ELSE 'Clinic ' || CAST(i % 80 / 8 AS text) || ' / Ward ' || CAST(i % 80 AS text) END,
    CAST(i AS text), i, 3, '0123456789abcdef0123456789abcdef', {time},
    CASE WHEN i < {rows} / 4 AND i % 3 = 0 THEN {left}
        WHEN i % 3 = 0 THEN {busy} ELSE {first} + i % 150 END,
    {content_type},
    CASE WHEN i < {rows} / 2 THEN '' ELSE 'Clinic ' || CAST(i % 9 AS text) || ' / Ward' END,
    CASE WHEN i < {rows} / 2 THEN '' ELSE 'ward' END
FROM counted
"""
TIMES = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (({rows} - i) * {apart}) || ' seconds')",
    "postgresql": "now() - ({rows} - i) * interval '{apart} seconds'",
}


def fill(rows: int) -> None:
    """Write the people and the rows."""
    person("bench", Role.AUDITOR)
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    left, busy = person("gonee"), person("busyy")
    User.objects.bulk_create(User(username=f"staff{turn}") for turn in range(150))
    statement = SPREAD.format(
        rows=rows,
        tails="".join(scenes.TAILS),
        time=TIMES[connection.vendor].format(rows=rows, apart=SECONDS_APART),
        left=left.pk,
        busy=busy.pk,
        first=User.objects.get(username="staff0").pk,
        content_type=ContentType.objects.get_for_model(User).pk,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE audit_logentry")  # autovacuum would, a minute later


def questions(rows: int) -> dict[str, dict[str, str]]:
    """Return what is asked: name → query."""

    def day(part: float) -> str:
        age = timedelta(seconds=rows * SECONDS_APART * (1 - part))
        return timezone.localdate(timezone.now() - age).isoformat()

    number = f"2000{10000000 + rows // 40}"
    old = {"since": day(0.1), "until": day(0.11)}
    return {
        "nothing": {},
        "number": {"number": number},
        "number, absent": {"number": "20990101K000"},
        "number and act": {"number": number, "act": "update"},
        "person": {"person": "busyy"},
        "person who left long ago": {"person": "gonee"},
        "person, absent": {"person": "bench"},
        "unit": {"unit": "Common / Unit"},
        "unit, absent": {"unit": "Nowhere"},
        "number, its last four": {"number": "K 06 4"},
        "number, a part of five": {"number": "0101K"},
        "number, a part of none": {"number": "Q999"},
        "person, a part of 12": {"person": "aff13"},
        "person, a part of too many": {"person": "staff"},
        "unit, a part of one": {"unit": "ward 17"},
        "unit, a part of eight": {"unit": "CLINIC 3"},
        "unit, a part of too many": {"unit": "war"},
        "unit, a part of none": {"unit": "nowhere"},
        "parts of five numbers, eight units": {"number": "0101K", "unit": "clinic 3"},
        "parts of two numbers, eight units": {"number": "K0", "unit": "clinic 3"},
        "unit, a part; deep": {"unit": "clinic 3", "older": _cursor(part=0.5, rows=rows)},
        "act, common": {"act": "access"},
        "act, rare": {"act": "delete"},
        "act, absent": {"act": "sign_in_failed"},
        "old window": old,
        "old window, person": {**old, "person": "gonee"},
        "new window, person who left": {"since": day(0.9), "person": "gonee"},
        "person and act": {"person": "busyy", "act": "update"},
        "person and unit": {"person": "busyy", "unit": "Common / Unit"},
        "unit and act that never meet": {"unit": "Common / Unit", "act": "update"},
        "person, unit and act": {"person": "busyy", "unit": "Common / Unit", "act": "create"},
        "all, none there": {
            **old,
            "number": number,
            "person": "busyy",
            "unit": "Clinic 0 / Ward 7",
            "act": "delete",
        },
        "deep: a page in the middle": {"older": _cursor(part=0.5, rows=rows)},
        "deep: newer, person who left": {"newer": _cursor(part=0.1, rows=rows), "person": "gonee"},
    }


def answers(rows: int) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the three questions and the extract: name → its page and query."""
    number = f"2000{10000000 + rows // 40}"
    return {
        "who has seen, few entries": ("number", {"number": number}),
        "who has seen, a thousandth": ("number", {"number": "20000101K064"}),
        "who has seen, its last four": ("number", {"number": "K 06 4"}),
        "who has seen, several": ("number", {"number": "0101K"}),
        "who has seen, absent": ("number", {"number": "20990101K000"}),
        "did, a third of all": ("person", {"person": "busyy"}),
        "did, who left long ago": ("person", {"person": "gonee"}),
        "did, absent": ("person", {"person": "bench"}),
        "got, a fifth of all": ("unit", {"unit": "Common / Unit"}),
        "got, a part of one": ("unit", {"unit": "ward 17"}),
        "got, absent": ("unit", {"unit": "Nowhere"}),
        "extract": ("extract", {"number": "20000101K064"}),
        "extract, as PDF": ("extract", {"number": "20000101K064", "as": "pdf"}),
        "who has seen, as a file": ("number/file", {"number": "20000101K064"}),
        "did, as a file": ("person/file", {"person": "busyy"}),
        "got, as a file": ("unit/file", {"unit": "Common / Unit"}),
    }


def _cursor(*, part: float, rows: int) -> str:
    microseconds = int((time.time() - rows * SECONDS_APART * (1 - part)) * 1_000_000)
    return f"{microseconds:x}-1"


def measure(rows: int, *, only_answers: bool = False) -> None:
    """Fill the database that DATABASE_URL names and print a line for each question."""
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    fill(rows)
    print(f"\n{connection.vendor}: {rows:,} rows in {time.perf_counter() - began:.0f} s")
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="bench"))
    asked = answers(rows)
    if not only_answers:
        asked |= {name: ("", query) for name, query in questions(rows).items()}
    for name, (page, query) in asked.items():
        taken = [_seconds(client, page, query) for _round in range(ROUNDS + 1)][1:]
        all_in_all, own = zip(*taken, strict=True)
        print(
            f"  {name:32} median {statistics.median(all_in_all) * 1000:6.0f} ms"
            f"   slowest {max(all_in_all) * 1000:6.0f} ms"
            f"   of this process {statistics.median(own) * 1000:6.0f} ms"
        )


def _seconds(client: Client, page: str, query: dict[str, str]) -> tuple[float, float]:
    """Return how long an answer took, and how much of a processor in this process.

    On SQLite that is all of it, and doesn't depend on what else runs.
    """
    began, processor = time.perf_counter(), time.process_time()
    ask = client.post if page in BY_FORM else client.get
    response: Any = ask(f"/audit/{page}/".replace("//", "/"), query)
    if response.streaming:
        b"".join(response.streaming_content)
    taken = time.perf_counter() - began, time.process_time() - processor
    if response.status_code != 200:
        raise SystemExit(f"{query}: {response.status_code}")
    return taken
