"""The switch list: what carried the emergency number, and must be switched to the real one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from befreg_reserv.acts import record, seen
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.models import User
from custody.handouts import followup, pair
from custody.ledger import steps
from custody.logged import Logged
from custody.models import Handout, SwitchItem, SwitchTick

Answer = SwitchTick.Answer
ITEM_COLUMNS = ("name", "name_en", "hint", "hint_en", "position", "active")


@dataclass(frozen=True)
class SwitchLine:
    """One thing to switch over for a handout, and what was said of it; None when nothing was.

    ``stands``: False for what was said before the real number was withdrawn and registered again.
    """

    item: SwitchItem
    tick: SwitchTick | None
    stands: bool = True

    @property
    def answer(self) -> str:
        """Return the answer; "" while it is open."""
        return self.tick.answer if self.tick and self.stands else Answer.OPEN.value

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be done."""
        return not self.answer


@act
def answer(
    handout_id: int, identity: str, answers: Mapping[int, str], event: Event
) -> Done[Handout]:
    """Tick what has been switched over to a real number, or say that it doesn't apply.

    ``identity``: the real number that the list was shown for. ``answers``: by the key of each item;
    an unchanged answer is left as it is, and "" opens an item again. Raises OtherRealNumber.
    """
    handout = steps.lock(handout_id)
    pair.check_shown(handout, identity)
    asked = lines(handout)
    changed = [line for line in asked if answers.get(line.item.pk, line.answer) != line.answer]
    done = all(answers.get(line.item.pk, line.answer) for line in asked)
    if changed and not done:  # before a thing is opened: the database wants it so
        record.assign(handout, {"switching_since": handout.replaced_at})
    for line in changed:
        _tick(handout, line, answers[line.item.pk], event)
    if changed and done:
        record.assign(handout, {"switching_since": None})
    return Done(handout, new=bool(changed))


def _tick(handout: Handout, line: SwitchLine, said: str, event: Event) -> None:
    columns = {"answer": said, "at": event.at, "by": event.recorded_by}
    tick, before = line.tick, Answer(line.answer)
    if tick:
        record.assign(tick, columns)
    else:
        tick = SwitchTick(
            handout=handout, item=line.item, identity=handout.real_identity or "", **columns
        )
        record.insert(tick)
    changes = {line.item.name: (before.name.lower(), Answer(said).name.lower())}
    record.record(handout, Logged.SWITCH, event, changes)


def lines(handout: Handout) -> list[SwitchLine]:
    """Return the switch list of one handout with a real number; empty without one."""
    return of([handout])[handout.pk]


def of(handouts: Collection[Handout]) -> dict[int, list[SwitchLine]]:
    """Return the switch lists of handouts by their keys, with two statements at most.

    An item that came after the real number isn't asked for. One that was taken out of use stays in
    the lists that were begun by then: ``change_item`` has noted it there as open.
    """
    replaced = [handout for handout in handouts if handout.real_identity]
    items = list(SwitchItem.objects.all()) if replaced else []
    ticks = {
        (tick.handout_id, tick.item_id, tick.identity): tick
        for tick in (
            SwitchTick.objects.filter(handout__in=replaced).select_related("by") if replaced else []
        )
    }
    found: dict[int, list[SwitchLine]] = {handout.pk: [] for handout in handouts}
    for handout in replaced:
        for item in items:
            tick = ticks.get((handout.pk, item.pk, handout.real_identity or ""))
            stands = bool(tick and handout.replaced_at and tick.at >= handout.replaced_at)
            if stands or _is_asked_for(item, handout):
                found[handout.pk].append(SwitchLine(item, tick, stands))
    return found


def _is_asked_for(item: SwitchItem, handout: Handout) -> bool:
    since = handout.switching_since
    return item.active and bool(since and since >= item.added_at)


def closed_but_open(user: User) -> QuerySet[Handout]:
    """Return the closed handouts of a person's wards of which something isn't switched over yet.

    Those whose real number was registered first come first.
    """
    return owed(followup.visible_to(user)).order_by("switching_since", "id")


