"""The story of an outage: all that happened, from every table, in the order it happened.

The database merges and sorts the keys, so that a page costs the same among ten entries and among
ten thousand; what stands on the page is then read with one statement for each kind of entry.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Page, Paginator
from django.db.models import Count as CountOf
from django.db.models import Exists, F, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.access import seen_by
from befreg_reserv.people.models import User
from befreg_reserv.times import duration, moment
from custody.calls import unmet
from custody.handouts import doubles
from custody.handouts.followup import visible_to
from custody.logged import Logged
from custody.models import (
    Count,
    DoubledNumber,
    ForeignSheet,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    Patient,
    Quarantine,
    Reminder,
    SignOff,
)
from custody.models.calls import PatientState
from custody.models.states import Act, State
from custody.planned import late_registration
from outage.models import Outage, PlanChange, Tick, TimelineEntry

PAGE_SIZE = 40  # with the open items beside it, SQLite can log the look in one statement
MISSING = Q(lines__expected=True, lines__found=False, lines__meanwhile=False)
SURPLUS = Q(lines__expected=False, lines__found=True, lines__meanwhile=False)


@dataclass(frozen=True)
class Happening:
    """One thing that happened. ``text`` is what somebody wrote, ``detail`` what the page adds."""

    at: datetime
    by: str
    what: str | Promise
    text: str = ""
    detail: str = ""
    number: str = ""
    ward: str = ""
    link: str = ""
    # Set if it was recorded later, or by somebody else than the person who did it.
    recorded_at: datetime | None = None
    recorded_by: str = ""
    # The object whose number is shown, for the audit log.
    shown: Model | None = None


@dataclass(frozen=True)
class Source:
    """Rows of one kind with their time in the column ``at``; ``make`` makes an entry of a row."""

    rows: QuerySet[Any]
    at: str
    make: Callable[[Any, datetime], Any]
    related: tuple[str, ...] = ()

    def keys(self, rank: int) -> QuerySet[Any, Any]:
        """Return (when, rank, key) of every row, to be merged with those of other sources."""
        plain = self.rows.order_by().annotate(
            when=F(self.at), rank=Value(rank, output_field=IntegerField()), key=F("pk")
        )
        keys: QuerySet[Any, Any] = plain.values_list("when", "rank", "key")
        return keys

    def entries(self, keys: Iterable[int]) -> dict[int, Any]:
        """Return the entries of these rows, by key; one statement, or none without keys."""
        rows = self.rows.select_related(*self.related) if self.related else self.rows
        found = rows.in_bulk(list(keys))
        return {key: self.make(row, getattr(row, self.at)) for key, row in found.items()}


@dataclass(frozen=True)
class _Misread(Source):
    """Wrong readings. They stand in the log alone, which doesn't know the handouts."""

    handouts: QuerySet[Handout] = field(default_factory=Handout.objects.none)

    def entries(self, keys: Iterable[int]) -> dict[int, Any]:
        """Return the entries of these rows, by key; two statements."""
        logged = self.rows.select_related(*self.related).in_bulk(list(keys))
        of = self.handouts.in_bulk({row.object_id for row in logged.values()})
        return {
            key: self.make((row, of[row.object_id]), row.timestamp) for key, row in logged.items()
        }


def _misread_of(handouts: QuerySet[Any, Any]) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(Handout)
    rows: QuerySet[LogEntry] = LogEntry.objects.filter(
        act=Logged.READ_BACK_WRONG, content_type=kind, object_id__in=handouts
    )
    return rows


def page_of(outage: Outage, user: User, number: str | None, *, latest_first: bool) -> Page[Any]:
    """Return one page of the story, as Happening objects, as far as ``user`` may see it.

    A user who may not see every ward's handouts sees those of their own wards, and what is about
    no ward.
    """
    return paged(_sources(outage, user), number, latest_first=latest_first, size=PAGE_SIZE)


