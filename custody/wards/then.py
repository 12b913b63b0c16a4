"""Wards as they were called that day: a report says what was said, whatever became of the ward."""

from collections.abc import Collection, Iterable

from django.db.models import F, Q

from befreg_reserv.people.models import Ward
from custody.models import Handout, HandoutStep
from custody.models.states import Act

# A move from a ward that had closed by then: nobody had named the wrong one.
FOLLOWED = Q(act=Act.TRANSFER) & (
    Q(former_ward__closed_at__lte=F("recorded_at"))
    | Q(former_ward__same_as__closed_at__lte=F("recorded_at"))
)


def followed(step: HandoutStep) -> bool:
    """Tell of one step what ``FOLLOWED`` asks; ``former_ward`` and its ``same_as`` are read."""
    if step.act != Act.TRANSFER or step.former_ward is None:
        return False
    ward = step.former_ward.same_as or step.former_ward
    return ward.closed_at is not None and ward.closed_at <= step.recorded_at


def wards_said(handouts: Collection[int]) -> dict[int, Ward]:
    """Return the ward that each was said for, of those that followed a ward to its successor.

    Two statements at most: one where none did.
    """
    if not handouts:
        return {}
    steps = HandoutStep.objects.filter(handout__in=handouts)
    moved = set(steps.filter(FOLLOWED).values_list("handout", flat=True))
    if not moved:
        return {}
    moves = steps.filter(handout__in=moved, act=Act.TRANSFER).order_by("handout", "-sequence")
    found: dict[int, Ward] = {}
    corrected: set[int] = set()
    for step in moves.select_related("former_ward__clinic", "former_ward__same_as"):
        if not followed(step):
            corrected.add(step.handout_id)  # what lies before was put right by hand
        elif step.handout_id not in corrected and step.former_ward:
            found[step.handout_id] = step.former_ward
    return found


def as_said(handouts: Iterable[Handout]) -> list[Handout]:
    """Return the handouts, each with the ward that it was said for. To be shown, never saved."""
    rows = list(handouts)
    said = wards_said({row.pk for row in rows})
    for row in rows:
        if row.pk in said:
            row.ward = said[row.pk]
    return rows
