"""What we ask the identity provider: where its pages are, its keys, tokens for a code.

Authlib writes the requests and reads the answers; each goes out by ``fetch``, which bounds time and
size and follows no redirect. What is known of the provider is kept in the process, so that a
sign-in asks it once, and a provider that hangs is left alone for a while.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from time import monotonic
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.client import OAuth2Client
from django.conf import settings
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from befreg_reserv.elsewhere import fetch
from befreg_reserv.environment.identity_provider import IdentityProvider

ANY: Final = range(100, 600)
MOST_BYTES: Final = 256 * 1024
KEPT_SECONDS: Final = 3600
# A token under an unknown key lets us ask for the keys again, at most this often.
KEYS_AGAIN_SECONDS: Final = 10
# After no answer, the sign-in button says so at once for so long; re-checks wait for longer.
AWAY_SECONDS: Final = 10
AWAY_FOR_RECHECKS: Final = 60
PUBLIC: Final = {"RSA", "EC", "OKP"}  # kinds of keys; a shared secret is none that signs for us
DISCOVERY: Final = "/.well-known/openid-configuration"


class Away(Exception):
    """The provider gives no answer, or none in time."""


class Refusal(Exception):
    """The provider answered, and said no, or what can't be believed.

    ``denied``: it said that this code or this refresh token is worth nothing.
    """

    def __init__(self, reason: str, *, denied: bool = False) -> None:
        super().__init__(reason)
        self.denied = denied


@dataclass
class _Known:
    """What this process knows of a provider; times by time.monotonic."""

    pages: Mapping[str, Any] = field(default_factory=dict)
    pages_at: float = float("-inf")
    keys: KeySet | None = None
    keys_at: float = float("-inf")
    away_at: float = float("-inf")


_known: dict[str, _Known] = {}


def forget() -> None:
    """Forget all that is known: for tests."""
    _known.clear()


def chosen() -> IdentityProvider:
    """Return the provider of the settings; callers have looked that there is one."""
    return cast("IdentityProvider", settings.IDENTITY_PROVIDER)


@dataclass(frozen=True)
class Start:
    """Where a browser is sent to sign in, and what its answer must fit."""

    address: str
    state: str
    nonce: str
    verifier: str


def start(back: str, seconds: float, *, fresh: bool, strong: bool) -> Start:
    """Return where to sign in and come ``back`` from. Raises Away and Refusal.

    ``fresh``: ask for password or card again; ``strong``: and for one that counts as strong.
    """
    provider = chosen()
    page = _page("authorization_endpoint", monotonic() + seconds)
    nonce, verifier = generate_token(32), generate_token(64)
    more: dict[str, Any] = {"nonce": nonce}
    if fresh or strong:
        more |= {"prompt": "login", "max_age": "0"}
    if strong:
        more["acr_values"] = " ".join(provider.strong)
    client = _client(back, 0)
    address, state = client.create_authorization_url(page, code_verifier=verifier, **more)
    return Start(address, state, nonce, verifier)


def tokens(code: str, verifier: str, back: str, seconds: float) -> Mapping[str, Any]:
    """Return what the provider gives for a code. Raises Away and Refusal."""
    until = monotonic() + seconds
    page = _page("token_endpoint", until)
    client = _client(back, until)
    return _answer(
        lambda: client.fetch_token(
            page, code=code, code_verifier=verifier, grant_type="authorization_code"
        )
    )


def refreshed(refresh: str, seconds: float) -> Mapping[str, Any]:
    """Return what the provider gives for a refresh token. Raises Away and Refusal."""
    until = monotonic() + seconds
    page = _page("token_endpoint", until)
    client = _client("", until)
    return _answer(lambda: client.refresh_token(page, refresh_token=refresh))


def is_away(seconds: float = AWAY_FOR_RECHECKS) -> bool:
    """Tell whether the provider gave no answer in the last ``seconds``."""
    return monotonic() - _of(chosen()).away_at < seconds


def answers(seconds: float) -> bool:
    """Ask the provider anew for its first page; tell whether it answers as a provider does."""
    try:
        _discovered(chosen(), monotonic() + seconds)
    except (Away, Refusal):
        return False
    return True


def keys(seconds: float, *, again: bool = False) -> KeySet:
    """Return the provider's public keys; ``again``: a token names one that isn't among them.

    Raises Away and Refusal.
    """
    known, until = _of(chosen()), monotonic() + seconds
    limit = KEYS_AGAIN_SECONDS if again else KEPT_SECONDS
    if known.keys is None or monotonic() - known.keys_at > limit:
        known.keys_at = monotonic()
        known.keys = _public(_document(_page("jwks_uri", until), until))
    return known.keys


def _public(found: Mapping[str, Any]) -> KeySet:
    listed = found.get("keys")
    if not isinstance(listed, list):
        raise Refusal("no keys")
    rows = [row for row in listed if isinstance(row, dict) and row.get("kty") in PUBLIC]
    try:
        return KeySet.import_key_set({"keys": [row for row in rows if row.get("use") != "enc"]})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Refusal("keys that can't be read") from error


def _of(provider: IdentityProvider) -> _Known:
    return _known.setdefault(provider.issuer, _Known())


def _page(name: str, until: float) -> str:
    """Return the address of one of the provider's pages."""
    address = _pages(until).get(name)
    if not isinstance(address, str) or not _is_as_safe(address, chosen().issuer):
        raise Refusal(f"no sound {name}")
    return address


