"""People follow their ward to its successors."""

from collections.abc import Iterable, Sequence

from django.utils.translation import ngettext

from befreg_reserv.acts import record
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.people.models import Membership, Ward
from befreg_reserv.people.wards.changes.following import Kind, Thing


def found(ward: Ward) -> list[Thing]:
    """Return who belongs to a ward, as things that follow it."""
    members = Membership.objects.filter(ward=ward).select_related("user")
    return [Thing(member.pk, member.user.username) for member in members.order_by("user__username")]


def move(key: int, wards: Sequence[Ward], event: AnyEvent, _reason: str = "") -> None:
    """Let a person belong to these wards in place of one. Callers hold a transaction."""
    member = Membership.objects.select_related("user").get(pk=key)
    changes = {"user": (member.user_id, None), "ward": (member.ward_id, None)}
    record.record(member, Logged.DELETE, event, changes, action=trail.Action.DELETE)
    Membership.objects.filter(pk=key).delete()
    own = set(Membership.objects.filter(user=member.user_id).values_list("ward", flat=True))
    _add(member.user_id, (ward for ward in wards if ward.pk not in own), event)


def _add(user_id: int, wards: Iterable[Ward], event: AnyEvent) -> None:
    for ward in wards:
        member = Membership(user_id=user_id, ward=ward)
        record.insert(member)
        said = record.said(user=user_id, ward=ward.pk)
        record.record(member, Logged.CREATE, event, said, action=trail.Action.CREATE)


def _counted(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


KIND = Kind("people", _counted, found, move, shared=True, stays=False)
