"""``manage.py check_custody``: verify what SQL constraints can't say."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from custody.checks.consistency import CHECKS, findings


class Command(BaseCommand):
    """Exits 0 when all is well, else 1 with every offending row named."""

    help = "Verify custody's consistency. Exit 1 names every offending row."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print the findings."""
        found = 0
        for found, line in enumerate(findings(), start=1):  # noqa: B007  the count is used below
            self.stdout.write(line)
        if found:
            self.stderr.write(f"{found} findings.")
            sys.exit(1)
        self.stdout.write(f"All well: {len(CHECKS)} checks.")
