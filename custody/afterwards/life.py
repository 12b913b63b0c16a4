"""The life of one number of a binder: all that happened to it, and who was shown it.

It is read as an outage's story is, with the same entries: a page costs the same however much has
happened. A ward sees what concerns its own handouts of the number, and those moved away from it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from befreg_reserv.audit.acts import label
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.access import may, seen_by
from befreg_reserv.people.models import User
from befreg_reserv.times import moment
from custody.afterwards.belonging import missing_at
from custody.afterwards.merged import Source, paged
from custody.afterwards.story import calls as of_calls
from custody.afterwards.story import handouts as of_handouts
from custody.afterwards.story import outage as of_outage
from custody.afterwards.story import sheets as of_sheets
from custody.afterwards.story.happening import Happening, at_wards_of_then, recorded
from custody.binder.contents import with_whereabouts
from custody.handouts import doubles
from custody.handouts.followup import readable_by
from custody.logged import Logged
from custody.models import (
    CountLine,
    DoubledMail,
    DoubledNumber,
    ForeignSheet,
    Handout,
    HandoutStep,
    LostHandout,
    Patient,
    Quarantine,
    Reminder,
    ReserveNumber,
    SwitchTick,
)
from custody.models.states import Act

PAGE_SIZE = 40
EVERY_WARD = "custody.see_all_wards"
PRINTED = (Logged.SLIP, Logged.NOTICE_SHEET)
ENDED_UNUSED = (Act.VOID, Act.UNDO)


def visible_to(user: User) -> QuerySet[Any]:
    """Return the numbers whose life a person may see: a ward's, those it has or had a handout of.

    With what became of their sheets, as ``contents.with_whereabouts`` says.
    """
    if may(user, EVERY_WARD):
        return _numbers()
    own = readable_by(user).order_by().filter(number=OuterRef("pk"))
    return _numbers().filter(Exists(own))


def _numbers() -> QuerySet[Any]:
    return with_whereabouts(ReserveNumber.objects.select_related("binder"))


def handouts_of(number: ReserveNumber, user: User) -> QuerySet[Handout]:
    """Return the number's handouts that the person may read, in the order of their entry."""
    steps = Prefetch("steps", HandoutStep.objects.select_related("former_ward__clinic"))
    handouts = readable_by(user).filter(number=number).prefetch_related(steps)
    return handouts.select_related("successor__number").order_by("pk")


def alarms(number: ReserveNumber, user: User) -> QuerySet[DoubledNumber]:
    """Return the alarms that two patients have the number, as far as the person sees one's."""
    return doubles.seen_by(user).filter(second__number=number)


# --- what happened ------------------------------------------------------------------------------


def page_of(number: ReserveNumber, user: User, page: str | None) -> Page[Any]:
    """Return one page of what happened to the number, as Happening objects, the earliest first.

    Each names the ward that the patient was on then.
    """
    found = paged(_sources(number, user), page, latest_first=False, size=PAGE_SIZE)
    entries = at_wards_of_then(found.object_list)
    found.object_list = [replace(entry, number="") for entry in entries]  # the page is about it
    return found


def _sources(number: ReserveNumber, user: User) -> list[Source]:
    """Return the sources of a number's life, in the order of entries at the same time."""
    sees_all, handouts = may(user, EVERY_WARD), readable_by(user).filter(number=number)
    loaded = ReserveNumber.objects.filter(pk=number.pk, laid_in_at__isnull=False)
    switched = SwitchTick.objects.filter(handout__in=_keys(handouts)).exclude(answer="")
    return [
        Source(loaded, "laid_in_at", _laid_in, ("binder",)),
        *(_of_a_restored_backup(number) if sees_all else []),
        *_of_calls(handouts, linked=sees_all),
        *of_handouts.sources(handouts, of_wards=True),
        _printed_of(number, handouts),
        Source(switched, "at", _switched, ("item", "by", "handout__ward__clinic")),
        *of_handouts.of_alarms(alarms(number, user)),
        _of_mails(alarms(number, user), user),
        *of_sheets.of_missing(_missing(number, handouts, sees_all=sees_all)),
        *(_of_counts(number) if may(user, "custody.view_count") else []),
        of_outage.of_reminders(_reminders(handouts, user)),
    ]


