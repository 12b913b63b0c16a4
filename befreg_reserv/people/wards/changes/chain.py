"""Who has a closed ward's things now: its successors, followed to the open ends of the chain."""

from collections import defaultdict
from collections.abc import Iterator

from befreg_reserv.people.models import Heir, Succession, Ward


def hand_on(closed: Ward, successors: list[Ward]) -> None:
    """Let these wards have the things of one that closes, and what it had taken over itself."""
    taken_over = Heir.objects.filter(heir=closed).values_list("ward", flat=True)
    of = [closed.pk, *taken_over.order_by("ward")]
    rows = (Heir(ward_id=ward, heir=heir) for ward in of for heir in successors)
    # Of a merge of two halves the successor has the former whole already.
    Heir.objects.bulk_create(rows, ignore_conflicts=True)
    Heir.objects.filter(heir=closed).delete()


def heirs(ward: Ward) -> list[Ward]:
    """Return the open wards that have a closed one's things now, in Swedish order."""
    found = Ward.objects.filter(heir_of__ward=ward).select_related("clinic")
    return list(found.order_by("clinic__key", "key", "pk"))


def now(ward: Ward) -> Ward:
    """Return the ward that has what a closed one had; the ward itself if that is none, or several.

    One statement for a closed ward, and none for an open one.
    """
    meant = ward.same_as or ward
    after = [] if meant.is_open else heirs(meant)
    return after[0] if len(after) == 1 else ward


def differences() -> Iterator[str]:
    """Yield where the kept ends of the chains aren't those that the successions lead to."""
    after: dict[int, set[int]] = defaultdict(set)
    for ward, successor in Succession.objects.values_list("change__ward", "ward"):
        after[ward].add(successor)
    is_open = set(
        Ward.objects.filter(closed_on=None, pk__in=set().union(*after.values())).values_list(
            "pk", flat=True
        )
    )
    kept: dict[int, set[int]] = defaultdict(set)
    for ward, heir in Heir.objects.values_list("ward", "heir"):
        kept[ward].add(heir)
    for ward in sorted({*after, *kept}):
        if kept[ward] != (ends := _ends(ward, after) & is_open):
            yield f"ward {ward}: its things are at {sorted(kept[ward])}, not at {sorted(ends)}"


def _ends(ward: int, after: dict[int, set[int]]) -> set[int]:
    """Return where the chains from a ward end."""
    found, waiting, seen = set(), [ward], set()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting.extend(after.get(at, ()))
            found |= set() if after.get(at) else {at}
    return found