def paged(sources: list[Source], number: str | None, *, latest_first: bool, size: int) -> Page[Any]:
    """Return one page of the entries of all sources, sorted by the database."""
    first, *others = [source.keys(rank) for rank, source in enumerate(sources)]
    order = ("-when", "-rank", "-key") if latest_first else ("when", "rank", "key")
    page = Paginator(first.union(*others, all=True).order_by(*order), size).get_page(number)
    page.object_list = _entries(sources, list(page.object_list))
    return page


def _entries(sources: list[Source], keys: Sequence[tuple[datetime, int, int]]) -> list[Any]:
    found = {
        rank: source.entries(key for _when, of_rank, key in keys if of_rank == rank)
        for rank, source in enumerate(sources)
    }
    return [found[rank][key] for _when, rank, key in keys]


def counts_of(outage: Outage) -> QuerySet[Count]:
    """Return the counts that belong to an outage: from its start until it was signed off.

    If nobody signs it off, until the next outage of its kind begins: later counts belong to that
    one. The first count of each binder after the end always belongs to this one, since its sign-off
    waits for it; so do further ones, since a second count the same evening often settles the first.

    Annotated: ``missing`` and ``surplus`` are how many tabs varied, ``foreign`` is how many sheets
    weren't the binder's.
    """
    before = SignOff.objects.filter(outage=outage, at__lt=OuterRef("at"))
    counts = Count.objects.filter(binder__training=outage.drill, at__gte=outage.started_at)
    if outage.ended_at:
        counts = counts.exclude(_of_the_next(outage, outage.ended_at))
    foreign = ForeignSheet.objects.filter(count=OuterRef("pk")).order_by().values("count")
    return counts.filter(~Exists(before)).annotate(
        missing=CountOf("lines", filter=MISSING),
        surplus=CountOf("lines", filter=SURPLUS),
        # A subquery: joined beside the lines, each sheet would count once for every line.
        foreign=Coalesce(Subquery(foreign.annotate(sheets=CountOf("pk")).values("sheets")), 0),
    )


def _of_the_next(outage: Outage, ended_at: datetime) -> Q:
    """Return the condition for counts of a later outage.

    Their lists were made after it began, and each isn't its binder's first since ``ended_at``.
    """
    others = Outage.objects.filter(drill=outage.drill).exclude(pk=outage.pk)
    begun = others.filter(started_at__gte=ended_at, started_at__lte=OuterRef("listed_at"))
    of_binder = Count.objects.filter(binder=OuterRef("binder"), listed_at__gte=ended_at)
    earlier = Q(listed_at__lt=OuterRef("listed_at"))
    earlier |= Q(listed_at=OuterRef("listed_at"), pk__lt=OuterRef("pk"))
    return Q(Exists(begun)) & Q(Exists(of_binder.filter(earlier)))


def quarantines_of(
    outage: Outage, handouts: QuerySet[Handout], *, with_counts: bool
) -> QuerySet[Quarantine]:
    """Return the sheets that were missing at these handouts of an outage, or at its counts."""
    # A handout that made way for paper is undone, but its sheet was missing all the same.
    made_way = HandoutStep.objects.filter(handout=OuterRef("pk"), act=Act.MAKE_WAY)
    without_sheet = handouts.filter(~Q(state=State.UNDONE) | Exists(made_way))
    numbers = without_sheet.order_by().values("number")
    missing = Q(number__in=numbers, found_at__gte=outage.started_at)
    if with_counts:
        missing |= Q(count__in=counts_of(outage).order_by().values("pk"))
    # A number that a restored backup had forgotten is no missing sheet.
    return Quarantine.objects.filter(missing, restoration=None)


