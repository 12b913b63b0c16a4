"""Steps of handouts, what was read back or at the wrist, and numbers of two patients."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from befreg_reserv.audit.acts import label
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.afterwards.merged import Source
from custody.afterwards.story.happening import Happening, about, recorded
from custody.handouts import doubles
from custody.logged import Logged
from custody.models import DoubledNumber, Handout, HandoutStep
from custody.models.states import Act
from custody.wards.then import FOLLOWED
from outage.models import Outage

ABOUT = ("number__binder", "ward__clinic")
WRONG = (Logged.READ_BACK_WRONG, Logged.BEDSIDE_WRONG)


def sources(handouts: QuerySet[Handout], *, of_wards: bool = False) -> list[Source]:
    """Return the sources of what happened to these handouts.

    ``of_wards``: also that they followed a ward to its successor. An outage's story is over then.
    """
    keys, related = handouts.order_by().values("pk"), ABOUT
    steps = HandoutStep.objects.filter(handout__in=keys)
    return [
        Source(
            steps if of_wards else steps.exclude(pk__in=steps.filter(FOLLOWED).values("pk")),
            "at",
            _stepped,
            (*(f"handout__{each}" for each in related), "recorded_by", "former_ward__clinic"),
        ),
        logged(handouts, WRONG, _misread),
        Source(handouts.filter(read_back_at__isnull=False), "read_back_at", _read_back, related),
    ]


def of_doubled(outage: Outage, user: User) -> list[Source]:
    """Return the sources of the numbers that two patients had, and of what was done."""
    return of_alarms(doubles.seen_by(user).filter(doubles.in_outage(outage)))


def of_alarms(seen: QuerySet[DoubledNumber]) -> list[Source]:
    """Return the sources of these alarms, and of what was done."""
    related = tuple(doubles.RELATED)
    settled = seen.filter(settled_at__isnull=False)
    return [
        Source(seen, "found_at", _doubled, related),
        Source(settled, "settled_at", _doubled_settled, related),
    ]


def logged(
    handouts: QuerySet[Handout],
    acts: Collection[Logged],
    make: Callable[[tuple[LogEntry, Handout], datetime], Happening],
) -> Source:
    """Return the source of acts on these handouts that stand in the log alone."""
    kind, keys = ContentType.objects.get_for_model(Handout), handouts.order_by().values("pk")
    rows = LogEntry.objects.filter(act__in=acts, content_type=kind, object_id__in=keys)
    return _OfTheLog(rows, "timestamp", make, ("actor",), handouts.select_related(*ABOUT))


@dataclass(frozen=True)
class _OfTheLog(Source):
    """Entries of the log, which doesn't know the handouts."""

    handouts: QuerySet[Handout] = field(default_factory=Handout.objects.none)

    def entries(self, keys: Iterable[int]) -> dict[int, Any]:
        """Return the entries of these rows, by key; two statements."""
        logged = self.rows.select_related(*self.related).in_bulk(list(keys))
        of = self.handouts.in_bulk({row.object_id for row in logged.values()})
        return {
            key: self.make((row, of[row.object_id]), row.timestamp) for key, row in logged.items()
        }


def _stepped(step: HandoutStep, at: datetime) -> Happening:
    detail = ""
    if step.act == Act.HAND_OUT:
        detail = _("Caller: %(caller)s") % {"caller": step.handout.caller_words}
        if step.handout.late:
            detail += " · " + _("Entered afterwards")
    if step.act in {Act.WITHDRAW_REPLACEMENT, Act.WITHDRAW_NOTICE}:
        detail = _("wrong: %(number)s") % {"number": step.identity}
    if step.act == Act.SAME_PERSON:
        detail = _("now: %(number)s") % {"number": step.identity}
    if step.before:
        detail = _("before: %(before)s") % {"before": step.before}
    if step.place:
        detail = " · ".join(filter(None, (detail, _("place: %(place)s") % {"place": step.place})))
    return Happening(
        at,
        step.by,
        step.get_act_display(),
        text=step.reason,
        detail=detail,
        **about(step.handout),
        **recorded(at, step.by, step),
    )


def _read_back(handout: Handout, at: datetime) -> Happening:
    return Happening(at, handout.read_back_by, _("Read back"), **about(handout))


def _doubled(alarm: DoubledNumber, at: datetime) -> Happening:
    wards = {"first": alarm.first.ward, "second": alarm.second.ward}
    return Happening(
        at,
        alarm.found_by.username,
        _("TWO PATIENTS, ONE NUMBER"),
        detail=_("%(first)s and %(second)s") % wards,
        number=alarm.second.number.value,
        link=alarm.second.get_absolute_url(),
        shown=alarm,
    )


def _doubled_settled(alarm: DoubledNumber, at: datetime) -> Happening:
    return Happening(
        at,
        alarm.settled_by,
        _("Two patients, one number: what was done"),
        text=alarm.done,
        number=alarm.second.number.value,
        shown=alarm,
    )


def _misread(row: tuple[LogEntry, Handout], at: datetime) -> Happening:
    entry, handout = row
    ((_before, typed),) = entry.changes.values()
    by = entry.actor.username if entry.actor else ""
    return Happening(at, by, label(entry.act), text=typed, **about(handout))
