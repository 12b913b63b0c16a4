"""Mails about planned outages: to each ward concerned, when one is announced, changed or cancelled.

A ward that hasn't answered what it needs is asked once more. The timer that sends the reminders
sends these too, and so no act waits for a mail server. A mail is claimed before it is sent, and the
row is kept; one that failed, or of which nobody knows whether it came through, is followed by
another, up to MOST; then somebody must put it right (``reached``). Only the latest version of a
plan is told: what was changed twice before a run is one mail. A drill's wards get none, as after
drills.

No mail holds a number: a reason in which one may stand is left out.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from unicodedata import normalize

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from befreg_reserv import mailing
from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.mailing import Clock
from befreg_reserv.people.models import Ward
from befreg_reserv.text import clean_line
from outage.logged import Logged
from outage.models import Plan, PlanChange, PlanMail
from outage.plans import needs
from outage.plans.planning import outage_of

MOST = 5  # tries of one mail to one address
# Of one run. The next run begins with alarms: they don't wait until a mail has gone to all wards.
AT_MOST = timedelta(minutes=4)
TRY_AGAIN_AFTER = timedelta(hours=1)
UNKNOWN_AFTER = timedelta(minutes=30)  # a run that was killed has sent its mail, or hasn't
# A ward is asked again so long before the outage, but not on the day when it was told.
ASK_AGAIN_BEFORE = timedelta(days=3)
ASK_AGAIN_AFTER = timedelta(days=1)
FIRST_HOUR, LAST_HOUR = time(8), time(17)  # somebody who can answer is there
# Six digits together are enough; a number with blanks or hyphens in its date is looked for whole.
MAY_BE_A_NUMBER = re.compile(
    r"\d{6}|(?:\d[^\w:]{0,3}){6,8}[KMX\d](?:[^\w:]{0,3}\d){3}", re.IGNORECASE
)

Kind = PlanMail.Kind


@dataclass(frozen=True)
class DueMail:
    """One mail that is due. ``told``: the version of the plan that the ward was told last."""

    plan: Plan
    change: PlanChange
    ward: Ward
    kind: Kind
    sequence: int
    told: PlanChange | None = None

    @property
    def asks(self) -> bool:
        """Tell whether the ward is asked what it needs."""
        asks = {Kind.ANNOUNCED, Kind.ASKED_AGAIN, Kind.CHANGED}
        return self.kind in asks and outage_of(self.plan) is None


@dataclass(frozen=True)
class Delivered:
    """What became of a mail: sent, unless ``failure`` says why not."""

    due: DueMail
    failure: str = ""


# --- what a ward was sent, and what is next -------------------------------------------------------


@dataclass(frozen=True)
class History:
    """What a ward is to be told, of which ``kind``, and the ``tries`` to tell it so far.

    ``told``: the earlier version of the plan that the ward knows of.
    """

    plan: Plan
    latest: PlanChange
    ward: Ward
    kind: Kind
    tries: list[PlanMail]
    told: PlanChange | None
    at: datetime

    @property
    def sequence(self) -> int:
        """Return the place of the next try."""
        return len(self.tries) + 1

    def is_enough(self) -> bool:
        """Tell whether no further mail is sent now."""
        return self._is_sent() or self._rests() or len(self._counted()) >= MOST

    def is_given_up(self) -> bool:
        """Tell whether no further mail is sent at all, unless somebody puts something right."""
        return not self._is_sent() and not self._rests() and len(self._counted()) >= MOST

    def _counted(self) -> list[PlanMail]:
        """Return the tries at the ward's present address since somebody asked for more."""
        counted: list[PlanMail] = []
        for mail in self.tries:
            counted = [] if mail.again_at else [*counted, mail]
        return [mail for mail in counted if mail.to == self.ward.email]

    def _rests(self) -> bool:
        """Tell whether the last try was just now, so that the next must wait."""
        counted = self._counted()
        if not counted:
            return False
        last = counted[-1]
        if len(counted) >= MOST and last.failure:
            return False
        pause = TRY_AGAIN_AFTER if last.failure else UNKNOWN_AFTER
        return self.at - last.claimed_at < pause

    def _is_sent(self) -> bool:
        return any(mail.sent_at for mail in self.tries)


