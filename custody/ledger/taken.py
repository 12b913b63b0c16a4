"""Where a number is recorded already: all the places, for every act that enters a number.

A binder's emergency number, a prepared number, a late registration's number and a handout's real
number each belong to one patient or to nobody, so no number can be two of these, unless somebody
says that a handout's patient is the one who has it already.
``custody.ledger.rules`` has triggers that refuse the same.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from django.db.models import F, Model
from django.utils.translation import gettext as _

from befreg_reserv.times import moment
from custody.ledger.refusals import BadIdentity, SamePerson
from custody.models import (
    ForeignSheet,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    PreparedNumber,
    ReserveNumber,
)
from custody.numbers.identities import Identity, IdentityError, parse_identity
from custody.numbers.sql import as_logged


class Place(Enum):
    """What a number is already."""

    BINDER = auto()  # an emergency number, now or before
    PREPARED = auto()
    LATE = auto()
    HANDOUT = auto()  # the real number of a handout
    WITHDRAWN = auto()  # was the real number of a handout
    LATE_WITHDRAWN = auto()  # was given to a patient registered late, by mistake


# Where a number may stand that a handout's patient has too, when somebody says so.
OF_A_PATIENT = (Place.HANDOUT, Place.LATE, Place.PREPARED)


@dataclass(frozen=True)
class Standing:
    """Where a number is recorded, on which row, and the reason to show when it can't be used."""

    place: Place
    holder: Model
    reason: str

    @property
    def key(self) -> str:
        """Return what names the row in a form."""
        return f"{self.holder._meta.model_name}-{self.holder.pk}"


def standing(values: Collection[str], *, besides: Handout | None = None) -> dict[str, Standing]:
    """Return where each of ``values`` is recorded; unknown ones are left out. Six statements.

    ``besides``: a handout whose own numbers don't count.
    """
    # The current place comes last, so that it replaces a former one.
    found: dict[str, Standing] = {}
    found.update(_late_withdrawn(values))
    found.update(_withdrawn(values, besides))
    found.update(_on_handouts(values, besides))
    found.update(_late(values))
    found.update(_prepared(values))
    found.update(_in_binders(values))
    return found


def logged_under(part: str, limit: int) -> list[str]:
    """Return the numbers under which the audit log keeps any number that contains ``part``.

    At most ``limit``, in order. A handout is logged under its emergency number, so that one is
    returned for a real number too. One statement, however many places there are.
    """
    places = [
        ReserveNumber.objects.filter(value__contains=part).values(logged=F("value")),
        PreparedNumber.objects.filter(value__contains=part).values(logged=F("value")),
        LateRegistration.objects.filter(number__contains=part).values(logged=F("number")),
        LateWithdrawal.objects.filter(number__contains=part).values(logged=F("number")),
        Handout.objects.filter(real_identity__contains=part).values(logged=F("number__value")),
        HandoutStep.objects.filter(identity__contains=part).values(
            logged=F("handout__number__value")
        ),
        ForeignSheet.objects.filter(value__contains=part).values(logged=as_logged("value")),
    ]
    first, *others = (place.order_by() for place in places)
    found = first.union(*others).order_by("logged")[:limit]
    return [row["logged"] for row in found]


Standings = Iterator[tuple[str, Standing]]


def _late_withdrawn(values: Collection[str]) -> Standings:
    rows = LateWithdrawal.objects.filter(number__in=values)
    for row in rows.select_related("registration__ward__clinic"):
        yield row.number, Standing(Place.LATE_WITHDRAWN, row, _patients())


def _withdrawn(values: Collection[str], besides: Handout | None) -> Standings:
    steps = HandoutStep.objects.filter(identity__in=values)
    if besides:
        steps = steps.exclude(handout=besides)
    for step in steps.select_related("handout__number", "handout__ward__clinic"):
        yield step.identity, Standing(Place.WITHDRAWN, step.handout, _patients())


