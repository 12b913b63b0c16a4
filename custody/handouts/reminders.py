"""Reminders by mail: to the ward, then to the administrators; in a drill to its leader alone.

A reminder is claimed before it is sent: its row is inserted and committed, and the database lets
one of several runs do so. So each is sent at most once: when the mail server fails halfway, nobody
knows whether it came through, and the next weekday's comes as usual. A server that can't be
reached at all costs nothing, since it is asked before anything is claimed.

Reminders come in rounds: what is recorded or opened again after a mail, or once its outage has
ended, was in none yet, and begins a new one. A mail that fails takes no turn of its ward; the
administrators are told of it the same day.

No mail holds a number, and no name that was typed in at the till, which may be anything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.text import clean_line
from custody.handouts.followup import MEANT
from custody.logged import Logged
from custody.models import Handout, HandoutStep, Reminder
from custody.models.states import OPEN
from outage.calling.closed_days import is_closed
from outage.models import Outage, TimelineEntry

FIRST_HOUR, LAST_HOUR = time(8), time(17)
SATURDAY = 5
ADMINISTRATORS = "administrators: "  # what ``Reminder.to`` begins with when it went to them
FAILURE_LENGTH = 200

Clock = Callable[[], datetime]


class Unreachable(Exception):
    """The mail server doesn't answer. What isn't sent yet is as due as before."""


class Recipient(StrEnum):
    """Whom a letter is for; the value names its template."""

    WARD = "ward"
    ADMINISTRATORS = "administrators"
    LEADER = "leader"


@dataclass(frozen=True)
class Loops:
    """A ward's open handouts of an outage, and which reminder about them is due.

    ``turn``: the how manieth of its round it is. ``unreached``: the last mail to the ward's
    address failed; ``failed_today``: and that was today.
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
    about: tuple[Loops, ...]
    forgotten: tuple[Outage, ...] = ()

    @property
    def to(self) -> str:
        """Return whom it is for as ``Reminder.to`` keeps it."""
        prefix = ADMINISTRATORS if self.kind is Recipient.ADMINISTRATORS else ""
        return (prefix + ", ".join(self.addresses))[: Reminder._meta.get_field("to").max_length]

    @property
    def key(self) -> tuple[bool, str]:
        """Return what is the same for two letters of which one a day is enough."""
        return self.kind is Recipient.LEADER, self.to


@dataclass(frozen=True)
class Outcome:
    """What became of a letter: sent, unless ``failure`` says why not."""

    letter: Letter
    failure: str = ""


# --- what is due ------------------------------------------------------------------------------


def letters(at: datetime) -> list[Letter]:
    """Return the letters that are due: none outside a weekday's hours, one a day to an address.

    One without addresses can't be sent to anybody. The administrators' comes after the wards',
    since it tells of those that fail: of these they hear that day, whatever they had before.
    """
    if not _within_hours(at):
        return []
    found: dict[tuple[Recipient, tuple[str, ...]], list[Loops]] = {}
    administrators, leaders = _administrators(), _leaders()
    for loops in _due(at):
        kind = _kind(loops)
        addresses = {
            Recipient.WARD: (loops.ward.email,),
            Recipient.ADMINISTRATORS: administrators,
            Recipient.LEADER: leaders.get(loops.outage.pk, ()),
        }[kind]
        found.setdefault((kind, addresses), []).append(loops)
    today = Reminder.objects.filter(day=_day(at))
    written = set(today.values_list("outage__drill", "to"))
    left_open = tuple(forgotten(at))
    due = [
        Letter(kind, to, tuple(about), left_open if kind is Recipient.ADMINISTRATORS else ())
        for (kind, to), about in found.items()
    ]
    due.sort(key=lambda letter: letter.kind is not Recipient.WARD)
    return [
        letter
        for letter in due
        if letter.key not in written or any(loops.failed_today for loops in letter.about)
    ]


def _within_hours(at: datetime) -> bool:
    local = timezone.localtime(at)
    return _is_working_day(local.date()) and FIRST_HOUR <= local.time() < LAST_HOUR


