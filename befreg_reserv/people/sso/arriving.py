"""Somebody comes from the identity provider: who that is here, and what they get."""

from dataclasses import dataclass
from datetime import datetime

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import allowed
from befreg_reserv.people.sso import encrypted
from befreg_reserv.people.sso.claims import mapping
from befreg_reserv.people.sso.claims.mapping import Kept
from befreg_reserv.people.sso.logged import SsoLogged
from befreg_reserv.people.sso.models import Identity, Vouched
from befreg_reserv.people.sso.refusals import (
    LocalOnly,
    NoName,
    NoRole,
    NotActive,
    OtherPerson,
    SomebodyElse,
)
from befreg_reserv.people.staff import keeping
from befreg_reserv.people.staff.keeping import NewPerson
from befreg_reserv.people.vgr_id import MAX_LENGTH


@dataclass(frozen=True)
class Arrival:
    """What the provider said of whom it sends, in a token that was checked."""

    issuer: str
    subject: str
    vgr_id: str  # in lower case
    claims: Kept
    sid: str = ""
    acr: str = ""
    proved_at: datetime | None = None
    refresh: str = ""


@act
def arrive(arrival: Arrival, event: AnyEvent) -> Done[Vouched]:
    """Let somebody in as the person they are here, with what the rules give them now.

    A person unknown here is added if a rule gives a role. Raises what ``refusals`` has: NoName,
    NoRole, NotActive, OtherPerson, LocalOnly.
    """
    identity = _known(arrival) or _linked(arrival, event)
    if not identity.user.is_active:
        raise NotActive(identity.user)
    if allowed.is_local(identity.user):
        raise LocalOnly(identity.user)
    mapping.apply(identity, arrival.claims, event)
    seen = max(event.at, identity.linked_at)
    record.assign(identity, {"seen_at": seen, "withdrawn_at": None})
    vouched = _vouched(identity, arrival, event.at)
    said = record.said(acr=arrival.acr) if arrival.acr else {}
    record.record(identity, SsoLogged.ARRIVED, event, said)
    return Done(vouched)


@act
def prove(vouched: Vouched, arrival: Arrival, event: AnyEvent) -> Done[Vouched]:
    """Note that the person of a session has shown once more who they are.

    Raises SomebodyElse for another one, or a session that has ended.
    """
    locked = Vouched.objects.select_for_update(of=("self",)).get(pk=vouched.pk)
    identity = locked.identity
    same = (identity.issuer, identity.subject) == (arrival.issuer, arrival.subject)
    if not same or locked.ended_at:
        raise SomebodyElse
    columns = {"acr": arrival.acr, "proved_at": arrival.proved_at, "sid": arrival.sid}
    if arrival.refresh:
        columns["refresh"] = encrypted.sealed(arrival.refresh)
    record.assign(locked, columns)
    record.record(identity, SsoLogged.PROVED, event, record.said(acr=arrival.acr))
    return Done(locked)


def _known(arrival: Arrival) -> Identity | None:
    """Return whom the provider has sent before, locked. Raises OtherPerson for another vgr-id."""
    rows = Identity.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    found = rows.filter(issuer=arrival.issuer, subject=arrival.subject).first()
    if found and arrival.vgr_id != found.user.username:
        raise OtherPerson(arrival.vgr_id or found.user.username)
    return found


def _linked(arrival: Arrival, event: AnyEvent) -> Identity:
    """Return the identity of whom the provider sends for the first time."""
    if not 0 < len(arrival.vgr_id) <= MAX_LENGTH:
        raise NoName
    user = User.objects.filter(username=arrival.vgr_id).first()
    if user is None:
        user = _added(arrival, event)
    elif Identity.objects.filter(user=user).exists():
        raise OtherPerson(arrival.vgr_id)
    at = event.at
    identity = Identity(
        user=user, issuer=arrival.issuer, subject=arrival.subject, linked_at=at, seen_at=at
    )
    record.insert(identity)
    record.record(identity, SsoLogged.LINKED, event, record.said(issuer=arrival.issuer))
    return identity


def _added(arrival: Arrival, event: AnyEvent) -> User:
    gives = mapping.given(arrival.claims, mapping.rules())
    if not gives.roles:
        raise NoRole(arrival.vgr_id)
    return keeping.admit(NewPerson(arrival.vgr_id), event).row


def _vouched(identity: Identity, arrival: Arrival, at: datetime) -> Vouched:
    vouched = Vouched(
        identity=identity,
        sid=arrival.sid,
        refresh=encrypted.sealed(arrival.refresh) if arrival.refresh else "",
        acr=arrival.acr,
        proved_at=arrival.proved_at,
        began_at=at,
        checked_at=at,
    )
    vouched.save()
    return vouched