def _is_as_safe(address: str, issuer: str) -> bool:
    """Tell whether it is an address, and https:// if the issuer's is."""
    try:
        parts = urlsplit(address)
        sound = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and " " not in address
    return sound and plain and parts.scheme in {"https", urlsplit(issuer).scheme}


def _pages(until: float) -> Mapping[str, Any]:
    provider = chosen()
    known = _of(provider)
    if monotonic() - known.pages_at > KEPT_SECONDS:
        known.pages, known.pages_at = _discovered(provider, until), monotonic()
    return known.pages


def _discovered(provider: IdentityProvider, until: float) -> Mapping[str, Any]:
    found = _document(f"{provider.issuer.removesuffix('/')}{DISCOVERY}", until)
    if found.get("issuer") != provider.issuer:
        raise Refusal("another issuer")
    return found


def _document(address: str, until: float) -> Mapping[str, Any]:
    answer = _asked(lambda limits: fetch.get(address, limits, read=ANY), until)
    if answer.status_code != HTTPStatus.OK:
        raise Refusal(f"status {answer.status_code}")
    return answer.json()


# --- one request ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answer:
    """An answer as Authlib reads one."""

    status_code: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the object. Raises Refusal for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Refusal("not JSON") from error
        if not isinstance(found, dict):
            raise Refusal("not a JSON object")
        return found

    def raise_for_status(self) -> None:
        """Raise: Authlib asks for it where the status is none to go on with."""
        if self.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Away(f"status {self.status_code}")
        raise Refusal(f"status {self.status_code}")


@dataclass(frozen=True)
class _Line:
    """What Authlib takes for a session of an HTTP library."""

    until: float

    def post(self, url: str, *, data: Any, headers: Any, auth: Any) -> _Answer:
        """Send a form. Raises Away and Refusal."""
        url, headers, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _asked(
            lambda limits: fetch.post(url, limits, read=ANY, headers=headers, body=body.encode()),
            self.until,
        )


def _client(back: str, until: float) -> Any:
    provider = chosen()
    return OAuth2Client(
        _Line(until),
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        scope=" ".join(provider.scopes),
        redirect_uri=back,
        code_challenge_method="S256",
    )


def _asked(request: Any, until: float) -> _Answer:
    known = _of(chosen())
    if monotonic() - known.away_at < AWAY_SECONDS:
        raise Away("no answer a moment ago")
    try:
        got = request(fetch.Limits(max(0, until - monotonic()), MOST_BYTES))
    except (OSError, HTTPException) as error:  # TimeoutError among them
        known.away_at = monotonic()
        raise Away(type(error).__name__) from error
    except (fetch.TooMuch, ValueError) as error:
        raise Refusal(type(error).__name__) from error
    if not got.whole:
        raise Refusal("too large")
    return _Answer(got.status, got.body)


def _answer(ask: Any) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = ask()
    except AuthlibBaseError as error:
        raise Refusal(str(error.error), denied=error.error == "invalid_grant") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refusal(type(error).__name__) from error
    return found
