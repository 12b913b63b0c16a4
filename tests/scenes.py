"""Situations that tests begin from: a binder, an outage, a handout."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from befreg_reserv.acts.event import Event, Unattended
from befreg_reserv.audit import trail
from befreg_reserv.people.models import User, Ward
from custody.binder import loading
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import telephone
from custody.handouts.telephone import Call
from custody.logged import Logged
from custody.models import Binder, Count, CountLine, Handout, LateRegistration
from custody.numbers.identities import check_digit
from custody.paper import one_line
from custody.paper.one_line import Entry
from custody.planned import late_registration
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


def lay_in(name: str, numbers: list[str], *, training: bool, at: datetime = LONG_AGO) -> Binder:
    """Load a binder."""
    return loading.load(
        "\n".join(numbers).encode(), Unattended(at), name=name, training=training
    ).row


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


def call(cast: Cast, **changes: Any) -> Call:
    """Return a call from IVA for a woman."""
    fields: dict[str, Any] = {
        "sex": "K",
        "caller": "wilma",
        "ward": cast.iva,
        "callback": "2102",
        "request_key": uuid4(),
        "other_than": ANOTHER_PATIENT,
    }
    return Call(**(fields | changes))


def now(user: User) -> Event:
    """Return an event that happens and is recorded now."""
    return Event.now(user, timezone.now())


def handed_out(cast: Cast, **changes: Any) -> Handout:
    """Hand out one number to IVA. A binder and an outage must be there."""
    return telephone.hand_out(call(cast, **changes), now(cast.tilda)).row


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


def treated_without(cast: Cast, outage: Outage, **changes: Any) -> LateRegistration:
    """List a patient of IVA for late registration, treated as the outage began."""
    fields: dict[str, Any] = {
        "ward": cast.iva,
        "place": "Sal 3, säng 2",
        "treated_at": outage.started_at + timedelta(seconds=1),
        "request_key": uuid4(),
    }
    patient = late_registration.Patient(outage, **(fields | changes))
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