def _on_handouts(values: Collection[str], besides: Handout | None) -> Standings:
    handouts = Handout.objects.filter(real_identity__in=values, same_person_as__isnull=True)
    if besides:
        handouts = handouts.exclude(pk=besides.pk)
    for handout in handouts.select_related("number", "ward__clinic"):
        yield handout.real_identity or "", Standing(Place.HANDOUT, handout, _patients())


def _patients() -> str:
    return _("This number has been registered as a patient's real number.")


def _late(values: Collection[str]) -> Standings:
    rows = LateRegistration.objects.filter(number__in=values)
    for row in rows.select_related("ward__clinic"):
        reason = _("This number was given to a patient registered late, ward %(ward)s.")
        yield row.number or "", Standing(Place.LATE, row, reason % {"ward": row.ward})


def _prepared(values: Collection[str]) -> Standings:
    rows = PreparedNumber.objects.filter(value__in=values)
    for row in rows.select_related("plan", "ward__clinic"):
        reason = _("This number was prepared for the planned outage %(start)s, ward %(ward)s.")
        names = {"start": moment(row.plan.planned_start), "ward": row.ward}
        yield row.value, Standing(Place.PREPARED, row, reason % names)


def _in_binders(values: Collection[str]) -> Standings:
    for row in ReserveNumber.objects.filter(value__in=values).select_related("binder"):
        reason = _("The binder “%(name)s” holds or has held this number.")
        yield row.value, Standing(Place.BINDER, row, reason % {"name": row.binder.name})


def mixes(identity: Identity, *, drill: bool) -> str:
    """Return why a number can't be used in a drill, or in reality; "" where it can.

    A training number belongs in drills, and a drill has no others.
    """
    if identity.training == drill:
        return ""
    if drill:
        return _("A drill uses training numbers only (serial 00–05).")
    return _("This is a training number (serial 00–05). Befreg never issues it.")


def real_identity(
    text: str, *, drill: bool, today: date, besides: Handout | None = None, same_person: str = ""
) -> Identity:
    """Return the identity that ``text`` names, if it can be a patient's real one.

    ``besides``: the handout that it is for. Its own numbers don't count, and a number withdrawn
    from another handout is free for it. A number withdrawn from a late registration is free for
    everybody. ``same_person``: the ``Standing.key`` of the patient who has it already and is the
    same. Raises BadIdentity: malformed, a training number in reality (or the reverse), or
    recorded somewhere already; SamePerson where that may be the same patient.
    """
    try:
        identity = parse_identity(text, today=today)
    except IdentityError as error:
        raise BadIdentity(error.message) from error
    if mixed := mixes(identity, drill=drill):
        raise BadIdentity(mixed)
    taken = standing([identity.value], besides=besides).get(identity.value)
    free = {Place.LATE_WITHDRAWN, *([Place.WITHDRAWN] if besides else [])}
    if not taken or taken.place in free:
        return identity
    if not (besides and may_be_same(taken)):
        raise BadIdentity(_why_not_real(taken), about=taken.holder)
    if same_person != taken.key:
        advice = _("If it is the same patient, tick that, and write how you know.")
        raise SamePerson(f"{_why_not_real(taken)} {advice}", about=taken.holder, key=taken.key)
    return identity


def may_be_same(taken: Standing) -> bool:
    """Tell whether a handout's patient may be the one who has the number already.

    A prepared number is nobody's until it is marked as used.
    """
    unused = isinstance(taken.holder, PreparedNumber) and (
        taken.holder.outcome != PreparedNumber.Outcome.USED
    )
    return taken.place in OF_A_PATIENT and not unused


def _why_not_real(taken: Standing) -> str:
    if taken.place is Place.BINDER:
        return _("This is an emergency number from the binder. Create a real number in Befreg.")
    if taken.place is Place.HANDOUT:
        return _("This number already stands on another handout. Two patients can't share it.")
    return taken.reason
