"""``manage.py reconcile --by VGRID``: enter what the journals know and the database doesn't."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv import clock
from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit import trail
from befreg_reserv.people.access import may
from befreg_reserv.people.models import User
from befreg_reserv.times import moment
from custody.binder import restoration
from custody.journal.bounded import Unusable
from custody.journal.lines import recorded
from custody.paper import from_journal
from custody.paper.from_journal import Owed


class Command(BaseCommand):
    """Exits 0 when nothing is owed any more, else 1 with what a person must see to."""

    help = "Show what the journals know and the database doesn't; enter it with one confirmation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who confirms it."""
        parser.add_argument("--by", metavar="VGRID", help="who enters it; without it is only shown")
        parser.add_argument("--yes", action="store_true", help="don't ask")

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Show, ask, enter, and show what is left."""
        try:
            with trail.command("reconcile"):
                self._reconcile(options)
        except Unusable as error:
            raise CommandError(f"journal: {error}") from error

    def _reconcile(self, options: dict[str, Any]) -> None:
        restoration.look(Unattended(clock.now(), trail.by_command()))
        owed = from_journal.owed()
        self._show(owed)
        if owed and options["by"]:
            person = _person(options["by"])
            if not options["yes"]:
                self.stdout.write(f"Enter all of it as {person}, from the journal? Write yes: ")
                if sys.stdin.readline().strip() != "yes":
                    raise CommandError("Nothing was entered.")
            owed = from_journal.enter(person, clock.now())
            for why in owed.left:
                self.stdout.write(f"For a person: {why}")
        if owed:
            raise CommandError(f"Owed: {len(owed.handouts)} handouts, {len(owed.steps)} steps.")
        self.stdout.write("The database has all that the journals know.")

    def _show(self, owed: Owed) -> None:
        for lost in owed.handouts:
            self.stdout.write(
                f"{moment(lost.left_at)} handed out: {lost.number}, {lost.ward}, {lost.caller}"
            )
        for line in owed.steps:
            self.stdout.write(f"{moment(recorded(line))} {line['act']}: {line['number']}")


def _person(vgr_id: str) -> User:
    person = User.objects.filter(username=vgr_id, is_active=True).first()
    if person is None or not may(person, "custody.undo_handout"):
        raise CommandError(f"{vgr_id} is no administrator of this register.")
    return person
