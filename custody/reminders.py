"""Reminders by mail: to the ward, then to the administrators; in a drill to its leader alone.

A reminder is claimed before it is sent: its row is inserted and committed, and the database lets
one of several runs do so. So each is sent at most once: when the mail server fails halfway, nobody
knows whether it came through, and the next weekday's comes as usual. A server that can't be
reached at all costs nothing, since it is asked before anything is claimed.

No mail holds a number, and no name that was typed in at the till, which may be anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from befreg_reserv.audit import trail
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.text import clean_line
from custody.followup import MEANT
from custody.models import Handout, Reminder
from custody.states import OPEN
from outage.closed_days import is_closed
from outage.models import Outage, TimelineEntry

FIRST_HOUR, LAST_HOUR = time(8), time(17)
SATURDAY = 5
ADMINISTRATORS = "administrators: "  # what ``Reminder.to`` begins with when it went to them
FAILURE_LENGTH = 200


class Unreachable(Exception):
    """The mail server doesn't answer. What isn't sent yet is as due as before."""


class Kind(StrEnum):
    """Whom a letter is for; the value names its template."""

    WARD = "ward"
    ADMINISTRATORS = "administrators"
    LEADER = "leader"


@dataclass(frozen=True)
class Loops:
    """A ward's open handouts of an outage, and which reminder about them is due."""

    outage: Outage
    ward: Ward
    handouts: int
    oldest: datetime
    sequence: int

    @property
    def name(self) -> str:
        """Return the ward's name as a mail may show it."""
        return name_of(self.ward)


@dataclass(frozen=True)
class Letter:
    """One mail: to whom, and about which wards' open handouts."""

    kind: Kind
    addresses: tuple[str, ...]
    about: tuple[Loops, ...]

    @property
    def to(self) -> str:
        """Return whom it is for as ``Reminder.to`` keeps it."""
        prefix = ADMINISTRATORS if self.kind is Kind.ADMINISTRATORS else ""
        return (prefix + ", ".join(self.addresses))[: Reminder._meta.get_field("to").max_length]

    @property
    def key(self) -> tuple[bool, str]:
        """Return what is the same for two letters of which one a day is enough."""
        return self.kind is Kind.LEADER, self.to


@dataclass(frozen=True)
class Outcome:
    """What became of a letter: sent, unless ``failure`` says why not."""

    letter: Letter
    failure: str = ""


# --- what is due ------------------------------------------------------------------------------


def letters(at: datetime) -> list[Letter]:
    """Return the letters that are due: none outside a weekday's hours, one a day to an address.

    One without addresses can't be sent to anybody.
    """
    if not _within_hours(at):
        return []
    found: dict[tuple[Kind, tuple[str, ...]], list[Loops]] = {}
    administrators, leaders = _administrators(), _leaders()
    for loops in _due(at):
        kind = _kind(loops)
        addresses = {
            Kind.WARD: (loops.ward.email,),
            Kind.ADMINISTRATORS: administrators,
            Kind.LEADER: leaders.get(loops.outage.pk, ()),
        }[kind]
        found.setdefault((kind, addresses), []).append(loops)
    today = Reminder.objects.filter(day=_day(at))
    written = set(today.values_list("outage__drill", "to"))
    due = [Letter(*whom, tuple(about)) for whom, about in found.items()]
    return [letter for letter in due if letter.key not in written]


def _within_hours(at: datetime) -> bool:
    local = timezone.localtime(at)
    return _is_working_day(local.date()) and FIRST_HOUR <= local.time() < LAST_HOUR


def _is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY and not is_closed(day, settings.OBSERVED_EVES)


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def _due(at: datetime) -> list[Loops]:
    """Return whose reminder is due. In one order, so that two runs don't wait for each other.

    While Befreg is down again, nobody can close anything: then nothing is.
    """
    long_enough = at - timedelta(hours=settings.REMIND_FIRST_AFTER_HOURS)
    down = Outage.objects.filter(drill=OuterRef("outage__drill"), ended_at=None)
    rows = list(
        Handout.objects.filter(~Exists(down), state__in=OPEN, outage__ended_at__lte=long_enough)
        .annotate(meant=MEANT)
        .values("outage", "meant")
        .annotate(handouts=Count("pk"), oldest=Min("handed_out_at"))
        .order_by("outage", "meant")
    )
    wards = Ward.objects.select_related("clinic").in_bulk({row["meant"] for row in rows})
    outages = Outage.objects.in_bulk({row["outage"] for row in rows})
    last, finished = _earlier(_day(at), list(outages))
    due = []
    for row in rows:
        key = row["outage"], row["meant"]
        if key not in finished:
            sequence = last.get(key, 0) + 1
            outage, ward = outages[row["outage"]], wards[row["meant"]]
            due.append(Loops(outage, ward, row["handouts"], row["oldest"], sequence))
    return due


