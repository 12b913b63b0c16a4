"""Reminders by mail: to the ward, then to the administrators; in a drill to its leader alone.

A reminder is claimed before it is sent: its row is inserted and committed, and the database lets
one of several runs do so. So each is sent at most once: when the mail server fails halfway, nobody
knows whether it came through, and the next weekday's comes as usual. A server that can't be
reached costs no reminder, since it is tried before anything is claimed.

Reminders come in rounds. A handout that is recorded, opened again or moved to the ward after a mail
begins a new round, and so does the end of the outage. A mail that fails doesn't count as one of the
ward's; the administrators hear of it the same day.

No mail holds a number, and no name that was typed in at the till, which may be anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from befreg_reserv import mailing
from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.addresses import of_kind
from befreg_reserv.mailing import Clock
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.text import clean_line
from custody.handouts.followup import SETTLED_WARD
from custody.logged import Logged
from custody.models import Handout, HandoutStep, Reminder
from custody.models.states import OPEN, Act
from outage.calling.closed_days import is_closed
from outage.models import Outage, TimelineEntry

FIRST_HOUR, LAST_HOUR = time(8), time(17)
SATURDAY = 5
ADMINISTRATORS = "administrators: "  # the beginning of ``Reminder.to`` when it went to them


class Recipient(StrEnum):
    """Whom a letter is for; the value names its template."""

    WARD = "ward"
    ADMINISTRATORS = "administrators"
    LEADER = "leader"


@dataclass(frozen=True)
class DueReminder:
    """A ward's open handouts of an outage, and which reminder about them is due.

    ``turn``: its place in the round, from 1. ``unreached``: the last mail to the ward's address
    failed; ``failed_today``: one failed today.
    """

    outage: Outage
    ward: Ward
    handouts: int
    oldest: datetime
    sequence: int
    turn: int = 1
    unreached: bool = False
    failed_today: bool = False

    @property
    def name(self) -> str:
        """Return the ward's name as a mail may show it."""
        return name_of(self.ward)


@dataclass(frozen=True)
class Letter:
    """One mail: to whom, and about which wards' open handouts.

    ``forgotten``: for the administrators, the outages that somebody seems to have left open.
    """

    kind: Recipient
    addresses: tuple[str, ...]
    about: tuple[DueReminder, ...]
    forgotten: tuple[Outage, ...] = ()

    @property
    def to(self) -> str:
        """Return the addresses as ``Reminder.to`` keeps them."""
        prefix = ADMINISTRATORS if self.kind is Recipient.ADMINISTRATORS else ""
        return (prefix + ", ".join(self.addresses))[: Reminder._meta.get_field("to").max_length]

    @property
    def key(self) -> tuple[bool, str]:
        """Return the key by which one letter a day is enough."""
        return self.kind is Recipient.LEADER, self.to


@dataclass(frozen=True)
class Outcome:
    """What became of a letter: sent, unless ``failure`` says why not."""

    letter: Letter
    failure: str = ""


# --- what is due ------------------------------------------------------------------------------


def letters(at: datetime) -> list[Letter]:
    """Return the letters that are due: none outside a weekday's hours, one a day to an address.

    A letter may have no address; then it can't be sent. The administrators' comes after the wards',
    since it lists the mails that failed: for these they get a second letter on the same day.
    """
    if not _within_hours(at):
        return []
    found: dict[tuple[Recipient, tuple[str, ...]], list[DueReminder]] = {}
    all_administrators, all_leaders = administrators(), leaders()
    for due in _due(at):
        kind = _kind(due)
        addresses = {
            Recipient.WARD: (due.ward.email,),
            Recipient.ADMINISTRATORS: all_administrators,
            Recipient.LEADER: all_leaders.get(due.outage.pk, ()),
        }[kind]
        found.setdefault((kind, addresses), []).append(due)
    today = Reminder.objects.filter(day=_day(at))
    written = set(today.values_list("outage__drill", "to"))
    left_open = tuple(forgotten(at))
    pending = [
        Letter(kind, to, tuple(about), left_open if kind is Recipient.ADMINISTRATORS else ())
        for (kind, to), about in found.items()
    ]
    pending.sort(key=lambda letter: letter.kind is not Recipient.WARD)
    return [
        letter
        for letter in pending
        if letter.key not in written or any(due.failed_today for due in letter.about)
    ]


