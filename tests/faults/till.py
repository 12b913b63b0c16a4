"""Clients: tills that take one call after the other, and somebody who asks for /live all the time.

A till does what the page tells people: when it gets no number it sends the same form again, until
it has one.
"""

import re
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from itertools import count
from threading import Event, Thread
from urllib.parse import urlencode
from uuid import uuid4

from tests.faults.judging.history import History, Kind, Try

HOST = "127.0.0.1"
SESSION, TOKEN = "sessionid", "csrftoken"
NAME, PASSWORD = "tilda", "the till's own password"
# Above every handout's key: the till has said that all earlier numbers are other patients'.
ANOTHER_PATIENT = 2**63 - 1
GIVES_UP_SECONDS = 90  # a browser's own patience with a server that doesn't answer
PAUSE_SECONDS = 0.15  # between two calls, or before the same form is sent again
LIVE_SECONDS = 0.1

SIGN_IN, LOCKED = "/sign-in/", "/locked/"
HANDOUT = re.compile(r"/till/handouts/[0-9]+/")
SHOWN = re.compile(r'class="(?:birth|last) number">(.*?)</p>', re.DOTALL)
TAGS = re.compile(r"<[^>]*>|\s")
DOUBT = 'name="in_doubt"'
OURS = re.compile(r'<html[^>]* lang="(?:sv|en)"')
_calls = count(1)


class Till(Thread):
    """Takes calls until it is told to stop; then it ends the one it has.

    ``ports``: the servers, of which it asks the next when one doesn't answer. ``same_key``: whether
    a form that was sent again carries the same key, as our pages see to.
    """

    def __init__(
        self, ports: list[int], session: str, history: History, *, same_key: bool = True
    ) -> None:
        super().__init__(daemon=True)
        self._ports, self._history, self._same_key = ports, history, same_key
        self._cookies = {SESSION: session, TOKEN: "t" * 32}
        self._told, self._give_up = Event(), Event()

    def run(self) -> None:
        while not self._told.is_set():
            self._take_a_call(next(_calls))
            time.sleep(PAUSE_SECONDS)

    def stop(self) -> None:
        """Take no further call."""
        self._told.set()

    def give_up(self) -> None:
        """Leave the call without its number."""
        self._give_up.set()

    def _take_a_call(self, call: int) -> None:
        key = str(uuid4())
        while not self._give_up.is_set():
            page = self._send(call, key)
            if page is None or self._look(call, key, page):
                return
            time.sleep(PAUSE_SECONDS)
            key = key if self._same_key else str(uuid4())

    def _send(self, call: int, key: str) -> str | None:
        """Send the form. Return the number's page, "" for no answer, None when the call ended."""
        form = {
            "csrfmiddlewaretoken": self._cookies[TOKEN],
            "sex": "K",
            "caller": "wilma",
            "ward": "Anestesikliniken / IVA",
            "callback": "2102",
            "request_key": key,
            "other_than": ANOTHER_PATIENT,
        }
        began = time.monotonic()
        kind, place, _body = self._ask("POST", "/till/hand-out/", urlencode(form))
        self._history.tries.append(Try(call, key, began, time.monotonic() - began, kind))
        if kind is Kind.TAKEN:
            return place
        return None if kind is Kind.ELSE else ""

    def _look(self, call: int, key: str, page: str) -> bool:
        """Open the number's page; tell whether it showed the number."""
        if not page:
            return False
        while not self._give_up.is_set():
            began = time.monotonic()
            kind, _place, body = self._ask("GET", page)
            number = TAGS.sub("", "".join(SHOWN.findall(body)))
            kind = Kind.NUMBER if number else kind
            seconds = time.monotonic() - began
            self._history.tries.append(Try(call, key, began, seconds, kind, number))
            if number or kind is Kind.ELSE:
                return True
            time.sleep(PAUSE_SECONDS)
        return False

    def _headers(self) -> dict[str, str]:
        return {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def _ask(self, method: str, path: str, body: str = "") -> tuple[Kind, str, str]:
        """Return what came back: its kind, where it leads, its text."""
        connection = HTTPConnection(HOST, self._ports[0], timeout=GIVES_UP_SECONDS)
        try:
            connection.request(method, path, body, self._headers())
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, HTTPException) as error:
            self._ports.append(self._ports.pop(0))
            refused = isinstance(error, ConnectionRefusedError)
            return (Kind.CLOSED if refused else Kind.CUT), "", ""
        finally:
            connection.close()
        place = answer.headers.get("Location", "")
        kind = _kind(answer.status, place, text)
        if kind is Kind.SIGN_IN and not path.startswith(SIGN_IN):
            self._sign_in()
        return kind, place, text

    def _sign_in(self) -> None:
        """Write name and password, as a person does whose session has ended."""
        fields = {
            "username": NAME,
            "password": PASSWORD,
            "csrfmiddlewaretoken": self._cookies[TOKEN],
        }
        connection = HTTPConnection(HOST, self._ports[0], timeout=GIVES_UP_SECONDS)
        with suppress(OSError, HTTPException):
            connection.request("POST", SIGN_IN, urlencode(fields), self._headers())
            answer = connection.getresponse()
            answer.read()
            for header in answer.headers.get_all("Set-Cookie", []):
                for name, morsel in SimpleCookie(header).items():
                    self._cookies[name] = morsel.value
        connection.close()


def _kind(status: int, place: str, text: str) -> Kind:
    if status == 302:
        if HANDOUT.fullmatch(place):
            return Kind.TAKEN
        return Kind.SIGN_IN if place.startswith((SIGN_IN, LOCKED)) else Kind.ELSE
    if not OURS.search(text):
        return Kind.BARE
    if status < 500:
        return Kind.ELSE
    return Kind.DOUBT if DOUBT in text else Kind.NOTHING


class Watcher(Thread):
    """Asks a server for /live all the time, and notes how long each answer took."""

    def __init__(self, port: int, history: History) -> None:
        super().__init__(daemon=True)
        self._port, self._history, self._told = port, history, Event()

    def run(self) -> None:
        while not self._told.wait(LIVE_SECONDS):
            began = time.monotonic()
            connection = HTTPConnection(HOST, self._port, timeout=GIVES_UP_SECONDS)
            try:
                connection.request("GET", "/live")
                connection.getresponse().read()
            except (OSError, HTTPException):
                continue  # the server is being killed
            finally:
                connection.close()
            self._history.live.append(time.monotonic() - began)

    def stop(self) -> None:
        """Ask no more."""
        self._told.set()
