"""People with passwords, and browsers that stand idle."""

from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User

PASSWORD = "Korrekt häst, batteri"
TILL_SECONDS = 300
ELSEWHERE_SECONDS = 900
JUST_IDLE = 20  # the lock of the server's own comes so much later


@cache
def hashed() -> str:
    """Return the password as it is kept; once, since hashing is slow on purpose."""
    return make_password(PASSWORD)


def with_password(user: User) -> User:
    """Return the person, who can now sign in."""
    User.objects.filter(pk=user.pk).update(password=hashed())
    user.refresh_from_db()
    return user


def browser() -> Client:
    """Return a browser that is set to English."""
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def type_in(
    client: Client, vgr_id: str, password: str = PASSWORD, page: str = "/sign-in/", **more: str
) -> Any:
    """Send the form of a page that asks for vgr-id and password."""
    return client.post(page, {"username": vgr_id, "password": password, **more})


def leave_alone(client: Client, seconds: float) -> None:
    """Let the browser's session stand idle for so long."""
    session = client.session
    session["active_at"] -= seconds
    session.save()


def locked(client: Client) -> bool:
    """Tell whether any address leads to the lock page."""
    return bool(client.get("/outage/").headers.get("Location", "").startswith("/locked/"))


def acts(user: User) -> list[str]:
    """Return what the audit log tells of a person, in order."""
    entries = LogEntry.objects.filter(object_pk=str(user.pk), content_type__model="user")
    return list(entries.order_by("pk").values_list("act", flat=True))