def _sources(outage: Outage, user: User) -> list[Source]:
    """Return the sources of the story, in the order of entries at the same time."""
    handouts = visible_to(user).filter(outage=outage)
    timeline = TimelineEntry.objects.filter(outage=outage).select_related("recorded_by")
    end = Q(act=TimelineEntry.Act.ENDED)
    handout_keys = handouts.order_by().values("pk")
    late = late_registration.visible_to(user).filter(outage=outage)
    withdrawn = LateWithdrawal.objects.filter(registration__in=late.order_by().values("pk"))
    about = ("number__binder", "ward__clinic")
    about_withdrawal = ("registration__ward__clinic", "recorded_by")
    sees_counts = user.has_perm("custody.view_count")
    missing = quarantines_of(outage, handouts, with_counts=sees_counts)
    return [
        Source(PlanChange.objects.filter(plan=outage.plan_id), "at", _announced, ("by",)),
        Source(Tick.objects.filter(doubt__outage=outage), "at", _ticked, ("by",)),
        Source(timeline.exclude(end), "at", _noted),
        Source(late, "treated_at", _listed),
        *_of_calls(outage, user),
        Source(
            HandoutStep.objects.filter(handout__in=handout_keys),
            "at",
            _stepped,
            (
                "handout__number__binder",
                "handout__ward__clinic",
                "recorded_by",
                "former_ward__clinic",
            ),
        ),
        _Misread(
            _misread_of(handout_keys),
            "timestamp",
            _misread,
            ("actor",),
            handouts.select_related(*about),
        ),
        Source(handouts.filter(read_back_at__isnull=False), "read_back_at", _read_back, about),
        *_of_doubled(outage, user),
        *_of_missing_sheets(missing),
        Source(timeline.filter(end), "at", _noted),
        Source(late.filter(registered_at__isnull=False), "registered_at", _registered),
        Source(withdrawn, "registered_at", _registered_once, about_withdrawal),
        Source(withdrawn, "at", _withdrawn, about_withdrawal),
        Source(late.filter(struck_at__isnull=False), "struck_at", _struck),
        Source(
            counts_of(outage),
            "at",
            partial(_counted, linked=sees_counts),
            ("binder", "recorded_by"),
        ),
        *(_of_foreign_sheets(outage) if sees_counts else []),
        Source(_reminders(outage, user), "claimed_at", _reminded, ("ward__clinic",)),
        Source(SignOff.objects.filter(outage=outage), "at", _signed_off, ("by",)),
    ]


def _of_doubled(outage: Outage, user: User) -> list[Source]:
    seen = doubles.seen_by(user).filter(doubles.in_outage(outage))
    related = tuple(doubles.RELATED)
    settled = seen.filter(settled_at__isnull=False)
    return [
        Source(seen, "found_at", _doubled, related),
        Source(settled, "settled_at", _doubled_settled, related),
    ]


def _of_calls(outage: Outage, user: User) -> list[Source]:
    calls = (
        unmet.calls_seen_by(user)
        .filter(outage=outage)
        .annotate(
            asked_for=CountOf("patients"),
            # Those who had to wait from the beginning, also if they have got a number since.
            waited=CountOf("patients", filter=Q(patients__waiting_since=F("taken_at"))),
        )
    )
    ended = unmet.patients_seen_by(user).filter(
        call__outage=outage, waiting_since__isnull=False, ended_at__isnull=False
    )
    return [
        Source(calls, "taken_at", _called, ("ward__clinic", "recorded_by")),
        Source(ended, "ended_at", _waited),
    ]


def _of_missing_sheets(missing: QuerySet[Quarantine]) -> list[Source]:
    about = ("number__binder", "recorded_by")
    explained = missing.filter(explained_at__isnull=False)
    return [
        Source(missing, "found_at", _missed, about),
        Source(explained, "explained_at", _explained, about),
    ]


def _of_foreign_sheets(outage: Outage) -> list[Source]:
    counts = counts_of(outage).order_by().values("pk")
    sheets = ForeignSheet.objects.filter(count__in=counts).annotate(found_at=F("count__at"))
    explained = sheets.filter(explained_at__isnull=False)
    return [
        Source(sheets, "found_at", _foreign, ("count__recorded_by",)),
        Source(explained, "explained_at", _foreign_explained),
    ]


