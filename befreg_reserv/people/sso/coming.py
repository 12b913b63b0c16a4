"""A browser on its way to the identity provider and back: what it carries, what comes of it.

What the answer must fit is kept in the browser, signed and for some minutes: a stranger who presses
the button writes no row here. It is taken away when the answer comes, and a code is good for once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hmac import compare_digest
from time import monotonic
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from befreg_reserv import waits
from befreg_reserv.people.sso import provider, tokens
from befreg_reserv.people.sso.arriving import Arrival
from befreg_reserv.people.sso.claims import mapping
from befreg_reserv.people.sso.models import NAME_LENGTH
from befreg_reserv.people.sso.provider import Refusal
from befreg_reserv.people.vgr_id import normalise

COOKIE: Final = "sign-on"
COOKIE_SECONDS: Final = 600  # for card, code and all that the provider asks for
SALT: Final = "befreg_reserv.people.sso"
SIGN_IN, UNLOCK, PROVE = "sign-in", "unlock", "prove"
LONGEST_TEXT: Final = 4096
# A clock there may be behind ours.
SLACK_SECONDS: Final = 60


class Denied(Refusal):
    """The person pressed "cancel" there, or the provider didn't let them in."""


@dataclass(frozen=True)
class Journey:
    """What a browser carries: ``why`` it went, where it goes on, and what the answer must fit."""

    state: str
    nonce: str
    verifier: str
    why: str
    onward: str
    begun: float  # seconds since 1970


def back_address(request: HttpRequest) -> str:
    """Return our address to which the provider sends people back."""
    path = reverse("sign-on:back")
    return f"{settings.SITE_URL}{path}" if settings.SITE_URL else request.build_absolute_uri(path)


def sent_off(request: HttpRequest, why: str, onward: str, at: datetime) -> tuple[str, Journey]:
    """Return where the browser goes, and what it carries. Raises Away and Refusal.

    To unlock, and to prove who one is, the provider must ask anew: somebody else may sit there.
    """
    start = provider.start(
        back_address(request),
        waits.SIGN_ON_SECONDS,
        fresh=provider.chosen().fresh or why == UNLOCK,
        strong=why == PROVE,
    )
    began = at.timestamp()
    return start.address, Journey(start.state, start.nonce, start.verifier, why, onward, began)


def keep(response: HttpResponse, journey: Journey) -> None:
    """Let the browser carry what the answer must fit."""
    response.set_cookie(
        COOKIE,
        signing.dumps(asdict(journey), salt=SALT),
        max_age=COOKIE_SECONDS,
        path=reverse("sign-on:back"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Let the browser forget it: an answer is taken once."""
    response.delete_cookie(COOKIE, path=reverse("sign-on:back"), samesite="Lax")


def carried(request: HttpRequest) -> Journey | None:
    """Return what the browser carried, or None if it is too old, or not ours."""
    text = request.COOKIES.get(COOKIE, "")
    try:
        return Journey(**signing.loads(text, salt=SALT, max_age=COOKIE_SECONDS))
    except (signing.BadSignature, TypeError):
        return None


def arrived(request: HttpRequest, journey: Journey) -> Arrival:
    """Return whom the provider sent back. Raises Away, Refusal, and Denied."""
    answer = request.GET
    if not compare_digest(answer.get("state", "").encode(), journey.state.encode()):
        raise Refusal("another state")
    if answer.get("iss", provider.chosen().issuer) != provider.chosen().issuer:
        raise Refusal("another issuer")  # RFC 9207
    if "error" in answer:
        raise Denied(answer["error"][:NAME_LENGTH])
    code = answer.get("code", "")
    if not 0 < len(code) <= LONGEST_TEXT:
        raise Refusal("no code")
    until = monotonic() + waits.SIGN_ON_SECONDS
    found = provider.tokens(
        code, journey.verifier, back_address(request), max(0, until - monotonic())
    )
    asked_anew = provider.chosen().fresh or journey.why != SIGN_IN
    since = tokens.moment(journey.begun - SLACK_SECONDS) if asked_anew else None
    claims = tokens.identity(
        found, nonce=journey.nonce, seconds=max(0, until - monotonic()), proved_after=since
    )
    return _arrival(claims, found)


def _arrival(claims: Mapping[str, Any], found: Mapping[str, Any]) -> Arrival:
    ours = provider.chosen()
    return Arrival(
        issuer=ours.issuer,
        subject=_text(claims, "sub"),
        vgr_id=normalise(_text(claims, ours.vgr_id)),
        claims=mapping.kept(claims, ours.mapped),
        sid=_text(claims, "sid"),
        acr=_text(claims, "acr"),
        proved_at=tokens.moment(claims.get("auth_time")),
        refresh=_text(found, "refresh_token", LONGEST_TEXT),
    )


def _text(found: Mapping[str, Any], name: str, most: int = NAME_LENGTH) -> str:
    """Return a claim that is a text of a sound length, or "". Raises Refusal for a strange one."""
    value = found.get(name, "")
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise Refusal(f"a strange {name}")
    return value
