"""``manage.py add_staff VGRID --role ROLE [--ward "Clinic/Ward" …] --password-stdin``."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from befreg_reserv.people import vgr_id
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.staff import keeping
from befreg_reserv.people.staff.keeping import NewPerson
from befreg_reserv.people.wards.register import Ambiguous, find


class Command(BaseCommand):
    """Adds a person with role and wards. A known vgr-id is refused, never changed."""

    help = (
        "Add a member of staff. The one-time password is read from standard input; the person"
        " chooses another at the first sign-in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who, as what, and where."""
        parser.add_argument("vgrid", metavar="VGRID")
        parser.add_argument("--role", action="append", required=True, choices=Role.values)
        parser.add_argument("--ward", action="append", default=[], metavar="CLINIC/WARD")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            required=True,
            help="on the command line a password would be seen by everyone on the machine",
        )

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Add the person; CommandError says what is wrong."""
        username = vgr_id.normalise(options["vgrid"])
        wards = [self._ward(label) for label in options["ward"]]
        password = sys.stdin.readline().rstrip("\r\n")
        with trail.command("add_staff"):
            user = _add(username, password, options["role"], wards)
        if vgr_id.looks_odd(username):
            self.stderr.write(f"Note: {username} doesn't look like a vgr-id. Added all the same.")
        self.stdout.write(f"Added {user.username}: {', '.join(options['role'])}.")
        self.stdout.write(
            "The password is for the first sign-in only, within"
            f" {settings.ONE_TIME_PASSWORD_HOURS} hours: it must be changed there."
        )

    def _ward(self, label: str) -> Ward:
        try:
            ward = find(label)
        except Ambiguous as several:
            raise CommandError(f"Which one of: {several}?") from several
        if ward is None:
            raise CommandError(f"No ward “{label}”. Write Clinic/Ward as in the ward file.")
        return ward


def _add(username: str, password: str, roles: list[str], wards: list[Ward]) -> User:
    try:
        user = User(username=username)
        user.clean_fields(exclude=["password"])
        validate_password(password, user)
        new = NewPerson(username, frozenset(map(Role, roles)), tuple(wards))
        event = Unattended(timezone.now(), trail.by_command())
        return keeping.add(new, event, password=password).row
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    except Refused as refused:
        raise CommandError(str(refused.advice)) from refused
