"""Situations that tests begin from: a binder, an outage, a handout."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.event import Event, Unattended
from befreg_reserv.audit import trail
from befreg_reserv.people.models import User, Ward, Workstation
from befreg_reserv.people.workstations import keeping as workstations
from befreg_reserv.people.workstations.keeping import NewWorkstation
from custody.binder import loading
from custody.calls import taking, waiting
from custody.calls.taking import CallDetails, PatientDetails
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import bedside, notices
from custody.handouts.bedside import AtBedside
from custody.handouts.refusals import NoneLeft
from custody.logged import Logged
from custody.models import Binder, Call, Count, CountLine, Handout, LateRegistration, Patient
from custody.numbers.identities import check_digit, other_sex
from custody.paper import one_line
from custody.paper.one_line import Entry
from custody.planned import late_registration, prepared
from outage import lifecycle
from outage.models import Outage, Plan
from outage.plans import planning
from tests.cast import Cast

TAILS = ["K064", "K080", "K106", "K122", "K148", "M078", "M094", "M110", "M136", "M151"]
TRAINING_TAILS = ["K007", "K015", "K023", "K031", "K049", "M003", "M011", "M029"]
# These may exist in reality, so they are for tests alone.
REAL = [f"20000101{tail}" for tail in TAILS]
TRAINING = [f"20000101{tail}" for tail in TRAINING_TAILS]
REAL_WOMAN = "19450829K088"
REAL_WOMAN_2 = "20210325K069"
REAL_MAN = "19810829M071"
TRAINING_WOMAN = "19450829K005"
# Above every handout's key: the till has said that all earlier numbers are other patients'.
ANOTHER_PATIENT = 2**63 - 1
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def lay_in(
    name: str,
    numbers: list[str],
    *,
    training: bool,
    at: datetime = LONG_AGO,
    since: datetime | None = None,
) -> Binder:
    """Load a binder."""
    file = "\n".join(numbers).encode()
    return loading.load(file, Unattended(at), name=name, training=training, since=since).row


def begin(by: User, *, drill: bool = False, ago: timedelta = timedelta(hours=1)) -> Outage:
    """Start an outage some time ago."""
    outage, _new = lifecycle.start(Event.now(by, timezone.now() - ago), drill=drill)
    return outage


def planned(
    cast: Cast, *, drill: bool = False, wards: Collection[Ward] = (), ahead: int = 1
) -> Plan:
    """Announce a planned outage of two hours, ``ahead`` days from now; for every ward."""
    start = timezone.now() + timedelta(days=ahead)
    terms = planning.Terms(start, start + timedelta(hours=2), wards)
    plan, _new = planning.announce(
        terms, Event.now(cast.adele, timezone.now()), drill=drill, reason="upgrade"
    )
    return plan


def call(
    cast: Cast, *, sex: str = "K", called_at: datetime | None = None, **changes: Any
) -> CallDetails:
    """Return a call from IVA for a woman; for several patients with ``sex`` as "KKM"."""
    fields: dict[str, Any] = {
        "patients": tuple(PatientDetails(letter) for letter in sex),
        "begun_at": called_at,
        "caller": "wilma",
        "ward": cast.iva,
        "callback": "2102",
        "request_key": uuid4(),
        "other_than": ANOTHER_PATIENT,
        "drill": Outage.objects.filter(pk=changes.get("outage_id") or 0, drill=True).exists(),
    }
    return CallDetails(**(fields | changes))


def now(user: User) -> Event:
    """Return an event that happens and is recorded now."""
    return Event.now(user, timezone.now())


def enrolled(cast: Cast, name: str = "Kassa 1", **more: str) -> Workstation:
    """Return a computer of the till that the administrator has enrolled."""
    new = NewWorkstation(name, "Akuten", uuid4(), **more)
    return workstations.enrol(new, now(cast.adele)).row


def hand_out(details: CallDetails, event: Event) -> Handout:
    """Take a call of one patient and return the handout. Raises NoneLeft if the patient waits."""
    taken = taking.take(details, event).row
    if not taken.handouts:
        raise NoneLeft(taken.call.patients.get(), taken.call.outage or Outage())
    return taken.handouts[0]


def handed_out(cast: Cast, other_sex_reason: str = "", **changes: Any) -> Handout:
    """Hand out one number to IVA. A binder and an outage must be there.

    ``other_sex_reason``: why a number of the other sex will do, if there is none of the own.
    """
    try:
        return hand_out(call(cast, **changes), now(cast.tilda))
    except NoneLeft as none:
        if not other_sex_reason:
            raise
        sex = other_sex(none.sex)
        patient = none.call.patients.get()
        answer = waiting.serve(
            patient.pk, now(cast.tilda), sex=sex, other_sex_reason=other_sex_reason
        )
        return answer.row


def replaced(
    handout_id: int, text: str, event: Event, no_wristband: str = "", **answers: Any
) -> Done[Handout]:
    """Register a real number as a ward does: Befreg was searched, and the wristband read.

    ``no_wristband``: why it couldn't be.
    """
    number = Handout.objects.values_list("number__value", flat=True).get(pk=handout_id)
    found = AtBedside("" if no_wristband else number, no_wristband=no_wristband)
    return bedside.register(handout_id, text, found, event, **{"searched": True, **answers})


def who_waits() -> list[Patient]:
    """Return the patients who wait for a number."""
    return [*waiting.queue(drill=False), *waiting.queue(drill=True)]


def nobody_waits(cast: Cast) -> None:
    """Withdraw all who wait: a number that is laid in is theirs first."""
    for patient in who_waits():
        waiting.withdraw(patient.pk, now(cast.tilda), reason="died")


def patients_of(*calls: Call) -> list[Patient]:
    """Write calls straight into the tables, each with a woman who got a number."""
    Call.objects.bulk_create(calls)
    return Patient.objects.bulk_create(
        Patient(
            call=row, position=1, sex="K", state="served", ended_at=row.taken_at, ended_by="tilda"
        )
        for row in calls
    )


def shown(handout: Handout) -> Handout:
    """Log that the till was shown the number's page, as it is unless the answer is lost."""
    by, looked = handout.recorded_by, trail.Action.ACCESS
    trail.record(handout, Logged.NUMBER_SHOWN, actor=by, at=timezone.now(), action=looked)
    return handout