def _reminders(outage: Outage, user: User) -> QuerySet[Reminder]:
    """Return the reminders of the wards whose handouts the person may see."""
    return seen_by(Reminder.objects.filter(outage=outage), user, "custody.see_all_wards")


def _late(at: datetime, by: str, row: Any) -> dict[str, Any]:
    """Return when and by whom a row was recorded, unless that is ``at`` and ``by``."""
    if row.recorded_at == at and row.recorded_by.username == by:
        return {}
    return {"recorded_at": row.recorded_at, "recorded_by": row.recorded_by.username}


def _announced(change: PlanChange, at: datetime) -> Happening:
    window = f"{moment(change.planned_start)} – {moment(change.planned_end)}"
    what = _("Planned outage: %(act)s") % {"act": str(change.get_act_display()).lower()}
    return Happening(at, change.by.username, what, text=change.reason, detail=window)


def _ticked(tick: Tick, at: datetime) -> Happening:
    detail = _("Skipped in a hurry") if tick.skipped else ""
    what = _("Checklist: %(item)s") % {"item": tick.get_item_display()}
    return Happening(at, tick.by.username, what, text=tick.text, detail=detail)


def _noted(note: TimelineEntry, at: datetime) -> Happening:
    late = _late(at, note.by, note)
    return Happening(at, note.by, note.get_act_display(), text=note.text, **late)


def _about(handout: Handout) -> dict[str, Any]:
    return {
        "number": handout.number.value,
        "ward": str(handout.ward),
        "link": handout.get_absolute_url(),
        "shown": handout,
    }


def _called(call: Any, at: datetime) -> Happening:
    who = _("Caller: %(caller)s") % {"caller": call.caller_words}
    number = call.asked_for
    patients = ngettext("%(number)d patient", "%(number)d patients", number) % {"number": number}
    unknown = "" if call.caller else _("vgr-id not known")
    waited = _("without a number: %(number)d") % {"number": call.waited} if call.waited else ""
    late = _("Entered afterwards") if call.late else ""
    return Happening(
        at,
        call.taken_by,
        _("Call taken"),
        detail=" · ".join(filter(None, (who, unknown, patients, waited, late))),
        ward=str(call.ward),
        **_late(at, call.taken_by, call),
    )


HOW_A_WAIT_ENDED = {
    PatientState.SERVED.value: Logged.SERVE_PATIENT,
    PatientState.WITHDRAWN.value: Logged.WITHDRAW_PATIENT,
    PatientState.SETTLED.value: Logged.SETTLE_PATIENT,
}


def _waited(patient: Patient, at: datetime) -> Happening:
    waited = _("waited %(duration)s") % {"duration": duration(patient.waited)}
    return Happening(
        at,
        patient.ended_by,
        str(HOW_A_WAIT_ENDED[patient.state].label),
        text=patient.reason,
        detail=f"{patient.words} · {waited}",
        ward=str(patient.call.ward),
    )


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
        **_about(step.handout),
        **_late(at, step.by, step),
    )


def _read_back(handout: Handout, at: datetime) -> Happening:
    return Happening(at, handout.read_back_by, _("Read back"), **_about(handout))


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
    _before, typed = entry.changes["read_back"]
    by = entry.actor.username if entry.actor else ""
    return Happening(at, by, _("Read back wrong"), text=typed, **_about(handout))


def _missed(quarantine: Quarantine, at: datetime) -> Happening:
    return Happening(
        at,
        quarantine.found_by,
        _("Sheet missing"),
        text=quarantine.reason,
        number=quarantine.number.value,
        shown=quarantine,
        **_late(at, quarantine.found_by, quarantine),
    )


def _explained(quarantine: Quarantine, at: datetime) -> Happening:
    return Happening(
        at,
        quarantine.explained_by,
        _("Missing sheet explained"),
        text=quarantine.explanation,
        number=quarantine.number.value,
        shown=quarantine,
    )