def _keys(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.order_by().values("pk")


def _of_calls(handouts: QuerySet[Handout], *, linked: bool) -> list[Source]:
    patients = Patient.objects.filter(pk__in=handouts.order_by().values("patient"))
    calls = patients.annotate(taken_at=F("call__taken_at"))
    related = ("call__ward__clinic", "call__recorded_by")
    return [
        Source(calls, "taken_at", partial(_called, linked=linked), related),
        of_calls.of_waiting(patients),
    ]


def _printed_of(number: ReserveNumber, handouts: QuerySet[Handout]) -> Source:
    found = of_handouts.logged(handouts, PRINTED, _printed)
    # By the number's own index: the log holds every slip that was ever printed.
    return replace(found, rows=found.rows.filter(number=number.value))


def _of_mails(seen: QuerySet[DoubledNumber], user: User) -> Source:
    mails = DoubledMail.objects.filter(alarm__in=_keys(seen))
    return Source(seen_by(mails, user, EVERY_WARD), "claimed_at", _mailed, ("ward__clinic",))


def _missing(
    number: ReserveNumber, handouts: QuerySet[Handout], *, sees_all: bool
) -> QuerySet[Quarantine]:
    """Return when the number's sheet was missing; for a ward, at its own handouts alone."""
    rows = Quarantine.objects.filter(number=number, restoration=None)
    return rows if sees_all else rows.filter(missing_at(handouts), count=None)


def _of_a_restored_backup(number: ReserveNumber) -> list[Source]:
    forgotten = Quarantine.objects.filter(number=number, restoration__isnull=False)
    explained = forgotten.filter(explained_at__isnull=False)
    return [
        Source(LostHandout.objects.filter(number=number.value), "left_at", _lost),
        Source(forgotten, "found_at", _forgotten),
        Source(explained, "explained_at", _found_again),
    ]


def _of_counts(number: ReserveNumber) -> list[Source]:
    lines = CountLine.objects.filter(Q(expected=True) | Q(found=True), number=number)
    by = ("count__binder", "count__recorded_by")
    return [
        Source(lines.annotate(counted_at=F("count__at")), "counted_at", _counted, by),
        Source(lines.filter(destroyed_at__isnull=False), "destroyed_at", _destroyed),
        *of_sheets.of_foreign(ForeignSheet.objects.filter(value=number.value)),
    ]


def _reminders(handouts: QuerySet[Handout], user: User) -> QuerySet[Reminder]:
    """Return the mails that counted one of these handouts among the open ones of its ward."""
    ended = HandoutStep.objects.filter(
        handout=OuterRef("pk"), act__in=ENDED_UNUSED, at__lte=OuterRef(OuterRef("claimed_at"))
    )
    open_then = handouts.order_by().filter(
        Q(closed_at__isnull=True) | Q(closed_at__gt=OuterRef("claimed_at")),
        Q(ward=OuterRef("ward")) | Q(ward__same_as=OuterRef("ward")),
        ~Exists(ended),
        outage=OuterRef("outage"),
        handed_out_at__lte=OuterRef("claimed_at"),
    )
    of_these = Reminder.objects.filter(outage__in=handouts.order_by().values("outage"))
    return seen_by(of_these.filter(Exists(open_then)), user, EVERY_WARD)


def _laid_in(number: ReserveNumber, at: datetime) -> Happening:
    detail = [_("Tab %(tab)d of %(binder)s") % {"tab": number.tab, "binder": number.binder}]
    if number.lain_since and number.lain_since != at:
        detail.append(_("has lain there since %(time)s") % {"time": moment(number.lain_since)})
    return Happening(at, "", _("Laid into the binder"), detail=" · ".join(detail))


def _called(patient: Any, at: datetime, *, linked: bool) -> Happening:
    call = patient.call
    who = _("Caller: %(caller)s") % {"caller": call.caller_words}
    late = _("Entered afterwards") if call.late else ""
    return Happening(
        at,
        call.taken_by,
        _("Call taken"),
        detail=" · ".join(filter(None, (who, patient.words, late))),
        ward=str(call.ward),
        link=call.get_absolute_url() if linked else "",
        **recorded(at, call.taken_by, call),
    )


def _printed(row: tuple[LogEntry, Handout], at: datetime) -> Happening:
    entry, handout = row
    by = entry.actor.username if entry.actor else ""
    return Happening(at, by, label(entry.act), ward=str(handout.ward), shown=handout)


def _switched(tick: SwitchTick, at: datetime) -> Happening:
    what = _("Switch list: %(thing)s") % {"thing": tick.item.shown_name}
    answer, handout = str(tick.get_answer_display()), tick.handout
    return Happening(
        at, tick.by.username, what, detail=answer, ward=str(handout.ward), shown=handout
    )


def _mailed(mail: DoubledMail, at: datetime) -> Happening:
    arrived = "" if mail.sent_at else mail.failure or _("nobody knows whether it arrived")
    to = "" if mail.ward else _("to the administrators")
    return Happening(
        at,
        "",
        Logged.MAIL_DOUBLED.label,
        detail=" · ".join(filter(None, (to, arrived))),
        ward=str(mail.ward or ""),
    )


def _lost(lost: LostHandout, at: datetime) -> Happening:
    caller = _("Caller: %(caller)s") % {"caller": lost.caller} if lost.caller else ""
    what = _("Left the binder, says the journal: a restored backup had forgotten it")
    detail = " · ".join(filter(None, (caller, lost.callback)))
    return Happening(at, lost.left_by, what, detail=detail, ward=lost.ward)


def _forgotten(quarantine: Quarantine, at: datetime) -> Happening:
    what = _("Set aside after a restored backup")
    return Happening(at, quarantine.found_by, what, text=quarantine.reason)


def _found_again(quarantine: Quarantine, at: datetime) -> Happening:
    what, why = Logged.EXPLAIN_QUARANTINE.label, quarantine.explanation
    return Happening(at, quarantine.explained_by, what, text=why)


def _counted(line: Any, at: datetime) -> Happening:
    count = line.count
    return Happening(
        at,
        count.by,
        _in_the_count(line),
        detail=str(count.binder),
        link=count.get_absolute_url(),
        **recorded(at, count.by, count),
    )


def _in_the_count(line: CountLine) -> str:
    if line.missing:
        return _("Missing at a count")
    if line.surplus:
        return _("Lay in the binder at a count, though it had left it")
    return _("Lay in the binder at a count") if line.found else _("Left the binder during a count")


def _destroyed(line: CountLine, at: datetime) -> Happening:
    what, note = Logged.DESTROY_SHEET.label, line.destroyed_note
    return Happening(at, line.destroyed_by, what, text=note)


# --- who was shown it ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Looks:
    """How often, first and last one person was shown the number in one way."""

    who: str
    how: str
    times: int
    first: datetime
    last: datetime


def looks_at(number: ReserveNumber, page: str | None) -> Page[Any]:
    """Return one page of who was shown the number, as Looks objects, the latest first.

    Two statements.
    """
    shown = LogEntry.objects.filter(number=number.value, action=LogEntry.Action.ACCESS)
    by_person = shown.order_by().values_list("actor__username", "act")
    grouped = by_person.annotate(Count("pk"), Min("timestamp"), latest=Max("timestamp"))
    found = Paginator(grouped.order_by("-latest", "actor__username", "act"), PAGE_SIZE)
    looks = found.get_page(page)
    looks.object_list = [
        Looks(who or "", label(act), *figures) for who, act, *figures in looks.object_list
    ]
    return looks
