"""The demonstration's hospital: wards, people and training binders."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from befreg_reserv.acts.event import Event, Unattended
from befreg_reserv.people import demonstration
from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import STAFF_ROLES, Role
from befreg_reserv.people.wards import loading as register
from befreg_reserv.people.wards.file import WardRow
from befreg_reserv.text import words
from custody.binder import loading
from custody.models import Binder
from custody.numbers.identities import Sex, training_numbers
from outage.calling import keeping, spans
from outage.models import Contact, Routine, RoutineStep
from outage.routine import text
from outage.routine.keeping import decide
from outage.routine.text import Text

WARDS = {
    "Akutkliniken": ["Akutmottagningen", "Akutvårdsavdelning"],
    "Anestesikliniken": ["IVA", "Postop"],
    "Kirurgkliniken": ["Kirurgavdelning 1", "Kirurgavdelning 2"],
    "Kvinnokliniken": ["Förlossning", "BB"],
    "Ögonkliniken": ["Ögonmottagning"],
}
OWN_WARD = ("Anestesikliniken", "IVA")
# One person for all wards of a clinic. None of them can sign in: nobody has their passwords.
COLLEAGUES = {
    "Akutkliniken": "demak",
    "Anestesikliniken": "deman",
    "Kirurgkliniken": "demki",
    "Kvinnokliniken": "demkv",
    "Ögonkliniken": "demog",
}
NEWCOMER = "demny"  # whom the administrator has to give a ward
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
    register.load(list(_wards()), Unattended(timezone.now()))
    for name, born in binders.items():
        _binder(name, born)
    passwords = {one.vgr_id: _person(one.vgr_id, one.role) for one in demonstration.PEOPLE}
    _colleagues()
    administrator = Event.now(person(Role.ADMINISTRATOR), timezone.now())
    _whom_to_call(administrator)
    _decide_on_the_routine(administrator)
    return passwords


def _wards() -> Iterator[WardRow]:
    """Yield the wards, each with a telephone and an address that nobody has."""
    places = ((clinic, name) for clinic, wards in WARDS.items() for name in wards)
    for number, (clinic, name) in enumerate(places, 11):
        mailbox = "-".join(words(name))
        said = {"telephone": f"031-390 06 {number}", "email": f"{mailbox}@befreg.example"}
        yield WardRow(clinic, name, said)


def _colleagues() -> None:
    for clinic, vgr_id in COLLEAGUES.items():
        belongs_to = Ward.objects.filter(clinic__name=clinic)
        user = _user(vgr_id, Role.WARD)
        Membership.objects.bulk_create(Membership(user=user, ward=ward) for ward in belongs_to)
    _user(NEWCOMER, Role.WARD)


def _decide_on_the_routine(event: Event) -> None:
    """Let the hospital have decided on the routine as it came with the installation."""
    came = text.latest()
    today = timezone.localdate(event.recorded_at)
    row = Routine(
        version=came.routine.version + 1,
        responsible="Systemadministratören",
        decided_by="Chefläkaren",
        valid_from=today,
        valid_until=today + timedelta(days=365),
    )
    steps = (
        RoutineStep(
            routine=row,
            moment=step.moment,
            position=step.position,
            text=step.text,
            text_en=step.text_en,
        )
        for step in came.steps
    )
    decide(Text(row, tuple(steps)), event)


def _whom_to_call(event: Event) -> None:
    """Keep whom the routine names and the migration knows no number of."""
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
    user = _user(username, role, password)
    if role is Role.WARD:
        clinic, name = OWN_WARD
        Membership.objects.create(user=user, ward=Ward.objects.get(clinic__name=clinic, name=name))
    return password


def _user(username: str, role: Role, password: str | None = None) -> User:
    """Create a person; one without a password can't sign in."""
    user = User(username=username, is_staff=role.value in STAFF_ROLES)
    user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=role.value))
    return user
