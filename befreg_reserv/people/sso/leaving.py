"""The provider takes its word back: the person's sessions end at their next request.

Chosen: a refresh token is used at most every OIDC_RECHECK_SECONDS, in a request of the person's
own. It asks no browser (as ``prompt=none`` would), needs no right that providers seldom give (as
introspection does), and works where the provider can't reach us; a provider that can may besides
tell us at once, by a logout token (OpenID Connect Back-Channel Logout).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from befreg_reserv import clock, waits
from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Event, Unattended
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import held
from befreg_reserv.people.sso import encrypted, provider, tokens
from befreg_reserv.people.sso.claims import mapping
from befreg_reserv.people.sso.logged import SsoLogged
from befreg_reserv.people.sso.models import Identity, Vouched
from befreg_reserv.people.sso.provider import Away, Refusal

# A session whose provider gave no refresh token can't be asked about, and lasts so long.
UNCHECKED: Final = timedelta(minutes=10)
BY: Final = "identity provider"


def still_holds(vouched: Vouched, at: datetime) -> bool:
    """Tell whether the provider still vouches for a session; ask it if that is due.

    A provider that gives no answer ends nothing: nobody is put out in the middle of a call. Then
    it is left alone for a minute, so that no till waits for it again and again.
    """
    if vouched.ended_at or not vouched.identity.user.is_active:
        return False
    ours = settings.IDENTITY_PROVIDER
    if ours is None or vouched.identity.issuer != ours.issuer:
        return False  # nobody can be asked any more, and no other provider gets its token
    if not vouched.refresh:
        return at - vouched.began_at < UNCHECKED
    every = timedelta(seconds=ours.recheck_seconds)
    due = not timedelta(0) <= at - vouched.checked_at < every
    if not due or provider.is_away() or not _is_ours_to_ask(vouched, at):
        return True
    return _ask(vouched, Unattended(at, BY))


def _is_ours_to_ask(vouched: Vouched, at: datetime) -> bool:
    """Tell whether this request asks: of several at a time one does."""
    rows = Vouched.objects.filter(pk=vouched.pk, checked_at=vouched.checked_at)
    return bool(rows.update(checked_at=max(at, vouched.began_at)))


def _ask(vouched: Vouched, event: AnyEvent) -> bool:
    until = monotonic() + waits.RECHECK_SECONDS
    found: Mapping[str, Any] = {}
    claims = None
    try:
        found = provider.refreshed(encrypted.opened(vouched.refresh), waits.RECHECK_SECONDS)
        claims = _claims(vouched, found, max(0.0, until - monotonic()))
    except Away:
        pass
    except Refusal as refusal:  # nonsense is no word that somebody is gone
        if refusal.denied:
            withdraw(vouched.identity, event)
            return False
    if found:  # its token too whose claims can't be checked now: the one before may be used up
        renew(vouched, found, claims, event)
    return True


def _claims(vouched: Vouched, found: Mapping[str, Any], seconds: float) -> Mapping[str, Any] | None:
    """Return the claims that came with a refresh, if any did. Raises Away and Refusal."""
    if "id_token" not in found:
        return None
    claims = tokens.identity(found, nonce="", seconds=seconds)
    if claims["sub"] != vouched.identity.subject:
        raise Refusal("another person", denied=True)
    return claims


@act
def renew(
    vouched: Vouched, found: Mapping[str, Any], claims: Mapping[str, Any] | None, event: AnyEvent
) -> Done[Vouched]:
    """Keep the next refresh token, and give the person what the rules give for new claims."""
    identity = _locked(vouched.identity_id)
    refresh = found.get("refresh_token")
    if isinstance(refresh, str) and refresh:
        record.assign(vouched, {"refresh": encrypted.sealed(refresh)})
    if claims is not None:
        kept = mapping.kept(claims, provider.chosen().mapped)
        if kept != identity.claims:
            mapping.apply(identity, kept, event)
            record.record(identity, SsoLogged.CLAIMS_CHANGED, event)
    return Done(vouched)


@act
def withdraw(identity: Identity, event: AnyEvent) -> Done[Identity]:
    """End all sessions of a person of whom the provider said no; their password opens nothing.

    Until the provider lets them in again, or an administrator does (``let_in``); or while the
    provider is away (``why_not``).
    """
    locked = _locked(identity.pk)
    if locked.withdrawn_at:
        return Done(locked, new=False)
    record.assign(locked, {"withdrawn_at": event.at})
    locked.vouched.filter(ended_at__isnull=True).update(ended_at=event.at)
    held.drop(locked.user)  # those that a local password has opened too
    record.record(locked, SsoLogged.WITHDRAWN, event)
    return Done(locked)


@act
def end(subject: str, sid: str, event: AnyEvent) -> Done[int]:
    """End the session ``sid``, or all sessions of a subject: the provider says they have ended.

    No word that the person is gone: their local password still opens. Nothing is written for
    sessions that nobody has.
    """
    told = Q(identity__issuer=provider.chosen().issuer, ended_at__isnull=True)
    told &= Q(identity__subject=subject) if subject else Q()
    told &= Q(sid=sid) if sid else Q()
    rows = list(Vouched.objects.select_for_update(of=("self",)).filter(told))
    Vouched.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=event.at)
    for identity in Identity.objects.filter(vouched__in=rows).distinct():
        record.record(identity, SsoLogged.ENDED, event)
    return Done(len(rows), new=bool(rows))


@act
def let_in(identity: Identity, event: AnyEvent) -> Done[Identity]:
    """Let the local password of a withdrawn person open again: an administrator says so."""
    locked = _locked(identity.pk)
    if not locked.withdrawn_at:
        return Done(locked, new=False)
    record.change(locked, SsoLogged.LET_IN, event, {"withdrawn_at": None})
    return Done(locked)


def _signed_in(*, user: User, **_kwargs: Any) -> None:
    """Record that somebody was let in although the provider said no: it is away (``why_not``).

    They aren't put out when it is back.
    """
    if settings.IDENTITY_PROVIDER is None:
        return
    known = Identity.objects.filter(user=user, withdrawn_at__isnull=False).first()
    if known:
        record.record(known, SsoLogged.LET_IN_MEANWHILE, Event.now(user, clock.now()))


def connect() -> None:
    """Listen to sign-ins, whichever page they come from."""
    user_logged_in.connect(_signed_in, dispatch_uid="sign-in of whom a provider knows")


def old(at: datetime) -> QuerySet[Vouched]:
    """Return the sessions that have ended by themselves, the oldest first."""
    before = at - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return Vouched.objects.filter(began_at__lt=before).order_by("began_at")


def why_not(user: User) -> str:
    """Return why a person's local password opens nothing: the provider has taken its word back.

    A provider says the same no of who was removed and of whose session there ran out. So while it
    is away the password opens all the same, or a network that fails would keep a whole shift out
    that could sign in there a moment ago. Only such a person waits for its answer.
    """
    if not Identity.objects.filter(user=user, withdrawn_at__isnull=False).exists():
        return ""
    if settings.IDENTITY_PROVIDER and not provider.answers(waits.SIGN_ON_SECONDS):
        return ""
    return _(
        "The identity provider has said that you may not sign in any more. Sign in there again, or"
        " ask the system administrator."
    )


def _locked(key: int) -> Identity:
    rows = Identity.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("user").get(pk=key)
