"""The acts on break-glass accounts: made, sealed, broken open for some hours, ended.

The secret is shown once, on the page that answers the form, and stored as passwords are. Broken,
it is dead until an administrator seals the account anew.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import AnyEvent, Event
from befreg_reserv.audit import trail
from befreg_reserv.people.break_glass.logged import GlassLogged
from befreg_reserv.people.break_glass.models import Account, Breaking, Seal
from befreg_reserv.people.break_glass.refusals import IsBroken, NoGlass, SealedAnew
from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import allowed
from befreg_reserv.people.signing_in.passwords import OneTime
from befreg_reserv.people.staff import keeping
from befreg_reserv.people.staff.keeping import NewPerson

MINUTES: Final = 60


@dataclass(frozen=True)
class NewAccount:
    """An account to be made: its name, what it may do, and where its envelope lies."""

    name: str
    roles: frozenset[Role]
    place: str


def _made_before(
    new: NewAccount, _event: AnyEvent, /, *, secret: OneTime, request_key: UUID
) -> Account | None:
    earlier = Account.objects.filter(request_key=request_key).select_related("user").first()
    if earlier is None:
        used = Seal.objects.filter(request_key=request_key).exists()
    else:
        same = earlier.user.username == new.name
        used = not (same and earlier.user.check_password(secret.text))
    if used:
        raise SealedAnew(about=earlier)
    return earlier


@act(on_conflict=_made_before)
def make(new: NewAccount, event: AnyEvent, *, secret: OneTime, request_key: UUID) -> Done[Account]:
    """Add an account and seal it with ``secret``.

    The same form gives the same answer, while its envelope counts: else raises SealedAnew. Raises
    KnownPerson for a name that somebody has, and NobodysOwn.
    """
    allowed.check_is_somebody(event.recorded_by)
    if earlier := _made_before(new, event, secret=secret, request_key=request_key):
        return Done(earlier, new=False)
    person = NewPerson(new.name, new.roles)
    user = keeping.admit(person, event, hashed=secret.hashed).row
    account = Account(user=user, place=new.place, request_key=request_key)
    account.save()
    said = record.said(place=new.place)
    record.record(account, GlassLogged.MADE, event, said, action=trail.Action.CREATE)
    _seal(account, 1, event, request_key)
    return Done(account)


def _sealed_before(
    account: Account, _event: AnyEvent, /, *, secret: OneTime, request_key: UUID
) -> Seal | None:
    rows = Seal.objects.filter(request_key=request_key)
    newest = account.newest.pk
    return answered(rows, request_key, lambda seal: seal.pk == newest, SealedAnew)


@act(on_conflict=_sealed_before)
def seal(account: Account, event: AnyEvent, *, secret: OneTime, request_key: UUID) -> Done[Seal]:
    """Seal an account anew: whatever opened it opens it no more, and its sessions end.

    Raises SealedAnew if the form was sent before and another seal came since, and NobodysOwn:
    whoever broke one would hold a new secret when the hours are over.
    """
    allowed.check_is_somebody(event.recorded_by)
    locked = _locked(account.user)
    if earlier := _sealed_before(locked, event, secret=secret, request_key=request_key):
        return Done(earlier, new=False)
    newest = locked.newest
    if newest.use and newest.use.goes_on(event.recorded_at):
        _end(newest.use, event)
    record.assign(locked.user, {"password": secret.hashed, "one_time_at": None, "one_time_by": ""})
    return Done(_seal(locked, newest.number + 1, event, request_key))


def _seal(account: Account, number: int, event: AnyEvent, request_key: UUID) -> Seal:
    made = Seal(
        account=account,
        number=number,
        request_key=request_key,
        by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )
    made.save()
    record.record(account, GlassLogged.SEALED, event, record.said(number=number))
    return made


def _broken_meanwhile(user: User, _reason: str, _event: Event) -> None:
    raise IsBroken(about=Account.objects.get(user=user))


@act(on_conflict=_broken_meanwhile)
def break_open(user: User, reason: str, event: Event) -> Done[Breaking]:
    """Open an account for BREAK_GLASS_HOURS, once for each seal; its secret was checked.

    Raises NoGlass for an ordinary account, and IsBroken if that seal was broken before.
    """
    account = _locked(user)
    newest = account.newest
    if newest.use:
        raise IsBroken(about=account)
    minutes = settings.BREAK_GLASS_HOURS * MINUTES
    breaking = Breaking(seal=newest, reason=reason, at=event.at, minutes=minutes)
    breaking.save()
    said = record.said(reason=reason, until=breaking.until)
    record.record(account, GlassLogged.BROKEN, event, said)
    return Done(breaking)


@act
def end(breaking: Breaking, event: AnyEvent) -> Done[Breaking]:
    """End the use of an account before its time: by whoever uses it, or an administrator."""
    locked = Breaking.objects.select_for_update(of=("self",)).get(pk=breaking.pk)
    if not locked.goes_on(event.recorded_at):
        return Done(locked, new=False)
    _end(locked, event)
    return Done(locked)


def _end(breaking: Breaking, event: AnyEvent) -> None:
    columns = {"ended_at": max(event.recorded_at, breaking.at), "ended_by": event.by}
    record.assign(breaking, columns)
    record.record(breaking.seal.account, GlassLogged.ENDED, event)


def _locked(user: User) -> Account:
    rows = Account.objects.select_for_update(of=("self",)).select_related("user")
    account = rows.filter(user=user).first()
    if account is None:
        raise NoGlass(about=user)
    return account


# --- what others ask --------------------------------------------------------------------------


def every() -> QuerySet[Account]:
    """Return all accounts with their seals and uses; two statements."""
    return Account.objects.select_related("user").prefetch_related("seals__breaking")


def used(at: datetime | None = None) -> list[Breaking]:
    """Return the uses after which no new seal came; ``at``: those alone that go on then."""
    newest = [account.newest.use for account in every()]
    return [use for use in newest if use and (at is None or use.goes_on(at))]


def ongoing_of(user: User, at: datetime) -> Breaking | None:
    """Return the use of this person's account that goes on, or None."""
    rows: Any = Breaking.objects.filter(seal__account__user=user, ended_at__isnull=True)
    return next((use for use in rows if use.goes_on(at)), None)


def is_glass(user: User) -> bool:
    """Tell whether this person's account is a sealed one."""
    return Account.objects.filter(user=user).exists()


def why_not(user: User, at: datetime) -> str:
    """Return why a right password opens nothing: the account is sealed, or was used."""
    account = Account.objects.filter(user=user).first()
    if account is None or ongoing_of(user, at):
        return ""
    if account.newest.use:
        return str(IsBroken.advice)
    return _("This account is sealed. Whoever uses it breaks the glass: see the link below.")
