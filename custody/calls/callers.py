"""Callers who didn't know their vgr-id: found out afterwards."""

from django.db.models import QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from custody.calls.refusals import CallerKnown
from custody.logged import Logged
from custody.models import Call


def unknown() -> QuerySet[Call]:
    """Return the real calls whose caller's vgr-id nobody knows yet, the oldest first."""
    calls = Call.objects.filter(caller="", drill=False).order_by("taken_at", "pk")
    return calls.select_related("ward__clinic", "ward__same_as")


@act
def find_out(call_id: int, vgr_id: str, event: Event) -> Done[Call]:
    """Record whose call it was. Name and telephone stay; a second call changes nothing.

    Raises CallerKnown when somebody wrote another vgr-id before, Call.DoesNotExist.
    """
    call = (
        Call.objects.select_for_update(of=("self",)).select_related("ward__clinic").get(pk=call_id)
    )
    if call.caller == vgr_id:
        return Done(call, new=False)
    if call.caller:
        raise CallerKnown(about=call)
    record.change(call, Logged.FIND_CALLER, event, {"caller": vgr_id})
    return Done(call)
