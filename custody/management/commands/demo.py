"""``manage.py demo``: a training binder, wards, and one person per role, to try things out."""

import secrets
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit import trail
from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import STAFF_ROLES, Role
from befreg_reserv.people.wards import file
from custody.binder import loading
from custody.checks.deployment import DEMONSTRATION
from custody.models import Binder
from custody.numbers.identities import Sex, training_numbers

WARDS = {
    "Akutkliniken": ["Akutmottagningen", "Akutvårdsavdelning"],
    "Anestesikliniken": ["IVA", "Postop"],
    "Kirurgkliniken": ["Kirurgavdelning 1", "Kirurgavdelning 2"],
    "Kvinnokliniken": ["Förlossning", "BB"],
    "Ögonkliniken": ["Ögonmottagning"],
}
LOGINS = "demo-logins.txt"
OWN_WARD = ("Anestesikliniken", "IVA")
PEOPLE = dict(
    zip(
        DEMONSTRATION,
        (Role.TILL, Role.WARD, Role.ADMINISTRATOR, Role.AUDITOR),
        strict=True,
    )
)


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
        logins = settings.VAR_DIR / LOGINS
        if _is_empty():
            with trail.command("demo"), transaction.atomic():
                passwords = _create()
            _keep(logins, passwords)
            self.stdout.write("A demonstration was laid in (training numbers only). Sign in as:")
            self.stdout.write(logins.read_text(encoding="utf-8"))
        elif not options["if_empty"]:
            raise CommandError("There is data in this database already. Nothing was changed.")
        elif logins.exists():
            self.stdout.write(f"The demonstration's logins are in {logins}.")


def _is_empty() -> bool:
    return not any(model.objects.exists() for model in (User, Ward, Binder))


def _keep(logins: Path, passwords: dict[str, str]) -> None:
    """Write the logins for the next start, readable by their owner alone."""
    logins.parent.mkdir(parents=True, exist_ok=True)
    logins.touch(mode=0o600)
    lines = (f"  {who}  {word}  ({PEOPLE[who].value})\n" for who, word in passwords.items())
    logins.write_text("".join(lines), encoding="utf-8")


def _create() -> dict[str, str]:
    """Create everything and return vgr-id → password."""
    file.load([file.WardRow(clinic, ward) for clinic, wards in WARDS.items() for ward in wards])
    born = date(2000, 1, 1)
    women, men = (training_numbers(born, sex)[:5] for sex in (Sex.WOMAN, Sex.MAN))
    content = "\n".join([*women, *men]).encode()
    loading.load(content, Unattended(timezone.now()), name="Övningspärm", training=True)
    return {username: _person(username, role) for username, role in PEOPLE.items()}


def _person(username: str, role: Role) -> str:
    # No one-time password: the printed login must still work at the next start.
    password = secrets.token_urlsafe(12)
    user = User(username=username, is_staff=role.value in STAFF_ROLES)
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=role.value))
    if role is Role.WARD:
        clinic, ward = OWN_WARD
        Membership.objects.create(user=user, ward=Ward.objects.get(clinic__name=clinic, name=ward))
    return password