@dataclass(frozen=True)
class _Told:
    """The mails that one ward was sent about a plan, and what it is to be told next."""

    plan: Plan
    latest: PlanChange
    mails: list[PlanMail]
    concerned: bool

    def next_kind(self, at: datetime, *, answered: bool) -> Kind | None:
        """Return the kind of mail that the ward is to get, or None."""
        if self.plan.cancelled_at:
            return Kind.CANCELLED if self.told else None
        if not self.concerned:
            return Kind.TAKEN_OUT if self.told else None
        if self.told is None:
            first = Kind.ANNOUNCED
        elif _window(self.told) != _window(self.latest):
            first = Kind.CHANGED
        else:  # other wards came or went: no news for this one
            return Kind.ASKED_AGAIN if self._asks_again(at, answered=answered) else None
        if not self._is_sent(first):
            return first
        return Kind.ASKED_AGAIN if self._asks_again(at, answered=answered) else None

    @property
    def told(self) -> PlanChange | None:
        """Return the earlier version that the ward knows of; None if it knows of none."""
        before = [mail for mail in self.mails if not mail.failure and mail.change != self.latest]
        if not before or before[-1].kind == Kind.TAKEN_OUT:
            return None
        return before[-1].change

    def tries(self, kind: Kind) -> list[PlanMail]:
        """Return the mails of this kind about the latest version."""
        return [mail for mail in self.mails if mail.change == self.latest and mail.kind == kind]

    def _is_sent(self, kind: Kind) -> bool:
        return any(mail.sent_at for mail in self.tries(kind))

    def _asks_again(self, at: datetime, *, answered: bool) -> bool:
        if answered or outage_of(self.plan) or at >= self.plan.planned_start:
            return False
        known = [mail for mail in self.mails if mail.sent_at]
        of_window = [mail for mail in known if _window(mail.change) == _window(self.latest)]
        if not known or any(mail.kind == Kind.ASKED_AGAIN for mail in of_window):
            return False
        from_when = max(
            known[-1].claimed_at + ASK_AGAIN_AFTER, self.plan.planned_start - ASK_AGAIN_BEFORE
        )
        return at >= from_when and FIRST_HOUR <= timezone.localtime(at).time() < LAST_HOUR


# --- what is due ----------------------------------------------------------------------------------


def due(at: datetime) -> list[DueMail]:
    """Return the mails that are due, of all plans that aren't over, for wards with an address."""
    return [mail for plan in current(at) for mail in _of_plan(plan, at) if mail.ward.email]


def current(at: datetime) -> QuerySet[Plan]:
    """Return the plans that wards get mails about: those to come, ongoing, or just cancelled."""
    to_come, ongoing = Q(outage=None, planned_end__gt=at), Q(outage__ended_at=None)
    plans = Plan.objects.filter(to_come | (ongoing & ~Q(outage=None)), drill=False)
    return plans.select_related("outage").order_by("planned_start", "pk")


def _of_plan(plan: Plan, at: datetime, only: Ward | None = None) -> Iterator[DueMail]:
    """Yield the mails of one plan that are due, also to wards without an address."""
    for history in histories(plan, at, [only.pk] if only else None):
        if not history.is_enough():
            yield DueMail(
                plan, history.latest, history.ward, history.kind, history.sequence, history.told
            )


def histories(plan: Plan, at: datetime, only: Collection[int] | None = None) -> Iterator[History]:
    """Yield what each ward that is to be told something was sent so far; ``only``: these wards."""
    changes = {change.pk: change for change in plan.changes.order_by("at", "pk")}
    if not changes:
        return
    latest = list(changes.values())[-1]
    earlier: dict[int, list[PlanMail]] = {}
    mails = PlanMail.objects.filter(change__plan=plan).order_by("claimed_at", "pk")
    for mail in mails if only is None else mails.filter(ward__in=only):
        mail.change = changes[mail.change_id]
        earlier.setdefault(mail.ward_id, []).append(mail)
    answered = set(plan.needs.filter(answered_at__isnull=False).values_list("ward", flat=True))
    concerned = needs.concerned(plan)
    left = Ward.objects.filter(pk__in=earlier).exclude(pk__in=concerned.order_by().values("pk"))
    for wards, is_concerned in ((concerned, True), (left.select_related("clinic"), False)):
        for ward in wards if only is None else wards.filter(pk__in=only):
            told = _Told(plan, latest, earlier.get(ward.pk, []), is_concerned)
            if kind := told.next_kind(at, answered=ward.pk in answered):
                yield History(plan, latest, ward, kind, told.tries(kind), told.told, at)


