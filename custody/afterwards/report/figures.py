"""The report of an outage: all its figures, from a constant number of statements.

The page, the PDF and the drawing all show this one object; ``custody.afterwards.report.words``
adds the words. Undone handouts are counted in one figure of their own, and in no other.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count as CountOf
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.seals import paper
from befreg_reserv.audit.seals.paper import PrintedSeal
from befreg_reserv.people.models import Ward
from custody.afterwards import deviations, sign_off
from custody.afterwards.belonging import counts_of, quarantines_of
from custody.afterwards.deviations import Deviation, DeviationKind
from custody.afterwards.report import calls
from custody.afterwards.report.calls import Calls
from custody.afterwards.report.drawing import Bucket, Change, buckets
from custody.afterwards.report.times import Times
from custody.afterwards.sign_off import Missing
from custody.binder import contents
from custody.binder.contents import Supply
from custody.handouts.followup import SETTLED_WARD
from custody.logged import Logged
from custody.models import (
    Count,
    Handout,
    HandoutStep,
    LateRegistration,
    PreparedNumber,
    Reminder,
    SignOff,
)
from custody.models.states import OPEN, Act, State
from custody.numbers.identities import Sex, read_date
from custody.numbers.sql import stated_on
from custody.wards.then import wards_said
from outage.models import DrillTargets, Outage, Tick, TimelineEntry

MOST_DATES = 5  # a binder has one birth date, a hospital a binder or two
MOST_COUNTS = 20
# By how much an act changes the number of open loops.
LOOPS = {
    Act.HAND_OUT.value: 1,
    Act.FILE_NOTICE.value: -1,
    Act.VOID.value: -1,
    Act.WITHDRAW_NOTICE.value: 1,
}

# What a ward does to close a handout. A void isn't among them: the sheet may have been missing.
CLOSING = (Act.REPLACE.value, Act.FILE_NOTICE.value)
WITHDRAWING = (Act.WITHDRAW_REPLACEMENT.value, Act.WITHDRAW_NOTICE.value)


class _Row(NamedTuple):
    """What the report reads of a handout."""

    pk: int
    instead_of: int | None
    sex: str
    meant: int
    state: str
    late: bool
    called_at: datetime | None
    handed_out_at: datetime
    replaced_at: datetime | None
    closed_at: datetime | None
    caller: str
    handed_out_by: str
    recorded_by: str
    birth_date: date
    read_back_by: str
    for_wrong_sex: bool  # given instead of one whose sex had been said wrong


class _Step(NamedTuple):
    """What the report reads of a step."""

    act: str
    at: datetime
    by: str
    recorded_by: str


COLUMNS = ("pk", "instead_of", "number__sex", "meant", "state", "late", "called_at",
           "handed_out_at", "replaced_at", "closed_at", "caller", "handed_out_by",
           "recorded_by__username", "number__binder__birth_date", "read_back_by",
           "for_wrong_sex")  # fmt: skip


@dataclass(frozen=True)
class WardLine:
    """The numbers that a ward was given, and how many are still open."""

    ward: str
    women: int
    men: int
    open: int
    unknown: int = 0  # numbers of unknown sex, which few binders hold

    @property
    def total(self) -> int:
        """Return how many there were in all."""
        return self.women + self.men + self.unknown


@dataclass(frozen=True)
class Outcomes:
    """How far a list has been worked off."""

    used: int  # prepared numbers used; patients registered
    unused: int  # prepared numbers not used; patients struck
    waiting: int

    @property
    def total(self) -> int:
        """Return how many there were in all."""
        return self.used + self.unused + self.waiting


@dataclass(frozen=True)
class Against:
    """How many times of a drill met the target, missed it, or may still meet it."""

    target: timedelta
    within: int
    beyond: int
    waiting: int


@dataclass(frozen=True)
class Part:
    """Who took part in a drill, and in what."""

    vgr_id: str
    did: tuple[str, ...]


@dataclass(frozen=True)
class Deviations:
    """How many deviations of some kinds there were; the Report counts late entries and voids."""

    missing_sheets: int
    wrong_read_backs: int  # how often somebody read back something else
    never_read_back: int  # of what was handed out by telephone and used


@dataclass(frozen=True)
class Drill:
    """What the report of a drill has besides."""

    took_part: list[Part]
    call_to_number: Against
    close_out: Against


@dataclass(frozen=True)
class Report:
    """An outage in figures, as they were at ``at``."""

    outage: Outage
    at: datetime
    cause: TimelineEntry | None
    went_wrong: list[TimelineEntry]
    signed_off: SignOff | None
    opened_again: list[Missing]  # what is to be done since it was signed off
    women: int
    men: int
    unknown: int  # numbers of unknown sex
    wards: list[WardLine]
    calls: Calls
    call_to_number: Times
    to_real_number: Times
    to_notice: Times
    open: int
    oldest_open: datetime | None
    late: int
    voided: int
    undone: int
    deviations: Deviations
    listed: list[Deviation]  # one by one; ``deviations`` also counts some that aren't listed
    counts: list[Count]  # the last since the end, with their variance: see ``story.counts_of``
    more_counts: int  # besides these, older ones
    prepared: Outcomes
    late_registrations: Outcomes
    reminders: int
    supply: list[tuple[date, list[Supply]]]
    curve: list[Bucket]
    drill: Drill | None
    seal: PrintedSeal | None

    @property
    def given(self) -> int:
        """Return how many numbers were given in all."""
        return self.women + self.men + self.unknown


def report(outage: Outage, now: datetime) -> Report:
    """Return the report of an outage as it stands at ``now``."""
    everything = _handouts(outage)
    said = wards_said({row.pk for row in everything})
    everything = [_at_ward_said(row, said) for row in everything]
    rows = [row for row in everything if row.state != State.UNDONE]
    timeline = list(outage.timeline.select_related("recorded_by"))
    steps = _steps(outage)
    waits = list(_call_to_number(everything))
    opened = [row.handed_out_at for row in rows if row.state in OPEN]
    sexes = Counter(row.sex for row in rows)
    counts, more_counts = _counts(outage)
    signed_off = outage.sign_offs.select_related("by").last()
    listed = deviations.of(outage, said)
    return Report(
        outage=outage,
        at=now,
        cause=next((note for note in reversed(timeline) if note.act == note.Act.CAUSE), None),
        went_wrong=[note for note in timeline if note.act == note.Act.WENT_WRONG],
        signed_off=signed_off,
        opened_again=sign_off.missing(outage) if signed_off else [],
        women=sexes[Sex.WOMAN],
        men=sexes[Sex.MAN],
        unknown=sexes[Sex.UNKNOWN],
        wards=_wards(rows),
        calls=calls.figures(outage),
        call_to_number=Times.of(waits),
        to_real_number=Times.of(_after(rows, lambda row: row.replaced_at)),
        to_notice=Times.of(_after(rows, lambda row: row.closed_at)),
        open=len(opened),
        oldest_open=min(opened, default=None),
        late=sum(row.late for row in rows),
        voided=sum(row.state == State.VOIDED for row in rows),
        undone=len(everything) - len(rows),
        deviations=_deviations(outage, listed),
        listed=listed,
        counts=counts,
        more_counts=more_counts,
        prepared=_prepared(outage),
        late_registrations=_late_registrations(outage),
        reminders=Reminder.objects.filter(outage=outage, sent_at__isnull=False).count(),
        supply=[] if outage.drill else _supply(outage, rows),
        curve=_curve(outage, rows, steps, now),
        drill=_drill(outage, rows, waits, steps, timeline, now) if outage.drill else None,
        seal=paper.newest(),
    )


def curve(outage: Outage, now: datetime) -> list[Bucket]:
    """Return handouts and open loops over time, as the report has them."""
    rows = [row for row in _handouts(outage) if row.state != State.UNDONE]
    return _curve(outage, rows, _steps(outage), now)


def _handouts(outage: Outage) -> list[_Row]:
    corrected = HandoutStep.objects.filter(handout=OuterRef("instead_of"), act=Act.CORRECT_SEX)
    rows = Handout.objects.filter(outage=outage).annotate(
        meant=SETTLED_WARD, for_wrong_sex=Exists(corrected)
    )
    return [_Row(*row) for row in rows.values_list(*COLUMNS)]


def _at_ward_said(row: _Row, said: Mapping[int, Ward]) -> _Row:
    ward = said.get(row.pk)
    return row._replace(meant=ward.same_as_id or ward.pk) if ward else row


def _steps(outage: Outage) -> list[_Step]:
    """Return every step of handouts that weren't undone."""
    steps = HandoutStep.objects.filter(handout__outage=outage).exclude(handout__state=State.UNDONE)
    columns = ("act", "at", "by", "recorded_by__username")
    return [_Step(*step) for step in steps.order_by().values_list(*columns)]


