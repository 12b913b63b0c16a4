"""The merge notice in RAPS: emergency number and real number are the same person."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.times import moment
from custody.handouts import doubles, pair
from custody.ledger import steps
from custody.models import Handout, MergeNotice
from custody.models.states import Act
from custody.numbers.identities import OIDS, Kind

KINDS: dict[Kind, Promise] = {
    Kind.RESERVE: gettext_lazy("reserve number (VGR)"),
    Kind.PERSONNUMMER: gettext_lazy("personal identity number"),
    Kind.SAMORDNINGSNUMMER: gettext_lazy("coordination number"),
    Kind.NATIONAL: gettext_lazy("national reserve number"),
}


@dataclass(frozen=True)
class Field:
    """One thing to enter in RAPS."""

    label: str
    value: str


def fields(handout: Handout) -> list[Field]:
    """Return what to enter in RAPS for a handout with a real number, in the order of the form.

    Uncertain: RAPS' form isn't public. The fields are the two identities and why they are one
    person; no name and nothing clinical. The values are Swedish, as RAPS' readers are. In a drill
    each begins with the word for drill, so that none can pass for real.
    """
    with translation.override(settings.LANGUAGE_CODE):
        values = _values(handout)
    labels = (
        _("Emergency number, to be merged"),
        _("Real number, that remains"),
        _("Kind of the real number"),
        _("Reason"),
        _("Ward"),
    )
    return [Field(label, value) for label, value in zip(labels, values, strict=True)]


def to_separate(handout: Handout) -> str:
    """Return why the emergency number can't be merged yet: other patients have it; "" if none has.

    What to do is the routine's advice: the support of Befreg and the RAPS group separate a record.
    """
    others = doubles.others(handout)
    if not others:
        return ""
    advice = _(
        "The emergency number belongs to two persons: it was given to another patient too"
        " (%(wards)s). What stands under it must be separated before anything is merged. Call the"
        " Befreg support and the RAPS group first, and never merge both blindly. This notice is"
        " about the patient of %(ward)s alone."
    )
    return advice % {"wards": _wards(others), "ward": handout.ward}


def _wards(handouts: list[Handout]) -> str:
    return "; ".join(f"{each.ward}, {moment(each.handed_out_at)}" for each in handouts)


def _reason(handout: Handout) -> str:
    """Return why the two numbers are merged: of two patients, which one it is about."""
    others, time = doubles.others(handout), moment(handout.handed_out_at)
    if not others:
        reason = _("Same person. Emergency number from the binder while Befreg was down, %(time)s.")
        return reason % {"time": time}
    reason = _(
        "Same person: the patient of %(ward)s, %(time)s. But the emergency number was given to"
        " another patient too (%(wards)s): the record must be separated before the merge."
    )
    return reason % {"ward": handout.ward, "time": time, "wards": _wards(others)}


def _values(handout: Handout) -> list[str]:
    kind = Kind(handout.real_kind)
    values = [
        handout.number.value,
        handout.real_identity or "",
        f"{KINDS[kind]}, OID {OIDS[kind]}",
        _reason(handout),
        str(handout.ward),
    ]
    return [f"{_('DRILL')} {value}" for value in values] if handout.number.training else values


@act
def file_notice(
    handout_id: int, event: Event, *, reference: str = "", witness: str = "", identity: str = ""
) -> Done[Handout]:
    """Record that the notice was filed in RAPS, and close the handout.

    ``event``: filed when and by whom, recorded when and by whom. ``witness``: the vgr-id of the
    second person who checked the pair, if one is named. ``identity``: the real number that the page
    showed. Raises IllegalStep, BadTime, OtherRealNumber, NotAnother, or NoWitness where a second
    person is required.
    """
    handout, event = steps.lock_for(handout_id, Act.FILE_NOTICE, event)
    pair.check_shown(handout, identity)
    if settings.MERGE_WITNESS == pair.REQUIRE:
        pair.require_witness(handout)
    elif witness and settings.MERGE_WITNESS == pair.ASK:
        pair.name_witness(handout, witness, event)
    identity = handout.real_identity or ""
    steps.advance(
        handout,
        Act.FILE_NOTICE,
        event,
        identity=identity,
        reference=reference,
        closed_at=event.at,
    )
    MergeNotice.objects.create(
        handout=handout,
        identity=identity,
        reference=reference,
        filed_at=event.at,
        filed_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )
    return Done(handout)


@act
def withdraw_notice(
    handout_id: int, event: Event, *, reason: str, identity: str = ""
) -> Done[Handout]:
    """Record that the notice was withdrawn in RAPS. It stays visible; a new one is owed.

    ``identity``: the real number that the page showed. Raises IllegalStep, OtherRealNumber or
    ReasonMissing.
    """
    handout, event = steps.lock_for(handout_id, Act.WITHDRAW_NOTICE, event)
    pair.check_shown(handout, identity)
    identity = handout.real_identity or ""
    steps.advance(
        handout, Act.WITHDRAW_NOTICE, event, reason=reason, identity=identity, closed_at=None
    )
    notice = MergeNotice.objects.get(handout=handout, withdrawn_at__isnull=True)
    notice.withdrawn_at = event.at
    notice.withdrawn_by = event.by
    notice.withdrawn_reason = reason
    notice.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    return Done(handout)
