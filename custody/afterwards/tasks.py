"""What a ward has left to do, of every kind, as one list: what has waited longest comes first.

The database sorts and cuts the list, as it does for what is open of an outage.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.paginator import Page
from django.db.models import Model, Q, QuerySet, TextChoices
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.addresses import of_kind
from befreg_reserv.people.models import User, Ward
from custody.afterwards.merged import Source, paged
from custody.calls import unmet
from custody.handouts import switches
from custody.handouts.followup import SETTLED_WARD, open_for
from custody.models import Handout, LateRegistration, Patient, PreparedNumber
from custody.models.states import State
from custody.planned import late_registration, prepared


class TaskKind(TextChoices):
    """What is to be done; each kind has a piece of its own in ``templates/custody/task/``."""

    WAITS = "waits", _("Patient without a number")
    NUMBER = "number", _("Register the real number")
    NOTICE = "notice", _("File the notice")
    SWITCHES = "switches", _("Switch the rest over")
    LATE = "late", _("Register afterwards")
    PREPARED = "prepared", _("Mark a prepared number")


@dataclass(frozen=True)
class WardTask:
    """One thing that is left to do: whose it is, since when, and where it is done."""

    kind: TaskKind
    row: Any
    ward: Ward
    since: datetime
    link: str

    @property
    def piece(self) -> str:
        """Return the template of its kind."""
        return f"custody/task/{self.kind}.html"


@dataclass(frozen=True)
class Filter:
    """Which tasks are wanted: of one kind, of one ward, or those that the person asked for."""

    kind: TaskKind | None = None
    ward: int | None = None
    mine: bool = False

    def __bool__(self) -> bool:
        """Tell whether anything is left out."""
        return bool(self.kind or self.ward or self.mine)


@dataclass(frozen=True)
class _Kind:
    """Where a kind's rows are, by which column they are sorted, and how they are cut down.

    ``settled``: the ward that a row belongs to, for a mistyped name the one that was meant.
    """

    rows: Callable[[User], QuerySet[Any]]
    at: str
    drill: str
    of_ward: Callable[[int], Q]
    asked_by: Callable[[str], Q]
    link: Callable[[Any], str]
    settled: Coalesce = SETTLED_WARD


def tasks(user: User, wanted: Filter, page: str | None, *, drill: bool, size: int) -> Page[Any]:
    """Return one page of WardTask objects that the person may see, the longest waiting first."""
    return paged(list(_sources(user, wanted, drill=drill)), page, latest_first=False, size=size)


def wards(user: User, *, drill: bool) -> list[Ward]:
    """Return the wards that have something left to do that the person may see, in one statement."""
    any_kind = Q()
    for spec in _KINDS.values():
        rows = spec.rows(user).filter(**{spec.drill: drill}).order_by()
        any_kind |= Q(pk__in=rows.annotate(settled=spec.settled).values("settled"))
    return list(Ward.objects.select_related("clinic").filter(any_kind))


def next_task(user: User, *, drill: bool, beside: Model | None = None) -> WardTask | None:
    """Return what has waited longest, ``beside`` what was just done."""
    first = tasks(user, Filter(), None, drill=drill, size=2)
    return next((task for task in first if task.row != beside), None)


def _sources(user: User, wanted: Filter, *, drill: bool) -> Iterator[Source]:
    for kind in [wanted.kind] if wanted.kind else list(TaskKind):
        spec = _KINDS[kind]
        rows = spec.rows(user).filter(**{spec.drill: drill})
        if wanted.ward:
            rows = rows.filter(spec.of_ward(wanted.ward))
        if wanted.mine:
            rows = rows.filter(spec.asked_by(user.username))
        yield Source(rows, spec.at, partial(_task, kind))


def _task(kind: TaskKind, row: Any, since: datetime) -> WardTask:
    return WardTask(kind, row, row.ward, since, _KINDS[kind].link(row))


def _in_state(state: State, user: User) -> QuerySet[Handout]:
    return open_for(user).filter(state=state)


def _late(user: User) -> QuerySet[LateRegistration]:
    return late_registration.visible_to(user).filter(late_registration.OPEN)


def _prepared(user: User) -> QuerySet[PreparedNumber]:
    unmarked = prepared.visible_to(user).filter(prepared.UNMARKED, prepared.DUE)
    return unmarked.annotate(since=Coalesce("plan__outage__started_at", "plan__cancelled_at"))


def _of(ward: int) -> Q:
    return Q(ward=ward) | Q(ward__same_as=ward)


def _called_by(vgr_id: str) -> Q:
    called = Q(call__caller=vgr_id, corrected_ward=None)
    return called | Q(corrected_caller=vgr_id, corrected_ward__isnull=False)


def _waiting_link(patient: Patient) -> str:
    return f"{of_kind(reverse('ward:open'), drill=patient.call.drill)}#waits-{patient.pk}"


def _switch_link(handout: Handout) -> str:
    return f"{handout.get_absolute_url()}#switches"


def _prepared_link(number: PreparedNumber) -> str:
    return f"{reverse('outage:prepared', args=[number.plan_id])}#prepared-{number.pk}"


def _handouts(state: State) -> _Kind:
    return _Kind(
        partial(_in_state, state),
        "handed_out_at",
        "outage__drill",
        _of,
        lambda vgr_id: Q(caller=vgr_id),
        Handout.get_absolute_url,
    )


_KINDS = {
    TaskKind.WAITS: _Kind(
        unmet.waiting_for,
        "waiting_since",
        "call__drill",
        unmet.of_ward,
        _called_by,
        _waiting_link,
        Coalesce("corrected_ward__same_as", "corrected_ward", "call__ward__same_as", "call__ward"),
    ),
    TaskKind.NUMBER: _handouts(State.HANDED_OUT),
    TaskKind.NOTICE: _handouts(State.REPLACED),
    TaskKind.SWITCHES: _Kind(
        switches.closed_but_open,
        "handed_out_at",
        "outage__drill",
        _of,
        lambda vgr_id: Q(caller=vgr_id),
        _switch_link,
    ),
    TaskKind.LATE: _Kind(
        _late,
        "treated_at",
        "outage__drill",
        _of,
        lambda vgr_id: Q(recorded_by__username=vgr_id),
        lambda row: str(row.place_in_list),
    ),
    TaskKind.PREPARED: _Kind(
        _prepared,
        "since",
        "plan__drill",
        _of,
        lambda vgr_id: Q(entered_by__username=vgr_id),
        _prepared_link,
    ),
}
