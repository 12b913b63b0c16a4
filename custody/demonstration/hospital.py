"""The demonstration's hospital: wards, people and training binders."""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from befreg_reserv.acts.event import Event, Unattended
from befreg_reserv.people import demonstration
from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import STAFF_ROLES, Role
from befreg_reserv.people.wards import loading as register
from befreg_reserv.people.wards.file import WardRow
from custody.binder import loading
from custody.models import Binder
from custody.numbers.identities import Sex, training_numbers
from outage.calling import keeping, spans
from outage.models import Contact

WARDS = {
    "Akutkliniken": ["Akutmottagningen", "Akutvårdsavdelning"],
    "Anestesikliniken": ["IVA", "Postop"],
    "Kirurgkliniken": ["Kirurgavdelning 1", "Kirurgavdelning 2"],
    "Kvinnokliniken": ["Förlossning", "BB"],
    "Ögonkliniken": ["Ögonmottagning"],
}
OWN_WARD = ("Anestesikliniken", "IVA")
OF_EACH_SEX = 5
# The one that last week's drill took numbers from, and a full one.
BINDERS = {"Övningspärm (förra)": date(2000, 2, 2), "Övningspärm": date(2000, 1, 1)}
LAID_IN_BEFORE = timedelta(days=30)


def is_empty() -> bool:
    """Tell whether nothing was laid in yet, by hand or by a demonstration."""
    return not any(model.objects.exists() for model in (User, Ward, Binder))


# Telephone numbers that are kept free for stories: nobody has them. Name → purpose, number, hours.
WHOM_TO_CALL = {
    ("Systemadministratören, dagtid", "System administrator, by day"): (
        Contact.Purpose.ADMIN, "031-390 06 01", "07:30–16:30"),
    ("Systemadministratören, jour", "System administrator, on call"): (
        Contact.Purpose.ADMIN, "031-390 06 02", ""),
    ("Chefläkaren", "Chief physician"): (Contact.Purpose.CHIEF, "031-390 06 03", ""),
}  # fmt: skip
WEEKDAYS = range(5)


def lay_in(binders: Mapping[str, date] = BINDERS) -> dict[str, str]:
    """Create wards, binders (name → birth date) and people; return vgr-id → password."""
    rows = [WardRow(clinic, ward) for clinic, wards in WARDS.items() for ward in wards]
    register.load(rows, Unattended(timezone.now()))
    for name, born in binders.items():
        _binder(name, born)
    passwords = {one.vgr_id: _person(one.vgr_id, one.role) for one in demonstration.PEOPLE}
    _whom_to_call()
    return passwords


def _whom_to_call() -> None:
    """Keep whom the routine names and the migration knows no number of."""
    event = Event.now(person(Role.ADMINISTRATOR), timezone.now())
    for position, (names, answers) in enumerate(WHOM_TO_CALL.items(), 1):
        (name, name_en), (purpose, number, hours) = names, answers
        columns = {"name": name, "name_en": name_en, "purpose": purpose, "number": number}
        contact = keeping.add(columns | {"position": position}, event).row
        if hours:
            keeping.keep_hours(contact, dict.fromkeys(WEEKDAYS, spans.read(hours)), event)


def ward(name: str) -> Ward:
    """Return a ward by its own name."""
    return Ward.objects.select_related("clinic").get(name=name)


def person(role: Role) -> User:
    """Return the person of a role."""
    (vgr_id,) = (one.vgr_id for one in demonstration.PEOPLE if one.role == role)
    return User.objects.get(username=vgr_id)


def _binder(name: str, born: date) -> None:
    women, men = (training_numbers(born, sex)[:OF_EACH_SEX] for sex in (Sex.WOMAN, Sex.MAN))
    now = timezone.now()
    loading.load(
        "\n".join([*women, *men]).encode(),
        Unattended(now),
        name=name,
        training=True,
        since=now - LAID_IN_BEFORE,
    )


def _person(username: str, role: Role) -> str:
    # No one-time password: the printed login must still work at the next start.
    password = secrets.token_urlsafe(12)
    user = User(username=username, is_staff=role.value in STAFF_ROLES)
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=role.value))
    if role is Role.WARD:
        clinic, name = OWN_WARD
        Membership.objects.create(user=user, ward=Ward.objects.get(clinic__name=clinic, name=name))
    return password
