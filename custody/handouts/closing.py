"""How a handout is closed, and what takes that back: replace, void, undo, withdraw.

Each act is one transaction: lock, re-read, check, write, record. The notice is in ``notices``.
"""

from datetime import date
from functools import partial
from typing import TypedDict, Unpack

from django.utils import timezone

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from custody.binder import quarantine
from custody.handouts import chain, pair
from custody.handouts.refusals import (
    IsWorn,
    NotFoundAtCount,
    SexDiffers,
    SheetDestroyed,
    TabRefilled,
    WasGiven,
)
from custody.journal import departures
from custody.ledger import steps, tabs, taken
from custody.models import Handout, ReserveNumber
from custody.models.states import Act, State
from custody.numbers.identities import Identity, same_sex


def check_real_number(
    handout: Handout, text: str, *, today: date, same_person: str = ""
) -> Identity:
    """Return the identity that ``text`` names, if it can be this patient's real one.

    Raises BadIdentity: malformed, an emergency number, a prepared number or one of a patient
    registered late, a training number in reality (or the reverse), or standing on another handout;
    SamePerson where that may be the same patient, unless ``same_person`` names it.
    """
    return taken.real_identity(
        text,
        drill=handout.outage.drill,
        today=today,
        besides=handout,
        same_person=same_person,
    )


class Answers(TypedDict, total=False):
    """What the form for a real number asks besides the number: the options of ``replace``."""

    sex_may_differ: bool
    reason: str
    searched: bool
    same_person: str
    same_reason: str


def _taken_meanwhile(handout_id: int, text: str, event: Event, **_answers: Unpack[Answers]) -> None:
    """Raise BadIdentity when somebody typed or prepared the same number at the same moment."""
    handout = Handout.objects.select_related("outage").get(pk=handout_id)
    _real_number(handout, text, event, "")  # whoever has it now, the question is a new one


@act(on_conflict=_taken_meanwhile)
def replace(
    handout_id: int,
    text: str,
    event: Event,
    *,
    sex_may_differ: bool = False,
    reason: str = "",
    searched: bool = False,
    same_person: str = "",
    same_reason: str = "",
) -> Done[Handout]:
    """Register the real number that the ward created in Befreg.

    Wards do it by ``bedside.register``, which asks for the wristband first. ``searched``: Befreg
    was searched for an earlier identity. ``same_person``: who has the number already and is the
    same patient (``taken.Standing.key``), for ``same_reason``. Raises BadIdentity, SamePerson or
    SexDiffers (unless acknowledged with a reason), ReasonMissing, BadTime or IllegalStep.
    """
    handout, event = steps.lock_for(handout_id, Act.REPLACE, event)
    identity = _real_number(handout, text, event, same_person)
    differs = not same_sex(identity.sex, handout.patient_sex)
    if differs and not (sex_may_differ and reason):
        raise SexDiffers
    first = chain.join(handout, identity, event, same_person, same_reason)
    steps.advance(
        handout,
        Act.REPLACE,
        event,
        reason=reason if differs else "",
        identity=identity.value,
        searched=searched,
        real_identity=identity.value,
        real_kind=identity.kind.value,
        same_person_as=first,
        replaced_at=event.at,
        switching_since=event.at,
    )
    return Done(handout)


def _real_number(handout: Handout, text: str, event: Event, same_person: str) -> Identity:
    # The local date: for a child born just after midnight UTC is still a day behind.
    today = timezone.localdate(event.recorded_at)
    return check_real_number(handout, text, today=today, same_person=same_person)


@act
def withdraw_replacement(
    handout_id: int, event: Event, *, reason: str, identity: str = ""
) -> Done[Handout]:
    """Take back a real number that was wrong. The same person's other handouts keep it.

    ``identity``: the real number that the page showed. Raises IllegalStep, OtherRealNumber or
    ReasonMissing.
    """
    handout, event = steps.lock_for(handout_id, Act.WITHDRAW_REPLACEMENT, event)
    pair.check_shown(handout, identity)
    steps.advance(
        handout,
        Act.WITHDRAW_REPLACEMENT,
        event,
        reason=reason,
        identity=handout.real_identity or "",
        in_between=partial(chain.leave, handout, chain.further(handout), event),
        real_identity=None,
        real_kind="",
        same_person_as=None,
        replaced_at=None,
        switching_since=None,
    )
    return Done(handout)


