"""One person, several numbers: the handouts that have the same real number.

Each further one points to the first. ``closing`` alone joins a handout to them, and takes it out.
"""

from django.db.models import Q

from befreg_reserv.acts import record
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from custody.ledger import steps, taken
from custody.ledger.refusals import SamePerson
from custody.logged import Logged
from custody.models import Handout, LateRegistration, PreparedNumber
from custody.models.states import Act
from custody.numbers.identities import Identity


def others(*handouts: Handout) -> list[Handout]:
    """Return the other handouts of the same persons, the earliest first. At most one statement."""
    firsts = {row.same_person_as_id or row.pk for row in handouts if row.real_identity}
    if not firsts:
        return []
    same = Handout.objects.filter(Q(pk__in=firsts) | Q(same_person_as__in=firsts))
    same = same.exclude(pk__in=[row.pk for row in handouts])
    return list(same.select_related("number", "ward__clinic", "outage"))


def elsewhere(*handouts: Handout) -> list[LateRegistration | PreparedNumber]:
    """Return where else the same persons' numbers stand: registered late, or prepared.

    Asks only where a step of a handout says that it is the same person: it has a real number then.
    """
    registered = [row for row in handouts if row.real_identity]
    numbers = [row.real_identity for row in registered if row.real_identity in _said(row)]
    if not numbers:
        return []
    late = LateRegistration.objects.filter(number__in=numbers)
    prepared = PreparedNumber.objects.filter(value__in=numbers)
    return [
        *late.select_related("ward__clinic", "outage"),
        *prepared.select_related("ward__clinic", "plan"),
    ]


def _said(handout: Handout) -> set[str]:
    """Return the real numbers of which a step says that they are the same person's."""
    return {step.identity for step in handout.steps.all() if step.act == Act.SAME_PERSON}


def join(
    handout: Handout, identity: Identity, event: Event, same_person: str, reason: str
) -> Handout | None:
    """Write the step that says who has the number already, and return the first handout with it.

    None where it stands on no handout. Nothing is written where it stands nowhere, whatever a stale
    form says. Raises ReasonMissing, beside its own field, or SamePerson when somebody else has got
    the number, or the first handout has changed, since the form was checked.
    """
    found = taken.standing([identity.value], besides=handout).get(identity.value)
    if not found or not taken.may_be_same(found):
        return None
    if same_person != found.key:
        raise SamePerson(found.reason, about=found.holder, key=found.key)
    if not reason:
        raise ReasonMissing(field="same_reason")
    first = _locked_first(found, identity, handout)
    # The word is said now by the person at the page, whoever made the number.
    now = Event.now(event.recorded_by, event.recorded_at)
    steps.remain(handout, Act.SAME_PERSON, now, reason=reason, identity=identity.value)
    return first


def _locked_first(found: taken.Standing, identity: Identity, handout: Handout) -> Handout | None:
    """Return the first handout under lock: its number can't be withdrawn at the same moment."""
    firsts = Handout.objects.filter(real_identity=identity.value, same_person_as__isnull=True)
    key = firsts.exclude(pk=handout.pk).values_list("pk", flat=True).first()
    if key is None:
        return None
    first = steps.lock(key)
    if first.real_identity != identity.value or first.same_person_as_id:
        raise SamePerson(found.reason, about=first, key=found.key)
    return first


def further(handout: Handout) -> list[Handout]:
    """Return those that point to this locked handout, under lock too.

    Before any step about the number: who writes one of theirs waits for the number's turn with
    their row locked.
    """
    rows = Handout.objects.select_related("number", "ward__clinic").filter(same_person_as=handout)
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def leave(handout: Handout, following: list[Handout], event: Event) -> None:
    """Let the next handout be the first, before this locked one gives up its number.

    The step that withdraws it stands already. The order of the writes leaves neither two first ones
    nor one that points to nothing: the database refuses both.
    """
    if not following:
        return
    first, *rest = following
    record.assign(handout, {"same_person_as": first})
    record.change(first, Logged.FIRST_OF_PERSON, event, {"same_person_as": None})
    for row in rest:
        record.change(row, Logged.FIRST_OF_PERSON, event, {"same_person_as": first})
