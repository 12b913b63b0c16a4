"""What the database keeps for the provider, so that whoever reads the database can't use it."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac


def sealed(text: str) -> str:
    """Return ``text`` encrypted with a key that follows from the server's secret."""
    return _key().encrypt(text.encode()).decode("ascii")


def opened(text: str) -> str:
    """Return what was sealed, or "" if the server has another secret since."""
    try:
        return _key().decrypt(text.encode()).decode()
    except InvalidToken:
        return ""


def _key() -> Fernet:
    made = salted_hmac("befreg_reserv.people.sso", "refresh tokens", algorithm="sha256")
    return Fernet(urlsafe_b64encode(made.digest()))
