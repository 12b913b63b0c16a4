"""The people and places that all tests share."""

from dataclasses import dataclass

from auditlog.context import disable_auditlog
from django.contrib.auth.models import Group

from befreg_reserv.people.models import Clinic, Membership, User, Ward
from befreg_reserv.people.roles import STAFF_ROLES, Role


@dataclass(frozen=True)
class Cast:
    """Who plays. Each has one role; two wards, so that one can be the other's stranger."""

    iva: Ward
    eye: Ward
    tilda: User  # till
    wilma: User  # ward: IVA
    vidar: User  # ward: the eye clinic, a stranger to IVA
    adele: User  # administrator
    gunde: User  # auditor
    noone: User  # signed in, without a role


def person(vgr_id: str, role: Role | None = None, *wards: Ward) -> User:
    """Return a new person without a usable password: tests sign in by session."""
    user = User(username=vgr_id, is_staff=role in STAFF_ROLES)
    user.set_unusable_password()
    user.save()
    if role:
        user.groups.add(Group.objects.get(name=role.value))
    for ward in wards:
        Membership.objects.create(user=user, ward=ward)
    return user


def ward(clinic: str, name: str) -> Ward:
    """Return a new ward of a clinic, made too unless it exists."""
    home = Clinic.objects.filter(name=clinic).first() or Clinic.objects.create(name=clinic)
    return Ward.objects.create(clinic=home, name=name)


def assemble() -> Cast:
    """Create the whole cast."""
    with disable_auditlog():  # every test begins here: nobody reviews how the cast was hired
        return _hire()


def _hire() -> Cast:
    iva = ward("Anestesikliniken", "IVA")
    eye = ward("Ögonkliniken", "Ögonmottagning")
    return Cast(
        iva=iva,
        eye=eye,
        tilda=person("tilda", Role.TILL),
        wilma=person("wilma", Role.WARD, iva),
        vidar=person("vidar", Role.WARD, eye),
        adele=person("adele", Role.ADMINISTRATOR),
        gunde=person("gunde", Role.AUDITOR),
        noone=person("noone"),
    )
