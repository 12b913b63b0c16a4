"""``manage.py demo``: a training binder, wards, and one person per role, to try things out."""

import secrets
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from befreg_reserv.audit import trail
from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards import RegisterRow, load_register
from custody import binder
from custody.identities import training_numbers

WARDS = {
    "Akutkliniken": ["Akutmottagningen", "Akutvårdsavdelning"],
    "Anestesikliniken": ["IVA", "Postop"],
    "Kirurgkliniken": ["Kirurgavdelning 1", "Kirurgavdelning 2"],
    "Kvinnokliniken": ["Förlossning", "BB"],
    "Ögonkliniken": ["Ögonmottagning"],
}
OWN_WARD = ("Anestesikliniken", "IVA")
PEOPLE = {
    "demka": Role.TILL,
    "demav": Role.WARD,
    "demad": Role.ADMINISTRATOR,
    "demgr": Role.AUDITOR,
}


class Command(BaseCommand):
    """Lays in the demonstration and prints the logins. Training numbers only."""

    help = "Lay in a demonstration: training numbers, wards, one person per role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do when there is data already."""
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing, quietly, when there is data"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Lay it in, all or nothing."""
        if User.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("There are people in this database already. Nothing was changed.")
        with trail.command("demo"), transaction.atomic():
            passwords = _lay_in()
        self.stdout.write("A demonstration was laid in (training numbers only). Sign in as:")
        for username, password in passwords.items():
            self.stdout.write(f"  {username}  {password}  ({PEOPLE[username].value})")
        self.stdout.write("These passwords are shown only now.")


def _lay_in() -> dict[str, str]:
    """Create everything and return vgr-id → password."""
    load_register(
        [RegisterRow(clinic, ward, "", "") for clinic, wards in WARDS.items() for ward in wards]
    )
    numbers = training_numbers(date(2000, 1, 1))
    women = [number for number in numbers if number[8] == "K"][:5]
    men = [number for number in numbers if number[8] == "M"][:5]
    binder.load("\n".join([*women, *men]).encode(), name="Övningspärm", training=True)
    return {username: _person(username, role) for username, role in PEOPLE.items()}


def _person(username: str, role: Role) -> str:
    password = secrets.token_urlsafe(12)
    user = User(username=username, is_staff=role is Role.ADMINISTRATOR)
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=role.value))
    if role is Role.WARD:
        clinic, ward = OWN_WARD
        Membership.objects.create(user=user, ward=Ward.objects.get(clinic__name=clinic, name=ward))
    return password