def owed(handouts: QuerySet[Handout]) -> QuerySet[Handout]:
    """Return those of the handouts that are closed, and of which not all is switched over."""
    answered = SwitchTick.objects.filter(
        ~Q(answer=""),
        at__gte=OuterRef(OuterRef("replaced_at")),
        item=OuterRef("pk"),
        handout=OuterRef(OuterRef("pk")),
        identity=OuterRef(OuterRef("real_identity")),
    )
    items = SwitchItem.objects.filter(
        ~Exists(answered), active=True, added_at__lte=OuterRef("replaced_at")
    )
    noted = SwitchTick.objects.filter(
        answer="", identity=F("handout__real_identity"), at__gte=F("handout__replaced_at")
    )
    # Nothing was asked for before there was a list: those handouts aren't looked through.
    asked = SwitchItem.objects.filter(active=True).order_by("added_at").values("added_at")[:1]
    # Said twice that it is left: of a time that it doesn't know PostgreSQL expects a third of all.
    closed = handouts.filter(closed_at__isnull=False, switching_since__isnull=False)
    unanswered = closed.filter(Exists(items), switching_since__gte=Subquery(asked))
    keys = unanswered.order_by().values("pk").union(noted.order_by().values("handout"))
    return closed.filter(pk__in=keys)


# --- the list itself, which the administrator keeps -------------------------------------------


def item_mark(item: SwitchItem) -> str:
    """Return the mark of what an item's page shows."""
    return seen.mark(item, ITEM_COLUMNS)


@act
def add_item(columns: Mapping[str, Any], event: Event) -> Done[SwitchItem]:
    """Add an item; real numbers that are registered from now on are asked about it.

    One that is the same in every column is answered with it: the form was sent twice.
    """
    if same := SwitchItem.objects.filter(**columns).first():
        return Done(same, new=False)
    item = SwitchItem(**columns, added_at=event.recorded_at)
    record.insert(item)
    said = record.said(**{name: value for name, value in columns.items() if value != ""})
    record.record(item, Logged.ADD_SWITCH, event, said, action=trail.Action.CREATE)
    return Done(item)


@act
def change_item(
    item: SwitchItem, columns: Mapping[str, Any], event: Event, *, shown: str = ""
) -> Done[SwitchItem]:
    """Change an item. ``shown``: the mark that its page had. Raises ChangedSince.

    Out of use it is asked for in no list that begins from then on, but in those that were begun.
    Put in use again it is as if it were new: no list is opened by it, or gets it meanwhile.
    """
    locked = SwitchItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    differing = seen.differing(locked, columns)
    if not differing:
        return Done(locked, new=False)
    seen.check(shown, item_mark(locked), locked)
    if differing.get("active"):
        differing["added_at"] = event.recorded_at
    elif "active" in differing:
        _keep_in_begun_lists(locked, event)
    record.change(locked, Logged.CHANGE_SWITCH, event, differing)
    return Done(locked)


def _keep_in_begun_lists(item: SwitchItem, event: Event) -> None:
    """Note an item as open in each list that asks for it now, as it does without a note."""
    begun = Handout.objects.filter(switching_since__gte=item.added_at).order_by("pk")
    # Before their ticks are read: whoever ticks one at this moment holds its lock.
    handouts = list(begun.select_for_update(of=("self",), no_key=True))
    of_item = SwitchTick.objects.filter(
        item=item,
        identity=F("handout__real_identity"),
        handout__switching_since__gte=item.added_at,
    )
    # What was said before the same real number was withdrawn and registered again counts no more.
    stale = of_item.filter(at__lt=F("handout__replaced_at"))
    noted = {"answer": Answer.OPEN.value, "at": event.recorded_at, "by": event.recorded_by}
    SwitchTick.objects.filter(pk__in=stale.order_by().values("pk")).update(**noted)
    ticked = set(of_item.values_list("handout", flat=True))
    rows = [
        SwitchTick(handout=handout, item=item, identity=handout.real_identity or "", **noted)
        for handout in handouts
        if handout.pk not in ticked
    ]
    for first in range(0, len(rows), record.AT_ONCE):
        record.insert(*rows[first : first + record.AT_ONCE])