def _within_hours(at: datetime) -> bool:
    local = timezone.localtime(at)
    return _is_working_day(local.date()) and FIRST_HOUR <= local.time() < LAST_HOUR


def _is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY and not is_closed(day, settings.OBSERVED_EVES)


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _due(at: datetime) -> list[DueReminder]:
    """Return the reminders that are due, in a fixed order so that two runs can't deadlock.

    While Befreg is down again nobody can close anything, so none is due until that outage has been
    open so long that it seems to be forgotten.
    """
    rows = list(
        _waiting(at)
        .filter(~Exists(_recent(at).filter(drill=OuterRef("outage__drill"))))
        .annotate(settled=SETTLED_WARD, opened_at=Subquery(_opened.values("recorded_at")[:1]))
        .values("outage", "settled")
        .annotate(handouts=Count("pk"), oldest=Min("handed_out_at"), newest=Max("opened_at"))
        .order_by("outage", "settled")
    )
    wards = Ward.objects.select_related("clinic").in_bulk({row["settled"] for row in rows})
    outages = Outage.objects.in_bulk({row["outage"] for row in rows})
    written = _written(list(outages))
    found = []
    for row in rows:
        outage, ward = outages[row["outage"]], wards[row["settled"]]
        earlier = written.get((outage.pk, ward.pk), [])
        begun = max(filter(None, (row["newest"], outage.ended_at)))
        in_round = [reminder for reminder in earlier if reminder.claimed_at >= begun]
        if not (_has_todays(earlier, outage, at) or _has_enough(in_round, outage)):
            failures = _failures(earlier, ward)
            due = DueReminder(
                outage,
                ward,
                row["handouts"],
                row["oldest"],
                sequence=1 + max((reminder.sequence for reminder in earlier), default=0),
                turn=1 + sum(reminder.sent_at is not None for reminder in in_round),
                unreached=bool(failures),
                failed_today=any(reminder.day == _day(at) for reminder in failures),
            )
            found.append(due)
    return found


# The step by which a handout was opened last for the ward that has it: handed out, moved there, or
# its notice withdrawn.
_opened = (
    HandoutStep.objects.filter(handout=OuterRef("pk"), target__in=OPEN)
    .exclude(~Q(act=Act.TRANSFER), source__in=OPEN)
    .order_by("-sequence")
)


def _waiting(at: datetime) -> QuerySet[Handout]:
    """Return the open handouts of outages that ended long enough ago, or seem to be forgotten."""
    long_enough = at - timedelta(hours=settings.REMIND_FIRST_AFTER_HOURS)
    ended = Q(outage__ended_at__lte=long_enough)
    return Handout.objects.filter(ended | Q(outage__in=forgotten(at)), state__in=OPEN)


def _recent(at: datetime) -> QuerySet[Outage]:
    """Return the outages that hold reminders back."""
    long_ago = at - timedelta(hours=settings.REMIND_ANYWAY_AFTER_HOURS)
    return Outage.objects.filter(ended_at=None, started_at__gt=long_ago)


def forgotten(at: datetime) -> QuerySet[Outage]:
    """Return the real outages that have been open so long that they seem to be forgotten.

    Nobody can tell whether Befreg is still down, so only the administrators get mails about them.
    """
    long_ago = at - timedelta(hours=settings.REMIND_ANYWAY_AFTER_HOURS)
    return Outage.objects.filter(ended_at=None, started_at__lte=long_ago, drill=False)


