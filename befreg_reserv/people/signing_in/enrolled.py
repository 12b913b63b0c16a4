"""Which enrolled workstation a request comes from, and whether it has proved that.

It shows its client certificate, or a cookie with a secret of which a hash is stored; where its
browser has a key, it signs a challenge of ours besides (``static/workstation.js``). What can't be
proved is no workstation of ours, and nobody is kept out for that: the password is asked for.
"""

import base64
import binascii
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from befreg_reserv.audit.middleware import CERTIFICATE
from befreg_reserv.people.models import Workstation

COOKIE: Final = f"{settings.COOKIE_PREFIX}till"
PROOF: Final = "proof"  # the field of a form: the challenge and its signature
YEAR_SECONDS: Final = 365 * 24 * 3600
# As long as a session: a lock page may have stood there since the evening.
CHALLENGE_FOR: Final = timedelta(hours=12)
USED_EVERY: Final = timedelta(minutes=5)  # how exact the list's "last used" is
COORDINATE: Final = 32  # bytes of each of the two numbers of a signature
_SEEN = "enrolled_workstation"  # on the request, once it was looked up


def kept(seconds: int) -> dict[str, Any]:
    """Return how a cookie is kept for so long, out of every script's reach."""
    secure = settings.SESSION_COOKIE_SECURE
    return {"max_age": seconds, "secure": secure, "httponly": True, "samesite": "Lax"}


def certificate_of(request: HttpRequest) -> str:
    """Return the fingerprint of the certificate that a trusted proxy has seen, or ""."""
    return str(getattr(request, CERTIFICATE, ""))


def secret_of(request_key: UUID) -> str:
    """Return the secret of the workstation that a form enrols: the same however often it is sent.

    Nobody can tell it from the key without the server's secret.
    """
    return salted_hmac(
        "befreg_reserv.people.enrolled", str(request_key), algorithm="sha256"
    ).hexdigest()


def hashed(secret: str) -> str:
    """Return what is stored of a secret. It is long and random: no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def remember(response: HttpResponse, secret: str) -> None:
    """Let the browser be recognised as an enrolled workstation for a year."""
    response.set_cookie(COOKIE, secret, **kept(YEAR_SECONDS))


def remember_again(request: HttpRequest, response: HttpResponse) -> None:
    """Let the cookie last a year from now on: a till in use never has to be enrolled again."""
    if secret := request.COOKIES.get(COOKIE, ""):
        remember(response, secret)


def seen(request: HttpRequest) -> Workstation | None:
    """Return which workstation a request says that it comes from: good enough for what is shown.

    One statement, and only where the browser has a cookie or a certificate.
    """
    if not hasattr(request, _SEEN):
        setattr(request, _SEEN, _found(request))
    found: Workstation | None = getattr(request, _SEEN)
    return found


def _found(request: HttpRequest) -> Workstation | None:
    certificate, secret = certificate_of(request), request.COOKIES.get(COOKIE, "")
    shows = Q(pk__in=[])
    if certificate:
        shows |= Q(certificate=certificate)
    if secret:
        # A copied cookie is worth nothing where there is a certificate.
        shows |= Q(certificate="", secret=hashed(secret))
    if not (certificate or secret):
        return None
    rows = Workstation.objects.filter(shows, withdrawn_at=None)
    return rows.order_by("-certificate").first()


def proved(request: HttpRequest) -> Workstation | None:
    """Return the workstation that has proved itself with the form that it sends, or None."""
    workstation = seen(request)
    if workstation is None or workstation.certificate or not workstation.public_key:
        return workstation
    proof = request.POST.get(PROOF, "")
    return workstation if _has_signed(workstation.public_key, proof, str(workstation.pk)) else None


def challenge(request: HttpRequest) -> str:
    """Return what the workstation's key is to sign on this page; "" if it has none."""
    workstation = seen(request)
    has_key = workstation and workstation.public_key and not workstation.certificate
    return asked_of(str(workstation.pk)) if workstation and has_key else ""


def asked_of(whom: str) -> str:
    """Return a challenge of ours for ``whom``, which nobody else can make."""
    return TimestampSigner(salt="befreg_reserv.people.enrolled").sign(whom)


def is_key(text: str) -> bool:
    """Tell whether this is a public key of the kind that browsers make for us."""
    return _key(text) is not None


def owns(public_key: str, proof: str) -> bool:
    """Tell whether who enrols a key has it: the challenge of the enrolment's page is signed."""
    return _has_signed(public_key, proof, NEW)


NEW: Final = "new"


def note_use(workstation: Workstation, at: datetime) -> None:
    """Write that somebody came in at the workstation, at most every few minutes."""
    old = Q(last_used_at=None) | Q(last_used_at__lt=at - USED_EVERY)
    if workstation.last_used_at is None or workstation.last_used_at < at - USED_EVERY:
        Workstation.objects.filter(old, pk=workstation.pk).update(last_used_at=at)


def _has_signed(public_key: str, proof: str, whom: str) -> bool:
    asked, _, signature = proof.rpartition(" ")
    key, signed = _key(public_key), _bytes(signature)
    if key is None or len(signed) != 2 * COORDINATE:
        return False
    try:
        signer = TimestampSigner(salt="befreg_reserv.people.enrolled")
        if signer.unsign(asked, max_age=CHALLENGE_FOR) != whom:
            return False
        r, s = (int.from_bytes(half) for half in (signed[:COORDINATE], signed[COORDINATE:]))
        key.verify(encode_dss_signature(r, s), asked.encode(), ec.ECDSA(SHA256()))
    except (BadSignature, InvalidSignature):
        return False
    return True


def _key(text: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(_bytes(text))
    except (ValueError, TypeError):
        return None
    is_ours = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return key if is_ours else None  # type: ignore[return-value]


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
