"""A sheet that is missing: its number is set aside, and somebody explains where the sheet went."""

from collections.abc import Collection

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import acts, trail
from befreg_reserv.audit.models import LogEntry
from custody.binder.refusals import AlreadyExplained, NotMissing
from custody.journal import departures
from custody.ledger import steps, tabs
from custody.ledger.refusals import OutageEnded
from custody.logged import Logged
from custody.models import Count, Handout, Quarantine, ReserveNumber, Restoration
from custody.models.states import Act, State


@act
def set_aside_given(handout_id: int, event: Event) -> Done[Handout]:
    """Set aside a number that was handed out and whose sheet is missing. Returns its handout.

    Voids the handout unless a patient may have the number; a second call changes nothing. Raises
    NotMissing, OutageEnded.
    """
    handout = steps.lock(handout_id)
    if handout.late:
        raise NotMissing(handout, _("It was given out on paper, so its sheet was there."))
    if handout.number.quarantines.exists():
        return Done(handout, new=False)
    if handout.state != State.HANDED_OUT:
        raise NotMissing(handout)
    if not handout.outage.ongoing:
        raise OutageEnded(about=handout.outage)
    # The record speaks Swedish, whoever pressed the button.
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("The sheet wasn't in the binder")
    if not handout.is_with_a_patient:
        handout, event = steps.lock_for(handout_id, Act.VOID, event)
        steps.advance(handout, Act.VOID, event, reason=reason)
    event = event.after(handout.handed_out_at)
    Quarantine.objects.create(
        number=handout.number,
        reason=reason,
        found_at=event.at,
        found_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )
    return Done(handout)


def make_way(missing: Handout, event: Event) -> None:
    """Undo a voided handout whose sheet was missing: the sheet had been given out on paper.

    The number stays out of the binder. Callers hold a transaction and the number's lock, have
    ``missing`` from ``sheets.check_not_given``, and write the handout on paper.
    """
    # Undone at the moment of recording, not when the sheet was given out.
    entering = Event.now(event.recorded_by, event.recorded_at)
    handout, entering = steps.lock_for(missing.pk, Act.MAKE_WAY, entering)
    with translation.override(settings.LANGUAGE_CODE):  # as above
        reason = _("The sheet was missing: it had been given out on paper")
    steps.advance(handout, Act.MAKE_WAY, entering, reason=reason)


def set_aside(numbers: Collection[ReserveNumber], event: Event, *, count: Count) -> None:
    """Take numbers out of the binder because a count did not find their sheets.

    Callers hold a transaction and the numbers' locks. Raises IntegrityError when one of them has
    left the binder already.
    """
    with translation.override(settings.LANGUAGE_CODE):  # as above
        reason = _("Missing at the count")
    left = tabs.take_out(numbers, event.recorded_at, event)
    quarantines = Quarantine.objects.bulk_create(
        Quarantine(
            number=number,
            reason=reason,
            count=count,
            found_at=event.at,
            found_by=event.by,
            recorded_at=event.recorded_at,
            recorded_by=event.recorded_by,
        )
        for number in numbers
    )
    _log(quarantines, left, event)
    departures.keep_aside(numbers)


def set_aside_lost(
    numbers: Collection[ReserveNumber], restoration: Restoration, event: AnyEvent
) -> None:
    """Take numbers out of the binder that had left it before a backup was restored.

    Callers hold a transaction and the numbers' locks.
    """
    with translation.override(settings.LANGUAGE_CODE):  # as above
        reason = _("It had left the binder before a backup was restored")
    at, by = event.recorded_at, event.recorded_by
    left = tabs.take_out(numbers, at, event)
    quarantines = Quarantine.objects.bulk_create(
        Quarantine(
            number=number,
            reason=reason,
            restoration=restoration,
            found_at=at,
            found_by=by.username if by else "",
            recorded_at=at,
            recorded_by=by,
        )
        for number in numbers
    )
    _log(quarantines, left, event)


def _log(quarantines: list[Quarantine], left: list[LogEntry], event: AnyEvent) -> None:
    name, action = acts.Logged.CREATE, trail.Action.CREATE
    trail.write(*(record.entry(row, name, event, action=action) for row in quarantines), *left)


def miss_again(handout: Handout, event: Event) -> None:
    """Let a missing sheet wait for an explanation again: the late entry that gave one is undone.

    The new row keeps who or what missed it. If two patients were given the number, the one entered
    first gave it. Callers hold a transaction and the number's lock.
    """
    first = handout.duplicate_of or handout
    explained = handout.number.quarantines.filter(explained_at__gte=first.recorded_at)
    missed = explained.order_by("pk").last()
    if missed is None:
        return
    Quarantine.objects.create(
        number=missed.number,
        reason=missed.reason,
        count=missed.count,
        restoration=missed.restoration,
        found_at=missed.found_at,
        found_by=missed.found_by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )


@act
def explain(quarantine_id: int, event: Event, *, explanation: str) -> Done[Quarantine]:
    """Record where a missing sheet went. Its number stays spent: it may have been in use.

    Raises AlreadyExplained, ReasonMissing, Quarantine.DoesNotExist.
    """
    quarantine = Quarantine.objects.select_for_update().get(pk=quarantine_id)
    if quarantine.explained_at:
        raise AlreadyExplained
    if not explanation:
        raise ReasonMissing
    columns = {
        "explained_at": max(event.at, quarantine.found_at),
        "explained_by": event.by,
        "explanation": explanation,
    }
    record.change(quarantine, Logged.EXPLAIN_QUARANTINE, event, columns)
    return Done(quarantine)


def unexplained(*, training: bool) -> list[Quarantine]:
    """Return a kind's missing sheets that wait for an explanation, the oldest first."""
    waiting = Quarantine.objects.filter(explained_at__isnull=True, number__training=training)
    return list(waiting.select_related("number__binder"))