def _deviations(outage: Outage, listed: list[Deviation]) -> Deviations:
    standing = Handout.objects.filter(outage=outage).exclude(state=State.UNDONE).order_by()
    missing = {row.number for row in listed if row.kind is DeviationKind.SHEET_MISSING}
    # A right reading is kept on the handout, a wrong one in the audit log alone.
    wrong = LogEntry.objects.filter(
        act=Logged.READ_BACK_WRONG,
        content_type=ContentType.objects.get_for_model(Handout),
        object_id__in=standing.values("pk"),
    )
    return Deviations(
        missing_sheets=len(missing),
        wrong_read_backs=wrong.count(),
        never_read_back=sum(row.kind is DeviationKind.NEVER_READ_BACK for row in listed),
    )


def _wards(rows: list[_Row]) -> list[WardLine]:
    """Return the wards that were given numbers, in Swedish order."""
    by_ward: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        by_ward[row.meant].append(row)
    wards = Ward.objects.select_related("clinic").filter(pk__in=list(by_ward))
    return [
        WardLine(
            ward=str(ward),
            women=sum(row.sex == Sex.WOMAN for row in by_ward[ward.pk]),
            men=sum(row.sex == Sex.MAN for row in by_ward[ward.pk]),
            open=sum(row.state in OPEN for row in by_ward[ward.pk]),
            unknown=sum(row.sex == Sex.UNKNOWN for row in by_ward[ward.pk]),
        )
        for ward in wards
    ]