@act
def void(handout_id: int, event: Event, *, reason: str) -> Done[Handout]:
    """Record that the number was never used on a patient. It is spent all the same.

    Raises IllegalStep, ReasonMissing, or IsWorn while it is confirmed at the patient.
    """
    handout, event = steps.lock_for(handout_id, Act.VOID, event)
    if handout.bedside_at:
        raise IsWorn(handout)
    steps.advance(handout, Act.VOID, event, reason=reason)
    return Done(handout)


def _refilled_meanwhile(handout_id: int, event: Event, *, reason: str) -> None:
    """Raise TabRefilled when the number's tab has held another number.

    That may be a former one, which returned when its own handout was undone.
    """
    handout = Handout.objects.select_related("number").get(pk=handout_id)
    number = handout.number
    if number.binder.numbers.filter(tab=number.tab).exclude(pk=number.pk).exists():
        raise TabRefilled(handout)


@act(on_conflict=_refilled_meanwhile)
def undo(handout_id: int, event: Event, *, reason: str) -> Done[Handout]:
    """Undo a handout recorded by mistake: the sheet never left the binder.

    The only way a number returns to its tab. A number in quarantine stays set aside, and its sheet
    waits for an explanation again if this handout had explained it. A number that another patient
    was given on paper stays with that one. Raises IllegalStep, ReasonMissing, WasGiven (read back,
    seen at a patient or replaced at some time), NotFoundAtCount, SheetDestroyed or TabRefilled.
    """
    handout, event = steps.lock_for(handout_id, Act.UNDO, event)
    return_to_tab(handout, check_may_return(handout), event, reason=reason)
    return Done(handout)


def check_may_return(handout: Handout) -> ReserveNumber:
    """Return the number, locked, of a handout that may be undone.

    Raises WasGiven, SheetDestroyed or NotFoundAtCount.
    """
    if handout.is_with_a_patient or handout.steps.filter(act=Act.REPLACE).exists():
        raise WasGiven(handout)
    # Locked: somebody may destroy its sheet after a count at this moment.
    number = ReserveNumber.objects.select_for_update(no_key=True).get(pk=handout.number_id)
    if _stays(handout, number):
        return number
    if number.count_lines.filter(destroyed_at__isnull=False).exists():
        raise SheetDestroyed(handout)
    _check_no_count_missed_it(handout, number)
    return number


def _stays(handout: Handout, number: ReserveNumber) -> bool:
    """Tell whether another patient was given the number too, on paper, and keeps it."""
    return number.handouts.exclude(pk=handout.pk).exclude(state=State.UNDONE).exists()


def return_to_tab(handout: Handout, number: ReserveNumber, event: Event, *, reason: str) -> None:
    """Undo a locked handout, and put its number back unless its sheet is missing or elsewhere."""
    steps.advance(handout, Act.UNDO, event, reason=reason)
    departures.keep_aside([number])
    if _stays(handout, number):
        return
    if number.quarantines.exists():
        quarantine.miss_again(handout, event)  # the number stays set aside
    else:
        tabs.put_back(number, event)


def _check_no_count_missed_it(handout: Handout, number: ReserveNumber) -> None:
    """Raise NotFoundAtCount when a count since the handout did not find the sheet.

    A sheet that never left the binder would have been found, whether it was expected or not. A
    number in quarantine needs no check: it doesn't return to the binder.
    """
    if number.taken_at is None or number.quarantines.exists():
        return
    counts = number.binder.counts.filter(at__gte=number.taken_at)
    if number.laid_in_at:
        counts = counts.filter(listed_at__gte=number.laid_in_at)
    found = number.count_lines.filter(found=True).values("count")
    count = counts.exclude(pk__in=found).order_by("at").last()
    if count:
        raise NotFoundAtCount(handout, count)
