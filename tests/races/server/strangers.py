"""Those who hold something that the till needs: a lock that was forgotten, guessed passwords."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event
from urllib.parse import urlencode

import psycopg
from django.db import connection

from tests.served import HOST, Served

GUESSERS = 24


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
def guessing(server: Served) -> Iterator[None]:
    """Let strangers try wrong passwords all the while, each of a person of their own."""
    stop = Event()

    def guess(stranger: int) -> None:
        while not stop.is_set():
            client = HTTPConnection(HOST, server.port, timeout=60)
            client.request("GET", "/sign-in/")
            answer = client.getresponse()
            cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
            answer.read()
            fields = {"username": f"x{stranger}", "password": "x" * 20}
            fields["csrfmiddlewaretoken"] = cookie.partition("=")[2]
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            client.request("POST", "/sign-in/", urlencode(fields), headers)
            assert client.getresponse().read()
            client.close()

    with ThreadPoolExecutor(GUESSERS) as strangers:
        under_way = [strangers.submit(guess, stranger) for stranger in range(GUESSERS)]
        try:
            time.sleep(1)
            yield
        finally:
            stop.set()
        for one in under_way:
            one.result()