def _foreign(sheet: ForeignSheet, at: datetime) -> Happening:
    return Happening(
        at,
        sheet.count.by,
        _("A sheet that doesn't belong there"),
        detail=str(sheet.get_kind_display()),
        number=sheet.value,
        shown=sheet,
        **_late(at, sheet.count.by, sheet.count),
    )


def _foreign_explained(sheet: ForeignSheet, at: datetime) -> Happening:
    return Happening(
        at,
        sheet.explained_by,
        _("Sheet that didn't belong there explained"),
        text=sheet.explanation,
        number=sheet.value,
        shown=sheet,
    )


def _listed(patient: LateRegistration, at: datetime) -> Happening:
    by = patient.recorded_by.username
    return Happening(
        at,
        by,
        _("Patient without a number, to be registered late"),
        detail=patient.place,
        ward=str(patient.ward),
        **_late(at, by, patient),
    )


def _registered(patient: LateRegistration, at: datetime) -> Happening:
    return Happening(
        at,
        patient.registered_by,
        _("Registered late"),
        detail=patient.place,
        number=patient.number or "",
        ward=str(patient.ward),
        shown=patient,
    )


def _registered_once(withdrawal: LateWithdrawal, at: datetime) -> Happening:
    return Happening(
        at, withdrawal.registered_by, _("Registered late"), **_about_withdrawn(withdrawal)
    )


def _withdrawn(withdrawal: LateWithdrawal, at: datetime) -> Happening:
    return Happening(
        at,
        withdrawal.by,
        _("Late registration withdrawn"),
        text=withdrawal.reason,
        **_about_withdrawn(withdrawal),
        **_late(at, withdrawal.by, withdrawal),
    )


def _about_withdrawn(withdrawal: LateWithdrawal) -> dict[str, Any]:
    return {
        "detail": withdrawal.registration.place,
        "number": withdrawal.number,
        "ward": str(withdrawal.registration.ward),
        "shown": withdrawal,
    }


def _struck(patient: LateRegistration, at: datetime) -> Happening:
    return Happening(
        at,
        patient.struck_by,
        _("Struck from the late list"),
        text=patient.struck_reason,
        detail=patient.place,
        ward=str(patient.ward),
    )


def _counted(count: Any, at: datetime, *, linked: bool) -> Happening:
    varies = count.missing or count.surplus or count.foreign
    found = variance_in_words(count) if varies else _("No variance")
    return Happening(
        at,
        count.by,
        _("Binder counted"),
        # The reason may quote a number that stood on a sheet.
        text=count.reason if linked else "",
        detail=f"{count.binder}: {found}",
        link=count.get_absolute_url() if linked else "",
        **_late(at, count.by, count),
    )


def variance_in_words(count: Any) -> str:
    """Return a count's variance in words. ``count`` comes from ``counts_of``."""
    figures = {"missing": count.missing, "surplus": count.surplus}
    text = _("%(missing)d missing, %(surplus)d too many") % figures
    if not count.foreign:
        return text
    foreign = ngettext(
        "%(number)d sheet that doesn't belong there",
        "%(number)d sheets that don't belong there",
        count.foreign,
    )
    return f"{text}, {foreign % {'number': count.foreign}}"


def _reminded(reminder: Reminder, at: datetime) -> Happening:
    count = _("%(count)d open") % {"count": reminder.handouts}
    return Happening(
        at,
        "",
        _("Reminder sent") if reminder.sent_at else _("Reminder not sent"),
        detail=" · ".join(filter(None, [count, reminder.failure])),
        ward=str(reminder.ward),
    )


def _signed_off(sign_off: SignOff, at: datetime) -> Happening:
    unread = sign_off.never_read_back
    detail = _("Never read back: %(number)d") % {"number": unread} if unread else ""
    return Happening(at, sign_off.by.username, _("Outage signed off"), sign_off.text, detail)