def _is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY and not is_closed(day, settings.OBSERVED_EVES)


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _due(at: datetime) -> list[Loops]:
    """Return whose reminder is due. In one order, so that two runs don't wait for each other.

    While Befreg is down again, nobody can close anything: then nothing is, until the outage has
    been open so long that somebody seems to have forgotten it.
    """
    rows = list(
        _waiting(at)
        .filter(~Exists(_recent(at).filter(drill=OuterRef("outage__drill"))))
        .annotate(meant=MEANT, opened_at=Subquery(_opened.values("recorded_at")[:1]))
        .values("outage", "meant")
        .annotate(handouts=Count("pk"), oldest=Min("handed_out_at"), newest=Max("opened_at"))
        .order_by("outage", "meant")
    )
    wards = Ward.objects.select_related("clinic").in_bulk({row["meant"] for row in rows})
    outages = Outage.objects.in_bulk({row["outage"] for row in rows})
    written = _written(list(outages))
    due = []
    for row in rows:
        outage, ward = outages[row["outage"]], wards[row["meant"]]
        earlier = written.get((outage.pk, ward.pk), [])
        begun = max(filter(None, (row["newest"], outage.ended_at)))
        in_round = [each for each in earlier if each.claimed_at >= begun]
        if not (_has_todays(earlier, outage, at) or _has_enough(in_round, outage)):
            failures = _failures(earlier, ward)
            loops = Loops(
                outage,
                ward,
                row["handouts"],
                row["oldest"],
                sequence=1 + max((each.sequence for each in earlier), default=0),
                turn=1 + sum(each.sent_at is not None for each in in_round),
                unreached=bool(failures),
                failed_today=any(each.day == _day(at) for each in failures),
            )
            due.append(loops)
    return due


# The step by which a handout was opened last: handed out, or its notice withdrawn.
_opened = (
    HandoutStep.objects.filter(handout=OuterRef("pk"), target__in=OPEN)
    .exclude(source__in=OPEN)
    .order_by("-sequence")
)


def _waiting(at: datetime) -> QuerySet[Handout]:
    """Return the open handouts of outages that ended long enough ago, or seem to be forgotten."""
    long_enough = at - timedelta(hours=settings.REMIND_FIRST_AFTER_HOURS)
    ended = Q(outage__ended_at__lte=long_enough)
    return Handout.objects.filter(ended | Q(outage__in=forgotten(at)), state__in=OPEN)


def _recent(at: datetime) -> QuerySet[Outage]:
    """Return the outages for whose sake reminders wait."""
    long_ago = at - timedelta(hours=settings.REMIND_ANYWAY_AFTER_HOURS)
    return Outage.objects.filter(ended_at=None, started_at__gt=long_ago)


def forgotten(at: datetime) -> QuerySet[Outage]:
    """Return the real outages that have been open so long that they seem to be forgotten.

    Whether Befreg is down nobody can tell: of their handouts the administrators alone hear.
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
    for each in Reminder.objects.filter(outage__in=outages).order_by("sequence"):
        found.setdefault((each.outage_id, each.ward_id), []).append(each)
    return found


def _to_administrators(reminder: Reminder) -> bool:
    return reminder.to.startswith(ADMINISTRATORS)


def _failures(earlier: list[Reminder], ward: Ward) -> list[Reminder]:
    """Return the ward's failed reminders since one came through; none if it has a new address."""
    found: list[Reminder] = []
    for each in earlier:
        if each.to == ward.email:
            found = [*found, each] if each.failure else []
    return found


def _has_todays(earlier: list[Reminder], outage: Outage, at: datetime) -> bool:
    """Tell whether today's reminder was sent, or tried, for whom it is now.

    After a mail to the ward that failed the administrators' comes, or that to its new address.
    """
    today = [each for each in earlier if each.day == _day(at)]
    return any(not each.failure or outage.drill or _to_administrators(each) for each in today)


def _has_enough(in_round: list[Reminder], outage: Outage) -> bool:
    """Tell whether no further reminder of the round is due.

    In reality that is when an administrator has been told at the end: a mail to them that failed
    is followed by another, or nobody would ever hear of it.
    """
    if outage.drill:
        return len(in_round) >= settings.REMIND_MOST
    sent = [each for each in in_round if each.sent_at]
    return len(sent) > settings.REMIND_MOST and any(map(_to_administrators, sent))


def _kind(loops: Loops) -> Recipient:
    if loops.outage.drill:
        return Recipient.LEADER
    in_turn = loops.turn <= settings.REMIND_MOST and not loops.failed_today
    reachable = loops.ward.email and loops.outage.ended_at
    return Recipient.WARD if in_turn and reachable else Recipient.ADMINISTRATORS


def _administrators() -> tuple[str, ...]:
    people = User.objects.filter(is_active=True, groups__name=Role.ADMINISTRATOR.value)
    return tuple(sorted(set(people.exclude(email="").values_list("email", flat=True))))


