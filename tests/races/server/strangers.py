"""Those who hold something that the till needs: a lock that was forgotten, guessed passwords."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from threading import Event
from typing import NamedTuple
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from django.db import connection

from tests.served import HOST, Served

GUESSERS = 24
SIGNED_IN = 302


class Typed(NamedTuple):
    """What the server said to a vgr-id and a password, and how soon."""

    status: int
    again: int  # seconds after which it may be tried again
    seconds: float


class Browser:
    """A browser at the sign-in page that keeps its cookies."""

    def __init__(self, server: Served, **cookies: str) -> None:
        self.port, self.cookies = server.port, cookies

    def type_in(self, vgr_id: str, password: str) -> Typed:
        """Open the page and send its form."""
        began = time.monotonic()
        self._ask("GET")
        token = self.cookies[settings.CSRF_COOKIE_NAME]
        fields = {"username": vgr_id, "password": password, "csrfmiddlewaretoken": token}
        status, again = self._ask("POST", urlencode(fields))
        return Typed(status, again, time.monotonic() - began)

    def _ask(self, method: str, body: str = "") -> tuple[int, int]:
        client = HTTPConnection(HOST, self.port, timeout=60)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        client.request(method, "/sign-in/", body, headers)
        answer = client.getresponse()
        assert answer.read() or answer.status == SIGNED_IN
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: kept.value for name, kept in SimpleCookie(line).items()}
        client.close()
        return answer.status, int(answer.headers.get("Retry-After", 0))


@contextmanager
def held(statement: str) -> Iterator[None]:
    """Keep a transaction open in another connection, as somebody does who forgot it."""
    if connection.vendor == "sqlite":
        other = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
        other.execute(statement)
        yield
        other.close()
    else:
        parameters = connection.get_connection_params()
        with psycopg.connect(**parameters | {"options": ""}) as client:
            client.execute(statement)
            yield
            client.rollback()


@contextmanager
def guessing(server: Served, vgr_id: str = "") -> Iterator[None]:
    """Let strangers try wrong passwords all the while: of one person, or each of their own."""
    stop = Event()

    def guess(stranger: int) -> None:
        while not stop.is_set():
            assert Browser(server).type_in(vgr_id or f"x{stranger}", "x" * 20).status != SIGNED_IN

    with ThreadPoolExecutor(GUESSERS) as strangers:
        under_way = [strangers.submit(guess, stranger) for stranger in range(GUESSERS)]
        try:
            time.sleep(1)
            yield
        finally:
            stop.set()
        for one in under_way:
            one.result()
