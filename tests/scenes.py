"""Situations that tests begin from: a binder, an outage, a handout."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from befreg_reserv.people.models import User
from custody import binder, handouts
from custody.handouts import Call
from custody.identities import check_digit
from custody.models import Binder, Handout
from custody.steps import Event
from outage import lifecycle
from outage.models import Outage
from tests.cast import Cast

TAILS = ["K064", "K080", "K106", "K122", "K148", "M078", "M094", "M110", "M136", "M151"]
TRAINING_TAILS = ["K007", "K015", "K023", "K031", "K049", "M003", "M011", "M029"]
# As in the sample: they may exist in reality, so they are for tests alone.
REAL = [f"20000101{tail}" for tail in TAILS]
TRAINING = [f"20000101{tail}" for tail in TRAINING_TAILS]
REAL_WOMAN = "19450829K088"
REAL_WOMAN_2 = "20210325K069"
REAL_MAN = "19810829M071"
TRAINING_WOMAN = "19450829K005"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def lay_in(name: str, numbers: list[str], *, training: bool, at: datetime = LONG_AGO) -> Binder:
    """Load a binder."""
    return binder.load("\n".join(numbers).encode(), name=name, training=training, at=at)


def begin(by: User, *, drill: bool = False, ago: timedelta = timedelta(hours=1)) -> Outage:
    """Start an outage some time ago."""
    outage, _new = lifecycle.start(by=by, at=timezone.now() - ago, drill=drill)
    return outage


def call(cast: Cast, **changes: Any) -> Call:
    """Return a call from IVA for a woman."""
    fields: dict[str, Any] = {
        "sex": "K",
        "caller": "wilma",
        "ward": cast.iva,
        "callback": "2102",
        "request_key": uuid4(),
    }
    return Call(**(fields | changes))


def now(user: User) -> Event:
    """Return an event that happens and is recorded now."""
    return Event.now(user, timezone.now())


def handed_out(cast: Cast, **changes: Any) -> Handout:
    """Hand out one number to IVA. A binder and an outage must be there."""
    return handouts.hand_out(call(cast, **changes), now(cast.tilda))


def many_numbers(count: int) -> list[str]:
    """Return well-formed real women's numbers of one birth date: 37 at most."""
    stems = (f"20000101K{serial:02}" for serial in range(6, 80, 2))
    return [stem + check_digit(stem) for stem in stems][:count]


SHARED_DATA = Path(__file__).parent / "data"
