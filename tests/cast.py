"""The people and places that all tests share."""

from dataclasses import dataclass

from auditlog.context import disable_auditlog
from django.contrib.auth.models import Group
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Clinic, Membership, User, Ward
from befreg_reserv.people.roles import STAFF_ROLES, Role
from befreg_reserv.people.staff import keeping


@dataclass(frozen=True)
class Cast:
    """The people, each with one role at most, and two wards, so that each has a stranger."""

    iva: Ward
    eye: Ward
    tilda: User  # till
    wilma: User  # ward: IVA
    vidar: User  # ward: the eye clinic, a stranger to IVA
    adele: User  # administrator
    gunde: User  # auditor
    noone: User  # signed in, without a role


ROLES = {
    "tilda": Role.TILL,
    "wilma": Role.WARD,
    "vidar": Role.WARD,
    "adele": Role.ADMINISTRATOR,
    "gunde": Role.AUDITOR,
    "noone": None,
}


def _new(vgr_id: str, role: Role | None) -> User:
    user = User(username=vgr_id, is_staff=role in STAFF_ROLES)
    user.set_unusable_password()
    return user


def person(vgr_id: str, role: Role | None = None, *wards: Ward) -> User:
    """Return a new person without a usable password: tests sign in by session."""
    user = _new(vgr_id, role)
    user.save()
    if role:
        user.groups.add(Group.objects.get(name=role.value))
    for ward in wards:
        Membership.objects.create(user=user, ward=ward)
    return user


def gone(cast: Cast, vgr_id: str) -> User:
    """Return somebody of the till who has left."""
    user = person(vgr_id, Role.TILL)
    keeping.deactivate([user.pk], Event.now(cast.adele, timezone.now()))
    return User.objects.get(pk=user.pk)


def ward(clinic: str, name: str) -> Ward:
    """Return a new ward; its clinic is created unless it exists."""
    home = Clinic.objects.filter(name=clinic).first() or Clinic.objects.create(name=clinic)
    return Ward.objects.create(clinic=home, name=name)


def assemble() -> Cast:
    """Create the whole cast."""
    with disable_auditlog():  # nearly every test begins here, and none reads these entries
        return _hire()


def _hire() -> Cast:
    """Insert table by table: this runs before nearly every test."""
    iva, eye = ward("Anestesikliniken", "IVA"), ward("Ögonkliniken", "Ögonmottagning")
    people = {name: _new(name, role) for name, role in ROLES.items()}
    User.objects.bulk_create(people.values())
    groups = {group.name: group for group in Group.objects.all()}
    User.groups.through.objects.bulk_create(
        User.groups.through(user=people[name], group=groups[role.value])
        for name, role in ROLES.items()
        if role
    )
    Membership.objects.bulk_create(
        [Membership(user=people["wilma"], ward=iva), Membership(user=people["vidar"], ward=eye)]
    )
    return Cast(iva=iva, eye=eye, **people)
