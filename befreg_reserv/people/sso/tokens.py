"""Whether a token is the provider's, for us, for this sign-in, and still good."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final, TypeVar, cast

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from befreg_reserv.people.sso import provider
from befreg_reserv.people.sso.provider import Refusal

# Signatures that need a private key which we don't have: never "none", and never HS256, for which
# the provider's public key would do. What the provider's own list says is not asked.
ALGORITHMS: Final = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
]
SIGNATURES: Final = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
LEEWAY_SECONDS: Final = 60  # between two clocks
LONGEST_TOKEN: Final = 32 * 1024
LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_SECONDS: Final = 300  # how old the word that a session ended may be

Claims = Mapping[str, Any]
T = TypeVar("T")


def identity(
    token: Mapping[str, Any], *, nonce: str, seconds: float, proved_after: datetime | None = None
) -> Claims:
    """Return the claims of the ID token among ``token``. Raises Away and Refusal.

    ``nonce``: that of the sign-in; "" for a token that came with a refresh. ``proved_after``: the
    person must have shown who they are since.
    """
    claims = _signed(token.get("id_token"), seconds)
    access = token.get("access_token")
    found = CodeIDToken(
        claims.claims,
        claims.header,
        _expected(),
        {"nonce": nonce, "client_id": provider.chosen().client_id, "access_token": access},
    )
    _check(lambda: found.validate(leeway=LEEWAY_SECONDS))
    if not isinstance(found["sub"], str) or not found["sub"]:
        raise Refusal("no subject")
    if proved_after and (moment(found.get("auth_time")) or _NEVER) < proved_after:
        raise Refusal("nobody was asked anew")
    return cast("Claims", found)


def logout(token: str, seconds: float) -> Claims:
    """Return the claims of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6).

    Raises Away and Refusal.
    """
    claims = _signed(token, seconds)
    found = CodeIDToken(claims.claims, claims.header, _expected(), {})
    found.ESSENTIAL_CLAIMS = ["iss", "aud", "iat", "exp", "jti", "events"]
    _check(lambda: found.validate(leeway=LEEWAY_SECONDS))
    events = found["events"]
    if not isinstance(events, dict) or LOGOUT not in events or "nonce" in found:
        raise Refusal("no logout token")
    if not isinstance(found.get("sub") or found.get("sid"), str):
        raise Refusal("of nobody")
    if datetime.now(UTC).timestamp() - float(found["iat"]) > LOGOUT_SECONDS:
        raise Refusal("too old")
    return cast("Claims", found)


_NEVER: Final = datetime.fromtimestamp(0, UTC)


def moment(seconds: object) -> datetime | None:
    """Return a time that a token names, or None for what is no time."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _expected() -> dict[str, Any]:
    ours = provider.chosen()
    return {
        "iss": {"essential": True, "value": ours.issuer},
        "aud": {"essential": True, "value": ours.client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }


def _signed(token: object, seconds: float) -> jwt.Token:
    """Return a token that one of the provider's keys has signed."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise Refusal("no token")
    until = monotonic() + seconds
    try:
        return _read(token, provider.keys(seconds))
    except InvalidKeyIdError:  # they may have been rotated
        left = max(0.0, until - monotonic())
        return _check(lambda: _read(token, provider.keys(left, again=True)))
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refusal(type(error).__name__) from error


def _read(token: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(token, keys, registry=SIGNATURES)


def _check(what: Callable[[], T]) -> T:
    try:
        return what()
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refusal(f"{type(error).__name__}: {error}"[:200]) from error