def _leaders() -> dict[int, tuple[str, ...]]:
    """Return the address of who started each drill."""
    started = TimelineEntry.objects.filter(act=TimelineEntry.Act.STARTED, outage__drill=True)
    known = started.filter(recorded_by__is_active=True).exclude(recorded_by__email="")
    return {outage: (to,) for outage, to in known.values_list("outage", "recorded_by__email")}


def unreached(wards: list[Ward]) -> list[Ward]:
    """Return those of the wards whose last reminder to the address that they have now failed."""
    sent = Reminder.objects.filter(ward__in=wards, outage__drill=False, to=F("ward__email"))
    last = dict(sent.order_by("claimed_at", "pk").values_list("ward", "failure"))
    return [ward for ward in wards if last.get(ward.pk)]


# --- sending ----------------------------------------------------------------------------------


def remind(clock: Clock) -> Iterator[Outcome]:
    """Send what is due and has an address; yield what became of each letter.

    The clock is asked again for each: a slow mail server makes a run last. What another run
    claims meanwhile is left to it. Raises Unreachable when the mail server doesn't answer.
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
        _close(connection)


def _deliver(letter: Letter, connection: BaseEmailBackend, clock: Clock) -> Outcome | None:
    try:
        connection.open()  # an open one stays open
    except OSError as error:
        raise Unreachable(_told(error)) from error
    claimed = _claim(letter, clock())
    if claimed is None:
        return None
    own, reminders = claimed
    failure = ""
    try:
        message(own, connection).send()
    except (OSError, ValueError) as error:  # SMTP's errors are the one, bad addresses the other
        failure = _told(error)
        _close(connection)
    _settle(reminders, clock(), failure)
    return Outcome(own, failure)


def _claim(letter: Letter, at: datetime) -> tuple[Letter, list[Reminder]] | None:
    """Insert and commit the letter's reminders, as they are due now: minutes may have passed.

    Returns the letter with those that no other run has, or None.
    """
    with transaction.atomic(durable=True):
        fresh = next((each for each in letters(at) if each.key == letter.key), None)
        if fresh is None:
            return None
        tried = [(loops, _insert(loops, fresh.to, at)) for loops in fresh.about]
    won = [(loops, reminder) for loops, reminder in tried if reminder]
    if not won:
        return None
    own = replace(fresh, about=tuple(loops for loops, _reminder in won))
    return own, [reminder for _loops, reminder in won]


def _insert(loops: Loops, to: str, at: datetime) -> Reminder | None:
    """Insert a reminder; None when another run was first."""
    try:
        with transaction.atomic():
            return Reminder.objects.create(
                outage=loops.outage,
                ward=loops.ward,
                sequence=loops.sequence,
                day=_day(at),
                to=to,
                handouts=loops.handouts,
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
            told = record.said(to=reminder.to, handouts=reminder.handouts, **outcome)
            record.record(reminder, Logged.REMIND, Unattended(at), told)


def _told(error: Exception) -> str:
    return clean_line(f"{type(error).__name__}: {error}")[:FAILURE_LENGTH]


def _close(connection: BaseEmailBackend) -> None:
    """Close a connection that may be broken already."""
    connection.fail_silently = True
    connection.close()
    connection.fail_silently = False


# --- the text ---------------------------------------------------------------------------------


def message(letter: Letter, connection: BaseEmailBackend | None = None) -> EmailMessage:
    """Return the mail: Swedish, and the same in short in English. Without any number."""
    context = {
        "about": letter.about,
        "forgotten": letter.forgotten,
        "total": sum(loops.handouts for loops in letter.about),
        "most": settings.REMIND_MOST,
        "link": settings.SITE_URL and settings.SITE_URL + reverse(DOORS[letter.kind]),
    }
    with translation.override("sv"):
        return EmailMessage(
            subject=_subject(letter.kind),
            body=render_to_string(f"custody/mail/{letter.kind}.txt", context).strip() + "\n",
            to=letter.addresses,
            connection=connection,
            headers={"Auto-Submitted": "auto-generated"},  # no answers from out of office
        )


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


def _subject(kind: Recipient) -> str:
    subjects = {
        Recipient.WARD: _("Reminder: open reserve numbers after the outage of Befreg"),
        Recipient.ADMINISTRATORS: _("Wards to contact: reserve numbers still open"),
        Recipient.LEADER: f"{_('DRILL')}: {_('training numbers still open')}",
    }
    return subjects[kind]