def _window(change: PlanChange) -> tuple[datetime, datetime]:
    return change.planned_start, change.planned_end


# --- sending --------------------------------------------------------------------------------------


def send(clock: Clock, by: BaseEmailBackend | None = None) -> Iterator[Delivered]:
    """Send what is due, for ``AT_MOST``; yield what became of each mail.

    ``by``: a connection; else that of the settings. The clock is read again for each mail, since a
    slow mail server makes a run long. Raises Unreachable when the mail server doesn't answer: what
    isn't sent stays due.
    """
    connection = by or get_connection()
    begun = clock()
    try:
        for mail in due(begun):
            mailing.reach(connection)
            at = clock()
            if at - begun >= AT_MOST:
                return
            if claimed := _claim(mail, at):
                fresh, row = claimed
                failure = mailing.deliver(message(fresh), connection)
                _settle(row, clock(), failure)
                yield Delivered(fresh, failure)
    finally:
        mailing.close(connection)


def _claim(mail: DueMail, at: datetime) -> tuple[DueMail, PlanMail] | None:
    """Insert and commit the mail's row; None when another run was first, or it isn't due now.

    Returns the mail as it is due now, since minutes may have passed, and the row.
    """
    try:
        with transaction.atomic(durable=True):
            plan = current(at).filter(pk=mail.plan.pk).first()
            now_due = _of_plan(plan, at, mail.ward) if plan else iter(())
            fresh = next((each for each in now_due if each == mail), None)
            if fresh is None or not fresh.ward.email:
                return None
            return fresh, PlanMail.objects.create(
                change=fresh.change,
                ward=fresh.ward,
                kind=fresh.kind,
                sequence=fresh.sequence,
                to=fresh.ward.email,
                claimed_at=at,
            )
    except IntegrityError:
        return None


@transaction.atomic
def _settle(row: PlanMail, at: datetime, failure: str) -> None:
    """Record that a claimed mail was sent, or why it wasn't."""
    outcome: dict[str, object] = {"failure": failure} if failure else {"sent_at": at}
    PlanMail.objects.filter(pk=row.pk, sent_at=None, failure="").update(**outcome)
    changes = record.said(plan=row.change.plan_id, kind=row.kind, to=row.to, **outcome)
    record.record(row, Logged.MAIL_PLAN, Unattended(at), changes)


# --- the text -------------------------------------------------------------------------------------


@translation.override("sv")
def message(mail: DueMail) -> EmailMessage:
    """Return the mail: Swedish, and a summary in English."""
    context = {
        "mail": mail,
        "plan": mail.plan,
        "change": mail.change,
        "ward": clean_line(str(mail.ward)),
        "why": _fit_for_mail(mail.plan.reason),
        "why_changed": _fit_for_mail(mail.change.reason),
        "link": settings.SITE_URL and settings.SITE_URL + mail.plan.get_absolute_url(),
    }
    template = f"outage/mail/{mail.kind}.txt"
    return mailing.message(SUBJECTS[mail.kind](), template, context, (mail.ward.email,))


SUBJECTS: dict[Kind, Callable[[], str]] = {
    Kind.ANNOUNCED: lambda: _("Befreg will be down: what does your ward need?"),
    Kind.ASKED_AGAIN: lambda: _("Reminder: what does your ward need while Befreg is down?"),
    Kind.CHANGED: lambda: _("Changed time: planned outage of Befreg"),
    Kind.TAKEN_OUT: lambda: _("Your ward is no longer concerned by the planned outage of Befreg"),
    Kind.CANCELLED: lambda: _("Cancelled: planned outage of Befreg"),
}


def _fit_for_mail(reason: str) -> str:
    """Return what somebody typed, or "" if it may hold a patient's number."""
    plain = clean_line(reason)
    return "" if MAY_BE_A_NUMBER.search(normalize("NFKC", plain)) else plain
