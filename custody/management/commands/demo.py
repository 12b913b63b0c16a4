"""``manage.py demo``: a hospital with a drill behind it and an outage before it, to try out."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.people import demonstration
from custody.demonstration import hospital, weeks


class Command(BaseCommand):
    """Creates the demonstration and prints the logins. Training numbers only."""

    help = "Lay in a demonstration: training numbers, wards, one person per role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--if-empty``."""
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing, quietly, when there is data"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create it, all or nothing; with ``--if-empty`` and data, print where the logins are."""
        if settings.PRODUCTION:
            raise CommandError("No demonstration in production.")
        logins = demonstration.logins()
        if hospital.is_empty():
            with trail.command("demo"), transaction.atomic():
                passwords = hospital.lay_in()
                weeks.lay_in(timezone.now())
            _keep(passwords)
            with trail.command("demo"):
                weeks.tell_wards()
            self.stdout.write("A demonstration was laid in (training numbers only). Sign in as:")
            self.stdout.write(logins.read_text(encoding="utf-8"))
        elif not options["if_empty"]:
            raise CommandError("There is data in this database already. Nothing was changed.")
        elif logins.exists():
            self.stdout.write(f"The demonstration's logins are in {logins}.")


def _keep(passwords: dict[str, str]) -> None:
    """Write the logins for the next start, readable by their owner alone."""
    logins = demonstration.logins()
    logins.parent.mkdir(parents=True, exist_ok=True)
    logins.touch(mode=0o600)
    lines = (
        f"  {one.vgr_id}  {passwords[one.vgr_id]}  ({one.role.value})\n"
        for one in demonstration.PEOPLE
    )
    logins.write_text("".join(lines), encoding="utf-8")
