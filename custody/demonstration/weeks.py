"""The demonstration's weeks: a drill last week, half closed; one going on; an outage to come.

Everything is done by the acts that people do it by, at the times when they would have. Drills
alone, since the numbers are training numbers.
"""

from datetime import date, datetime, timedelta
from uuid import uuid4

from django.core.mail import get_connection
from django.utils import timezone

from befreg_reserv import clock
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from custody.calls import taking
from custody.calls.taking import CallDetails, PatientDetails
from custody.demonstration import hospital
from custody.handouts import bedside, closing, notices, read_back
from custody.handouts.bedside import AtBedside
from custody.logged import Logged
from custody.models import Handout
from custody.numbers.identities import Sex, training_numbers
from outage import lifecycle
from outage.models import Outage
from outage.plans import mails, needs, planning

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)
BORN = date(1962, 3, 14)  # the patients of the drill, by their real numbers
GOES_NOWHERE = "django.core.mail.backends.dummy.EmailBackend"
# Which need is stated beforehand; the other wards haven't answered: ward → women, men.
NEEDS = {"Förlossning": (3, 0), "Akutmottagningen": (2, 2)}


def lay_in(now: datetime) -> None:
    """Play last week's drill, begin today's, announce next week's outage. ``now``: aware."""
    _last_week(_at_the_clock(now - WEEK, hour=13))
    _going_on(now)
    _to_come(_at_the_clock(now + WEEK, hour=22), now)


def tell_wards() -> None:
    """Let each ward have its mail about next week's outage. It is written, and goes nowhere.

    Callers hold no transaction: each mail is claimed in one of its own.
    """
    list(mails.send(clock.now, get_connection(GOES_NOWHERE)))


def _at_the_clock(day: datetime, hour: int) -> datetime:
    """Return a full local hour of a day that no change of the clock touches."""
    return timezone.localtime(day).replace(hour=hour, minute=0, second=0, microsecond=0)


def _last_week(begin: datetime) -> None:
    till, ward = hospital.person(Role.TILL), hospital.person(Role.WARD)
    outage, _new = lifecycle.start(Event.now(till, begin), drill=True)
    closed = _given(outage, till, begin + 7 * MINUTE, "IVA", Sex.WOMAN, "Sal 1, säng 3")
    halfway = _given(outage, till, begin + 21 * MINUTE, "IVA", Sex.MAN, "Sal 2, säng 1")
    _given(outage, till, begin + 34 * MINUTE, "IVA", Sex.WOMAN, "Sal 4")
    not_used = _given(outage, till, begin + 52 * MINUTE, "Kirurgavdelning 2", Sex.MAN)
    _given(outage, till, begin + 61 * MINUTE, "Förlossning", Sex.WOMAN, read=False)
    lifecycle.end(outage, Event.now(till, begin + 95 * MINUTE), text="Befreg svarar igen (övning).")
    after = begin + 150 * MINUTE
    woman, man = (training_numbers(BORN, sex)[0] for sex in (Sex.WOMAN, Sex.MAN))
    _replaced(closed, woman, ward, after)
    notices.file_notice(closed.pk, Event.now(ward, after + 6 * MINUTE), reference="ÖVN-1")
    _replaced(halfway, man, ward, after + 20 * MINUTE)
    reason = "Patientens personnummer blev känt innan numret användes."
    closing.void(not_used.pk, Event.now(ward, after + 40 * MINUTE), reason=reason)


def _going_on(now: datetime) -> None:
    till, begin = hospital.person(Role.TILL), now - 12 * MINUTE
    outage, _new = lifecycle.start(Event.now(till, begin), drill=True)
    _given(outage, till, begin + 4 * MINUTE, "Postop", Sex.MAN, "Plats 6")
    _given(outage, till, begin + 9 * MINUTE, "Akutvårdsavdelning", Sex.WOMAN, read=False)


def _to_come(begin: datetime, now: datetime) -> None:
    administrator = Event.now(hospital.person(Role.ADMINISTRATOR), now)
    terms = planning.Terms(begin, begin + timedelta(hours=2), ())
    plan, _new = planning.announce(terms, administrator, drill=False, reason="Uppgradering")
    for name, (women, men) in NEEDS.items():
        needs.state_need(
            plan.pk, hospital.ward(name), administrator, women=women, men=men, registers_late=False
        )


def _given(
    outage: Outage,
    till: User,
    at: datetime,
    ward: str,
    sex: Sex,
    place: str = "",
    *,
    read: bool = True,
) -> Handout:
    """Hand out one number; unless ``read``, nobody has read it back."""
    call = CallDetails(
        patients=(PatientDetails(sex.value, "adult", place),),
        caller="demav",
        ward=hospital.ward(ward),
        callback="2102",
        request_key=uuid4(),
        outage_id=outage.pk,
        begun_at=at - MINUTE / 2,
        drill=True,
    )
    (handout,) = taking.take(call, Event.now(till, at)).row.handouts
    # Or the next call would ask whether the number was lost on its way.
    looked = trail.Action.ACCESS
    trail.record(handout, Logged.NUMBER_SHOWN, actor=till, at=at, action=looked)
    if read:
        whole = handout.number.value
        read_back.confirm_read_back(handout.pk, whole, Event.now(till, at + MINUTE))
    return handout


def _replaced(handout: Handout, number: str, ward: User, at: datetime) -> None:
    found = AtBedside(handout.number.value)
    bedside.register(handout.pk, number, found, Event.now(ward, at), searched=True)
