"""The register of wards as pages show it: the list, and one ward with its history."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from befreg_reserv.people.models import Heir, User, Ward, WardChange
from befreg_reserv.people.wards.changes import chain, following
from befreg_reserv.people.wards.changes.following import Left
from befreg_reserv.text import words

MOST_CHANGES = 50  # of one ward's page


def search(text: str = "", *, closed: bool = False) -> QuerySet[Ward]:
    """Return the wards of the register in whose names all words occur, in Swedish order.

    An open one is found by the names of those that it took over from too. ``closed``: those that
    have closed, with what became of them.
    """
    wards = Ward.objects.filter(confirmed=True, closed_on__isnull=not closed)
    typed = words(text)
    if typed:
        former = Heir.objects.filter(*(Q(ward__searched__contains=word) for word in typed))
        named = Q(*(("searched__contains", word) for word in typed))
        wards = wards.filter(named | Q(pk__in=former.values("heir")))
    active = Count("membership", filter=Q(membership__user__is_active=True))
    wards = wards.select_related("clinic").annotate(active=active)
    return wards.order_by(F("clinic__key").asc(nulls_last=True), "key", "pk")


@dataclass(frozen=True)
class Told:
    """All that the page of one ward shows.

    ``history``: what became of it, and of those that it took over from, the latest first.
    """

    ward: Ward
    people: list[User]
    history: list[WardChange]
    heirs: list[Ward]
    left: list[Left]

    @property
    def left_here(self) -> list[Left]:
        """What is open of the ward, but for its people; of a closed one, what no other ward has."""
        left = following.going_on(self.left) if self.heirs else self.left
        return [each for each in left if each.kind.name != "people"]

    @property
    def movable(self) -> bool:
        """Tell whether something that the ward left can be moved to another one."""
        return bool(following.going_on(self.left))


def told(ward: Ward) -> Told:
    """Return what a ward's page shows; a fixed number of statements."""
    own = WardChange.objects.filter(Q(ward=ward) | Q(successions__ward=ward)).distinct()
    own = own.select_related("ward__clinic").prefetch_related("successors__clinic")
    return Told(
        ward,
        list(ward.people.order_by("username")),
        list(own.order_by("-day", "-pk")[:MOST_CHANGES]),
        chain.heirs(ward),
        following.left_at(ward),
    )
