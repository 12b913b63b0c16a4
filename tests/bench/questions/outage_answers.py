"""The outage with its handouts, and what is asked of it. Runs inside `manage.py shell`."""

import statistics
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from befreg_reserv.people.models import User, Ward
from tests import scenes
from tests.cast import assemble, ward
from tests.custody.afterwards.aftermath import crowd

ROUNDS = 7
WARDS = 80
PAGES = {
    "story, latest": ("adele", ""),
    "story, in the middle": ("adele", "?page=150"),
    "story of a ward": ("wilma", ""),
    "report": ("adele", "report/"),
    "PDF": ("adele", "report.pdf"),
    "CSV": ("adele", "rows.csv"),
    "sign-off": ("adele", "sign-off/"),
}


def measure(handouts: int) -> None:
    """Fill the database that DATABASE_URL names and print a line for each page."""
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    call_command("migrate", verbosity=0)
    cast = assemble()
    outage = scenes.begin(cast.tilda)
    wards: list[Ward] = [cast.iva, cast.eye]
    wards += [ward("Clinic", f"Ward {number}") for number in range(WARDS - len(wards))]
    crowd(cast, outage, handouts, wards)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # autovacuum would, a minute later
    print(f"\n{connection.vendor}: {outage.handouts.count():,} handouts")
    for name, (who, page) in PAGES.items():
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username=who))
        answers = [_ask(client, f"{outage.get_absolute_url()}{page}") for _ in range(ROUNDS + 1)]
        taken = [seconds for seconds, _size in answers[1:]]
        print(
            f"  {name:22} median {statistics.median(taken) * 1000:6.0f} ms"
            f"   slowest {max(taken) * 1000:6.0f} ms   {answers[-1][1] / 1000:6.0f} kB"
        )


def _ask(client: Client, url: str) -> tuple[float, int]:
    """Return how long a page took, to its last byte, and how long it is."""
    began = time.perf_counter()
    response: Any = client.get(url)
    content = b"".join(response)
    taken = time.perf_counter() - began
    if response.status_code != 200:
        raise SystemExit(f"{url}: {response.status_code}")
    return taken, len(content)
