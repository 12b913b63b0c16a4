"""``manage.py probe``: try the configured addresses once. For a timer."""

from typing import Any

from django.core.management.base import BaseCommand

from befreg_reserv import clock
from outage.models import Reading
from outage.signals.probe import probe


class Command(BaseCommand):
    """Exits 0 whatever the servers do, and 1 for a fault of ours, such as a lost database."""

    help = "Try Befreg and the other configured addresses once, and store what was seen."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print a line for each reading."""
        readings = probe(clock.now())
        for reading in readings:
            self.stdout.write(_line(reading))
        if not readings:
            self.stdout.write("Nothing to try: PROBE_TARGETS and PROBE_FEED are empty.")


def _line(reading: Reading) -> str:
    status = f" {reading.status}" if reading.status else ""
    detail = f": {reading.detail}" if reading.detail else ""
    return f"{reading.target}: {reading.result}{status} ({reading.milliseconds} ms){detail}"