def held_back(at: datetime) -> list[Outage]:
    """Return the ongoing outages that hold reminders back, if there is anything to remind of."""
    waits = _waiting(at).filter(outage__drill=OuterRef("drill"))
    return list(_recent(at).filter(Exists(waits)))


Pair = tuple[int, int]  # outage, ward


def _written(outages: list[int]) -> dict[Pair, list[Reminder]]:
    """Return the reminders of each outage and ward so far, in their order."""
    found: dict[Pair, list[Reminder]] = {}
    for reminder in Reminder.objects.filter(outage__in=outages).order_by("sequence"):
        found.setdefault((reminder.outage_id, reminder.ward_id), []).append(reminder)
    return found


def _to_administrators(reminder: Reminder) -> bool:
    return reminder.to.startswith(ADMINISTRATORS)


def _failures(earlier: list[Reminder], ward: Ward) -> list[Reminder]:
    """Return the failed reminders to the ward's present address since one came through."""
    found: list[Reminder] = []
    for reminder in earlier:
        if reminder.to == ward.email:
            found = [*found, reminder] if reminder.failure else []
    return found


def _has_todays(earlier: list[Reminder], outage: Outage, at: datetime) -> bool:
    """Tell whether no further reminder is due today.

    After a failed mail to the ward another follows the same day: to the administrators, or to the
    ward's new address.
    """
    return any(
        not reminder.failure or outage.drill or _to_administrators(reminder)
        for reminder in earlier
        if reminder.day == _day(at)
    )


def _has_enough(in_round: list[Reminder], outage: Outage) -> bool:
    """Tell whether no further reminder of the round is due.

    Outside drills that is when the administrators have got one at the end. A failed mail to them is
    followed by another; otherwise nobody would ever hear of it.
    """
    if outage.drill:
        return len(in_round) >= settings.REMIND_MOST
    sent = [reminder for reminder in in_round if reminder.sent_at]
    return len(sent) > settings.REMIND_MOST and any(map(_to_administrators, sent))


def _kind(due: DueReminder) -> Recipient:
    if due.outage.drill:
        return Recipient.LEADER
    in_turn = due.turn <= settings.REMIND_MOST and not due.failed_today
    reachable = due.ward.email and due.outage.ended_at
    return Recipient.WARD if in_turn and reachable else Recipient.ADMINISTRATORS


def administrators() -> tuple[str, ...]:
    """Return the addresses of all administrators."""
    return User.objects.addresses_of(Role.ADMINISTRATOR.value)


def leaders() -> dict[int, tuple[str, ...]]:
    """Return, for each drill, the address of the person who started it."""
    started = TimelineEntry.objects.filter(act=TimelineEntry.Act.STARTED, outage__drill=True)
    known = started.filter(recorded_by__is_active=True).exclude(recorded_by__email="")
    return {outage: (to,) for outage, to in known.values_list("outage", "recorded_by__email")}


def unreached(wards: list[Ward]) -> list[Ward]:
    """Return those of the wards whose last reminder to their present address failed."""
    sent = Reminder.objects.filter(ward=OuterRef("pk"), outage__drill=False, to=OuterRef("email"))
    last = sent.order_by("-claimed_at", "-id").values("failure")[:1]
    asked = Ward.objects.filter(pk__in=[ward.pk for ward in wards]).order_by()
    failures = dict(asked.annotate(failure=Subquery(last)).values_list("pk", "failure"))
    return [ward for ward in wards if failures.get(ward.pk)]


# --- sending ----------------------------------------------------------------------------------


