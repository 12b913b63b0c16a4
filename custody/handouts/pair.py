"""The pair of numbers, checked by a second person before the merge notice is filed.

Setting ``MERGE_WITNESS`` says how much is asked for: nothing, the second person's vgr-id, or their
own word, given while they are signed in. A withdrawn real number voids it, with the pair.
"""

from dataclasses import replace
from typing import Final

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User
from custody.handouts.refusals import NotAnother, NoWitness, OtherRealNumber
from custody.ledger import steps
from custody.models import Handout, HandoutStep
from custody.models.states import Act

OFF: Final = "off"
ASK: Final = "ask"
REQUIRE: Final = "require"


@act
def witness(handout_id: int, event: Event, *, identity: str = "") -> Done[Handout]:
    """Record that the signed-in person has checked that both numbers are the same patient's.

    ``identity``: the real number that the page showed. The same person's word again is one. Raises
    IllegalStep, OtherRealNumber, or NotAnother for the person who registered the real number.
    """
    handout, event = steps.lock_for(handout_id, Act.WITNESS, event)
    check_shown(handout, identity)
    given = witness_of(handout)
    if given and (given.by, given.recorded_by_id) == (event.by, event.recorded_by.pk):
        return Done(handout, new=False)
    _record(handout, event)
    return Done(handout)


def check_shown(handout: Handout, identity: str) -> None:
    """Raise OtherRealNumber if a page showed another real number than the locked handout's.

    A page may be older than a correction: its word would be about a pair that nobody looked at.
    """
    if identity and handout.real_identity != identity:
        raise OtherRealNumber(handout)


def name_witness(handout: Handout, vgr_id: str, event: Event) -> None:
    """Record who checked the pair, as the person who files the notice says. Raises NotAnother."""
    _record(handout, replace(event, by=vgr_id))


def require_witness(handout: Handout) -> None:
    """Raise NoWitness unless a second person has confirmed the pair, signed in as themselves."""
    if not is_in_person(witness_of(handout)):
        raise NoWitness(handout)


def is_in_person(given: HandoutStep | None) -> bool:
    """Tell whether a second person confirmed the pair signed in as themselves."""
    return given is not None and given.by == given.recorded_by.username


def witness_of(handout: Handout) -> HandoutStep | None:
    """Return the step by which a second person checked the pair that stands; None without one."""
    for step in _latest_first(handout):
        if step.act == Act.REPLACE:
            return None
        if step.act == Act.WITNESS:
            return step
    return None


def may_witness(handout: Handout, user: User) -> bool:
    """Tell whether a person is another than who registered the real number."""
    return user.username not in _registered_by(handout)


def _record(handout: Handout, event: Event) -> None:
    if event.by in _registered_by(handout):
        raise NotAnother(handout)
    steps.remain(handout, Act.WITNESS, event, identity=handout.real_identity or "")


def _registered_by(handout: Handout) -> set[str]:
    """Return who registered the real number: who did it, and who recorded it."""
    for step in _latest_first(handout):
        if step.act == Act.REPLACE:
            return {step.by, step.recorded_by.username}
    return set()


def _latest_first(handout: Handout) -> list[HandoutStep]:
    return sorted(handout.steps.all(), key=lambda step: -step.sequence)