def _call_to_number(rows: list[_Row]) -> Iterator[timedelta]:
    """Yield how long each caller waited for a number whose sheet was there.

    ``rows``: also the undone ones. A handout on paper has no such time. Where the sex had been said
    wrong the call was answered by the first number, wherever that is now.
    """
    by_key = {row.pk: row for row in rows}
    corrected = {row.instead_of for row in rows if row.for_wrong_sex}
    counted = [
        row
        for row in rows
        if (row.state != State.UNDONE or row.pk in corrected) and not _is_corrected(row, by_key)
    ]
    answered_again = {row.instead_of for row in counted}
    for row in counted:
        called_at = _called_at(row, by_key)
        if called_at and not row.late and row.pk not in answered_again:
            yield row.handed_out_at - called_at


def _is_corrected(row: _Row, by_key: dict[int, _Row]) -> bool:
    """Tell whether a number, or one before it, was given since the sex had been said wrong."""
    earlier: _Row | None = row
    while earlier and not earlier.for_wrong_sex:
        earlier = by_key.get(earlier.instead_of or 0)
    return earlier is not None


def _called_at(row: _Row, by_key: dict[int, _Row]) -> datetime | None:
    """Return when the call came; of a number given instead of others, the first one's call."""
    first: _Row | None = row
    while first and not first.called_at:
        first = by_key.get(first.instead_of or 0)
    return first.called_at if first else None


def _after(rows: list[_Row], reached: Callable[[_Row], datetime | None]) -> Iterator[timedelta]:
    """Yield how long it took from each handout to the time ``reached``, if it was."""
    for row in rows:
        at = reached(row)
        if at:
            yield at - row.handed_out_at


def _counts(outage: Outage) -> tuple[list[Count], int]:
    """Return the last counts since the outage's end, the latest first, and how many more there are.

    Ordered here: Django drops the model's own order for a query that aggregates.
    """
    if outage.ended_at is None:
        return [], 0
    # By the time of its list, as for the sign-off: what left after that was not looked at.
    since = counts_of(outage).filter(listed_at__gte=outage.ended_at)
    shown = list(since.select_related("binder").order_by("-at", "-id")[:MOST_COUNTS])
    return shown, since.count() - len(shown) if len(shown) == MOST_COUNTS else 0


def _prepared(outage: Outage) -> Outcomes:
    used, unused = PreparedNumber.Outcome.USED, PreparedNumber.Outcome.UNUSED
    numbers = PreparedNumber.objects.filter(plan__outage=outage)
    return Outcomes(
        **numbers.aggregate(
            used=CountOf("pk", filter=Q(outcome=used)),
            unused=CountOf("pk", filter=Q(outcome=unused)),
            waiting=CountOf("pk", filter=Q(outcome="")),
        )
    )


def _late_registrations(outage: Outage) -> Outcomes:
    done, struck = Q(registered_at__isnull=False), Q(struck_at__isnull=False)
    patients = LateRegistration.objects.filter(outage=outage)
    return Outcomes(
        **patients.aggregate(
            used=CountOf("pk", filter=done),
            unused=CountOf("pk", filter=struck),
            waiting=CountOf("pk", filter=~done & ~struck),
        )
    )


def _supply(outage: Outage, rows: list[_Row]) -> list[tuple[date, list[Supply]]]:
    """Return what is left on the birth dates of all numbers that were given or prepared."""
    prepared = PreparedNumber.objects.filter(plan__outage=outage)
    days = prepared.order_by().annotate(day=stated_on("value")).values_list("day", flat=True)
    dates = {row.birth_date for row in rows}
    dates |= {read_date(day) for day in days.distinct()}
    return list(contents.supplies(sorted(dates)[:MOST_DATES]).items())


def _curve(outage: Outage, rows: list[_Row], steps: list[_Step], now: datetime) -> list[Bucket]:
    """Return handouts and open loops from the start until the last is closed, or until now."""
    changes: list[Change] = [(step.at, LOOPS[step.act]) for step in steps if step.act in LOOPS]
    unfinished = outage.ongoing or any(row.state in OPEN for row in rows)
    ends = [outage.ended_at or now, *(at for at, _by in changes), *([now] if unfinished else [])]
    given = (row.handed_out_at for row in rows)
    return buckets(outage.started_at, max(ends), given, changes)