def remind(clock: Clock) -> Iterator[Outcome]:
    """Send what is due and has an address; yield what became of each letter.

    The clock is read again for each letter, since a slow mail server makes a run long. What another
    run claims meanwhile is left to it. Raises Unreachable when the mail server doesn't answer.
    """
    connection = get_connection()
    tried = set()
    try:
        for _round in ("what is due", "what failed of it, to the administrators"):
            for letter in letters(clock()):
                if letter.addresses and letter.key not in tried:
                    tried.add(letter.key)
                    if outcome := _deliver(letter, connection, clock):
                        yield outcome
    finally:
        mailing.close(connection)


def _deliver(letter: Letter, connection: BaseEmailBackend, clock: Clock) -> Outcome | None:
    mailing.reach(connection)
    claimed = _claim(letter, clock())
    if claimed is None:
        return None
    own, reminders = claimed
    failure = mailing.deliver(message(own), connection)
    _settle(reminders, clock(), failure)
    return Outcome(own, failure)


def _claim(letter: Letter, at: datetime) -> tuple[Letter, list[Reminder]] | None:
    """Insert and commit the letter's reminders, as they are due now: minutes may have passed.

    Returns the letter with those that no other run has claimed, or None.
    """
    with transaction.atomic(durable=True):
        fresh = next((current for current in letters(at) if current.key == letter.key), None)
        if fresh is None:
            return None
        tried = [(due, _insert(due, fresh.to, at)) for due in fresh.about]
    won = [(due, reminder) for due, reminder in tried if reminder]
    if not won:
        return None
    own = replace(fresh, about=tuple(due for due, _reminder in won))
    return own, [reminder for _due, reminder in won]


def _insert(due: DueReminder, to: str, at: datetime) -> Reminder | None:
    """Insert a reminder; None when another run was first."""
    try:
        with transaction.atomic():
            return Reminder.objects.create(
                outage=due.outage,
                ward=due.ward,
                sequence=due.sequence,
                day=_day(at),
                to=to,
                handouts=due.handouts,
                claimed_at=at,
            )
    except IntegrityError:
        return None


@transaction.atomic
def _settle(reminders: list[Reminder], at: datetime, failure: str) -> None:
    """Record that claimed reminders were sent, or why they weren't."""
    outcome: dict[str, object] = {"failure": failure} if failure else {"sent_at": at}
    claimed = Reminder.objects.filter(sent_at=None, failure="")
    for reminder in reminders:
        if claimed.filter(pk=reminder.pk).update(**outcome):
            changes = record.said(to=reminder.to, handouts=reminder.handouts, **outcome)
            record.record(reminder, Logged.REMIND, Unattended(at), changes)


# --- the text ---------------------------------------------------------------------------------


@translation.override("sv")
def message(letter: Letter) -> EmailMessage:
    """Return the mail: Swedish, and a summary in English. It holds no number."""
    context = {
        "about": letter.about,
        "forgotten": letter.forgotten,
        "total": sum(due.handouts for due in letter.about),
        "most": settings.REMIND_MOST,
        "link": settings.SITE_URL and settings.SITE_URL + _door(letter.kind),
    }
    template = f"custody/mail/{letter.kind}.txt"
    return mailing.message(_subject(letter.kind), template, context, letter.addresses)


def name_of(ward: Ward) -> str:
    """Return a ward's name, unless it was typed in at the till: that may be a patient's number."""
    if ward.confirmed:
        return clean_line(str(ward))
    return _("A ward that isn't in the register")


DOORS = {
    Recipient.WARD: "ward:open",
    Recipient.ADMINISTRATORS: "binder:overview",
    Recipient.LEADER: "outage:index",
}


def _door(kind: Recipient) -> str:
    return of_kind(reverse(DOORS[kind]), drill=kind is Recipient.LEADER)


def _subject(kind: Recipient) -> str:
    subjects = {
        Recipient.WARD: _("Reminder: open reserve numbers after the outage of Befreg"),
        Recipient.ADMINISTRATORS: _("Wards to contact: reserve numbers still open"),
        Recipient.LEADER: f"{_('DRILL')}: {_('training numbers still open')}",
    }
    return subjects[kind]
