"""What a state is, and what several of them send."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from playwright.sync_api import Page

STRANGER = ""
Then = Callable[[Page], None]


@dataclass(frozen=True)
class State:
    """A page in a state. ``who`` is a vgr-id."""

    name: str
    who: str
    path: str
    status: int = 200
    then: Then | None = None
    fields: Mapping[str, str] | None = None
    # What is answered in the server's place, where no test can bring a real one to that.
    instead: Callable[[], HttpResponse] | None = None


def sent(
    name: str,
    who: str,
    path: str,
    fields: Mapping[str, str],
    status: int = 400,
    then: Then | None = None,
) -> State:
    """Return the state that sending a form leads to; mostly, the form again."""
    return State(name, who, path, status, then, fields)


CALL = {
    "sex": "K",
    "caller": "wilma",
    "ward": "Anestesikliniken / IVA",
    "callback": "2102",
    "outage": "{outage}",
    "request_key": str(UUID(int=1)),
}
TOO_LONG = {"text": "x" * 501}

PAPER = "Tid;Nummer;Avdelning;Uppringare;Av\n{minute};%s;Tältet;wilma;tilda"
LOG = {"text": PAPER % "K080", "request_key": str(UUID(int=3))}
UNSURE = {
    "at": "{minute}",
    "number": "K080",
    "ward": "an",
    "caller": "wilma",
    "by": "tilda",
    "request_key": str(UUID(int=4)),
}