def on_paper(cast: Cast, outage: Outage, **changes: Any) -> Entry:
    """Return a line of the paper log: IVA got the first woman's number when the outage began."""
    fields: dict[str, Any] = {
        "at": outage.started_at,
        "by": "tilda",
        "number": "K064",
        "ward": cast.iva,
        "caller": "wilma",
        "callback": "2102",
        "request_key": uuid4(),
    }
    return Entry(**(fields | changes))


def from_paper(cast: Cast, outage: Outage, **changes: Any) -> Handout:
    """Enter a line of the paper log now; the administrator does it."""
    entry = on_paper(cast, outage, **changes)
    return one_line.enter(entry, outage.pk, Event.now(cast.adele, timezone.now())).row.handout


def doubled(cast: Cast, first: Handout, **changes: Any) -> Handout:
    """Enter a line of paper by which the eye clinic was given the number of another patient."""
    line = {
        "number": first.number.value,
        "ward": cast.eye,
        "caller": "vidar",
        "double_of": first.request_key,
    }
    return from_paper(cast, first.outage, **(line | changes))


def treated_without(cast: Cast, outage: Outage, **changes: Any) -> LateRegistration:
    """List a patient of IVA for late registration, treated as the outage began."""
    fields: dict[str, Any] = {
        "ward": cast.iva,
        "place": "Sal 3, säng 2",
        "treated_at": outage.started_at + timedelta(seconds=1),
        "request_key": uuid4(),
    }
    patient = late_registration.LatePatient(outage, **(fields | changes))
    return late_registration.list_patient(patient, Event.now(cast.wilma, timezone.now())).row


def miscounted(cast: Cast, handout: Handout, *foreign: str) -> CountLine:
    """Count a handout's binder: its sheet still lies there, and the next one is missing.

    ``foreign``: numbers that lie there and aren't the binder's. Returns the line of the sheet
    that shouldn't lie there.
    """
    binder = handout.number.binder
    lying = list(binder.numbers.filter(taken_at=None).values_list("pk", flat=True))
    found = Found(timezone.now(), frozenset([handout.number_id, *lying[1:]]), foreign)
    counted = count.count_binder(
        binder.pk, found, now(cast.tilda), request_key=uuid4(), reason="gone through twice"
    ).row
    return counted.lines.get(number=handout.number)


def counted(cast: Cast, binder: Binder) -> Count:
    """Count a binder in which every sheet lies that should, and no other."""
    lying = binder.numbers.filter(taken_at=None).values_list("pk", flat=True)
    found = Found(timezone.now(), frozenset(lying))
    return count.count_binder(binder.pk, found, now(cast.tilda), request_key=uuid4()).row


def many_numbers(most: int) -> list[str]:
    """Return well-formed real women's numbers of one birth date: 37 at most."""
    stems = (f"20000101K{serial:02}" for serial in range(6, 80, 2))
    return [stem + check_digit(stem) for stem in stems][:most]


SHARED_DATA = Path(__file__).parent / "data"


def one_task_of_each_kind(cast: Cast) -> dict[str, Any]:
    """Leave IVA one thing to do of each kind, in a planned outage that has ended; return the rows.

    By the name of the kind. There is a binder of real numbers.
    """
    begins = timezone.now() + timedelta(minutes=5)
    terms = planning.Terms(begins, begins + timedelta(hours=1), [cast.iva])
    plan = planning.announce(terms, now(cast.adele), drill=False, reason="upgrade").row
    prepared.enter(plan, cast.iva, REAL_MAN, now(cast.adele))
    outage = planning.start(plan.pk, now(cast.tilda)).row
    number, notice, switches = (handed_out(cast, caller="wilma") for _each in range(3))
    late = treated_without(cast, outage)
    lifecycle.end(outage, now(cast.tilda))
    waits = taking.take(call(cast, caller="petra1", outage_id=None), now(cast.tilda))
    replaced(notice.pk, REAL_WOMAN, now(cast.wilma))
    replaced(switches.pk, REAL_WOMAN_2, now(cast.wilma))
    notices.file_notice(switches.pk, now(cast.wilma))
    return {
        "number": number,
        "notice": notice,
        "switches": switches,
        "late": late,
        "waits": waits.row.call.patients.get(),
        "prepared": plan.prepared.get(),
    }