def _drill(
    outage: Outage,
    rows: list[_Row],
    waits: list[timedelta],
    steps: list[_Step],
    timeline: list[TimelineEntry],
    now: datetime,
) -> Drill:
    fast, soon = _targets(outage)
    closed = list(_after(rows, lambda row: row.closed_at))
    open_for = [now - row.handed_out_at for row in rows if row.state in OPEN]
    return Drill(
        took_part=_took_part(outage, rows, steps, timeline),
        call_to_number=_against(fast, waits, []),
        close_out=_against(soon, closed, open_for),
    )


def _targets(outage: Outage) -> tuple[timedelta, timedelta]:
    """Return the targets for a number and for closing: as kept at the end, else as set now."""
    targets = DrillTargets.objects.get()
    seconds = outage.call_to_number_seconds or targets.call_to_number_seconds
    minutes = outage.close_out_minutes or targets.close_out_minutes
    return timedelta(seconds=seconds), timedelta(minutes=minutes)


def _against(target: timedelta, done: list[timedelta], open_for: list[timedelta]) -> Against:
    overdue = sum(waited > target for waited in open_for)
    return Against(
        target=target,
        within=sum(took <= target for took in done),
        beyond=sum(took > target for took in done) + overdue,
        waiting=len(open_for) - overdue,
    )


Deed = tuple[str, str, str]  # who did it, who recorded it, and what it was


def _took_part(
    outage: Outage, rows: list[_Row], steps: list[_Step], timeline: list[TimelineEntry]
) -> list[Part]:
    """Return everybody who did something in a drill, by vgr-id."""
    acts = chain(
        _ran_it(outage, timeline),
        chain.from_iterable(_on_the_telephone(row) for row in rows),
        _closed_out(steps),
        _counted(outage),
        _sheets_handled(outage),
        _late_list(outage),
    )
    for_others = _("Entered for somebody else")
    did: dict[str, set[str]] = defaultdict(set)
    for by, recorded_by, what in acts:
        did[by].add(what)
        if recorded_by != by:
            did[recorded_by].add(for_others)
    return [Part(vgr_id, tuple(sorted(did[vgr_id]))) for vgr_id in sorted(did)]


def _ran_it(outage: Outage, timeline: list[TimelineEntry]) -> Iterator[Deed]:
    ran = _("Kept the checklist and the timeline")
    for by in Tick.objects.filter(doubt__outage=outage).values_list("by__username", flat=True):
        yield by, by, ran
    for entry in timeline:
        yield entry.by, entry.recorded_by.username, ran


def _on_the_telephone(row: _Row) -> Iterator[Deed]:
    if row.caller:
        yield row.caller, row.caller, _("Called")
    yield row.handed_out_by, row.handed_out_by, _("Handed out")
    if row.recorded_by != row.handed_out_by:
        yield row.recorded_by, row.recorded_by, _("Entered afterwards")
    if row.read_back_by:
        yield row.read_back_by, row.read_back_by, _("Heard it read back")


def _closed_out(steps: list[_Step]) -> Iterator[Deed]:
    words = {
        **dict.fromkeys(CLOSING, _("Closed out")),
        **dict.fromkeys(WITHDRAWING, _("Withdrew")),
        Act.VOID.value: str(Act.VOID.label),
    }
    for step in steps:
        if step.act in words:
            yield step.by, step.recorded_by, words[step.act]


def _counted(outage: Outage) -> Iterator[Deed]:
    people = counts_of(outage).order_by().values_list("by", "recorded_by__username")
    for by, recorded_by in people:
        yield by, recorded_by, _("Counted")


def _sheets_handled(outage: Outage) -> Iterator[Deed]:
    """Yield who reported a missing sheet at the till, and who explained one."""
    handouts = Handout.objects.filter(outage=outage)
    for missing in quarantines_of(outage, handouts, with_counts=True).select_related("recorded_by"):
        if missing.count_id is None and missing.recorded_by:
            yield missing.found_by, missing.recorded_by.username, _("Set a sheet aside")
        if missing.explained_at:
            yield missing.explained_by, missing.explained_by, _("Explained a missing sheet")


def _late_list(outage: Outage) -> Iterator[Deed]:
    for patient in outage.late_registrations.select_related("recorded_by"):
        listed_by = patient.recorded_by.username
        yield listed_by, listed_by, _("Listed for late registration")
        for by, what in (
            (patient.registered_by, _("Registered late")),
            (patient.struck_by, _("Struck from the late list")),
        ):
            if by:
                yield by, by, what