Pair = tuple[int, int]  # outage, ward


def _earlier(day: date, outages: list[int]) -> tuple[dict[Pair, int], set[Pair]]:
    """Return the last reminder of each outage and ward, and which need none today (any more).

    In reality that is until an administrator has been told: a mail to them that failed is
    followed by another, or nobody would ever hear of it.
    """
    last_step = Q(sequence__gt=settings.REMIND_MOST)
    told = last_step & Q(to__startswith=ADMINISTRATORS, sent_at__isnull=False)
    enough = Q(outage__drill=True, sequence__gte=settings.REMIND_MOST)
    rows = (
        Reminder.objects.filter(outage__in=outages)
        .order_by()
        .values("outage", "ward")
        .annotate(last=Max("sequence"), ends=Count("pk", filter=Q(day=day) | told | enough))
    )
    last = {(row["outage"], row["ward"]): row["last"] for row in rows}
    return last, {(row["outage"], row["ward"]) for row in rows if row["ends"]}


def _kind(loops: Loops) -> Kind:
    if loops.outage.drill:
        return Kind.LEADER
    own_turn = loops.ward.email and loops.sequence <= settings.REMIND_MOST
    return Kind.WARD if own_turn else Kind.ADMINISTRATORS


def _administrators() -> tuple[str, ...]:
    people = User.objects.filter(is_active=True, groups__name=Role.ADMINISTRATOR.value)
    return tuple(sorted(set(people.exclude(email="").values_list("email", flat=True))))


def _leaders() -> dict[int, tuple[str, ...]]:
    """Return the address of who started each drill."""
    started = TimelineEntry.objects.filter(act=TimelineEntry.Act.STARTED, outage__drill=True)
    known = started.filter(recorded_by__is_active=True).exclude(recorded_by__email="")
    return {outage: (to,) for outage, to in known.values_list("outage", "recorded_by__email")}


# --- sending ----------------------------------------------------------------------------------


def remind(at: datetime) -> Iterator[Outcome]:
    """Send what is due and has an address; yield what became of each letter.

    What another run claims meanwhile is left to it. Raises Unreachable when the mail server
    doesn't answer.
    """
    connection = get_connection()
    try:
        for letter in letters(at):
            if letter.addresses and (outcome := _deliver(letter, connection, at)):
                yield outcome
    finally:
        _close(connection)


def _deliver(letter: Letter, connection: BaseEmailBackend, at: datetime) -> Outcome | None:
    try:
        connection.open()  # an open one stays open
    except OSError as error:
        raise Unreachable(_told(error)) from error
    claimed = _claim(letter, at)
    if claimed is None:
        return None
    own, reminders = claimed
    failure = ""
    try:
        message(own, connection).send()
    except (OSError, ValueError) as error:  # SMTP's errors are the one, bad addresses the other
        failure = _told(error)
        _close(connection)
    _settle(reminders, at, failure)
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
    own = Letter(fresh.kind, fresh.addresses, tuple(loops for loops, _reminder in won))
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
            changes = {"to": (None, reminder.to), "handouts": (None, reminder.handouts)}
            changes |= {name: (None, value) for name, value in outcome.items()}
            trail.record(reminder, "remind", actor=None, at=at, changes=changes)


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
    Kind.WARD: "ward:open",
    Kind.ADMINISTRATORS: "binder:overview",
    Kind.LEADER: "outage:index",
}


def _subject(kind: Kind) -> str:
    subjects = {
        Kind.WARD: _("Reminder: open reserve numbers after the outage of Befreg"),
        Kind.ADMINISTRATORS: _("Wards to contact: reserve numbers still open"),
        Kind.LEADER: f"{_('DRILL')}: {_('training numbers still open')}",
    }
    return subjects[kind]
