"""Workstations at the till, as the server sees them: a session, a token, one request at a time."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings

from tests.races.processes.job import PATIENCE_SECONDS
from tests.scenes import ANOTHER_PATIENT
from tests.served import HOST, METRICS_TOKEN, Served

SEND_AGAIN = 503  # its time was over; the page keeps the form and its key
HANDOUT_PAGE = re.compile(r"/till/handouts/([0-9]+)/")


@dataclass(frozen=True)
class Answer:
    """What the server said to one form: a handout's id, or the status in its place."""

    handout: int | None
    status: int
    seconds: float


class Workstation:
    """A browser at the till, signed in by its session cookie."""

    more_headers: Mapping[str, str] = {}
    prefix = ""  # of the cookies' names

    def __init__(self, served: Served, session: str, patience: float = PATIENCE_SECONDS) -> None:
        self.port, self.patience = served.port, patience
        self.cookies = {self.prefix + settings.SESSION_COOKIE_NAME: session}
        self.token = self._token()

    def _token(self) -> str:
        """Open the form, as a person does, and keep the token that comes with it."""
        status, headers = self._request("GET", "/till/call/")
        name = self.prefix + settings.CSRF_COOKIE_NAME
        cookie = SimpleCookie(headers.get("Set-Cookie", "")).get(name)
        if status != 200 or cookie is None:
            raise RuntimeError(f"the call's page answers {status}, and is no page with a form")
        self.cookies[name] = cookie.value
        return cookie.value

    def call(self, request_key: UUID | None = None) -> Answer:
        """Send the form for one call from IVA."""
        form = {
            "csrfmiddlewaretoken": self.token,
            "sex": "K",
            "caller": "wilma",
            "ward": "Anestesikliniken / IVA",
            "callback": "2102",
            "request_key": request_key or uuid4(),
            "other_than": ANOTHER_PATIENT,
        }
        began = time.perf_counter()
        status, headers = self._request("POST", "/till/hand-out/", urlencode(form))
        # A redirect alone is no success: the sign-in page is one, too.
        page = HANDOUT_PAGE.fullmatch(headers.get("Location", ""))
        handout = int(page[1]) if status == 302 and page else None
        return Answer(handout, status, time.perf_counter() - began)

    def call_until_answered(self, request_key: UUID | None = None) -> Answer:
        """Send the form of one call, and again whenever the page asks for it; time it all."""
        key, began = request_key or uuid4(), time.perf_counter()
        while (answer := self.call(key)).status == SEND_AGAIN:
            if time.perf_counter() - began > self.patience:
                break
        return replace(answer, seconds=time.perf_counter() - began)

    def look(self, path: str) -> float:
        """Return how many seconds a page takes, whatever it says."""
        began = time.perf_counter()
        self._request("GET", path)
        return time.perf_counter() - began

    def _request(self, method: str, path: str, body: str = "") -> tuple[int, dict[str, str]]:
        connection = self._connect()
        try:
            headers = {
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": f"Bearer {METRICS_TOKEN}",
                **self.more_headers,
            }
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
            return response.status, dict(response.getheaders())
        finally:
            connection.close()

    def _connect(self) -> HTTPConnection:
        return HTTPConnection(HOST, self.port, timeout=self.patience)


def calls_in_a_row(workstation: Workstation, count: int) -> list[Answer]:
    """Make so many calls, one after the other."""
    return [workstation.call_until_answered() for _call in range(count)]
