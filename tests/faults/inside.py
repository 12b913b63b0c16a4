"""Real faults of a database: a lock that is held, a full disk, a COMMIT without its reply."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.people.models import User

PATIENCE_MS = 200  # for a lock, where a test holds one


@contextmanager
def held(table: str, patience_ms: int = PATIENCE_MS) -> Iterator[None]:
    """Lock a table by another connection, on SQLite the file; this one waits so long for it."""
    sqlite = connection.vendor == "sqlite"
    patience = "PRAGMA busy_timeout = {}" if sqlite else "SET lock_timeout = {}"
    ordinary = _one("PRAGMA busy_timeout" if sqlite else "SHOW lock_timeout")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE" if sqlite else "BEGIN")
            cursor.execute(f"SELECT 1 FROM {table}{'' if sqlite else ' FOR UPDATE'}")  # noqa: S608
        _run(patience.format(patience_ms))
        yield
        with other.cursor() as cursor:
            cursor.execute("ROLLBACK")
    finally:
        other.close()
        _run(patience.format(ordinary if sqlite else f"'{ordinary}'"))


@contextmanager
def full_disk(user: User) -> Iterator[None]:
    """Let SQLite's file grow no further, and fill its pages until no log entry fits any more."""
    _run("VACUUM")  # or free pages of former tests would have room
    ordinary = _one("PRAGMA max_page_count")
    _run(f"PRAGMA max_page_count = {_one('PRAGMA page_count')}")
    try:
        with suppress(DatabaseError):
            while True:
                trail.record(user, Logged.UPDATE, actor=user, at=timezone.now())
        yield
    finally:
        _run(f"PRAGMA max_page_count = {ordinary}")


@contextmanager
def broken() -> Iterator[None]:
    """Let every request with a session fail: the table of sessions is away."""
    _run("ALTER TABLE django_session RENAME TO away")
    try:
        yield
    finally:
        _run("ALTER TABLE away RENAME TO django_session")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _one(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


class Cable:
    """A socket between the application and PostgreSQL that can be cut at a COMMIT."""

    def __init__(self, folder: Path, server: str) -> None:
        name = ".s.PGSQL.5432"
        self.folder = folder
        self._server = f"{server}/{name}"
        self._cut = threading.Event()
        self._gone = threading.Event()
        self._cuts_for_good = False
        self._frozen = False
        self._clients: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / name))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at_commit(self, *, for_good: bool = False) -> None:
        """Pass the next COMMIT on to the server, and lose its reply; perhaps the way there too."""
        self._cuts_for_good = for_good
        self._cut.set()

    def cut(self) -> None:
        """Close every connection, and refuse new ones."""
        self._gone.set()
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def freeze(self) -> None:
        """Pass nothing on any more, in no direction, and close nothing: as a broken network."""
        self._frozen = True

    def mend(self) -> None:
        """Let the server be reached again, by new connections."""
        self._gone.clear()
        self._frozen = False

    def close(self) -> None:
        """Take no further connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                if self._gone.is_set():
                    client.close()
                    continue
                self._clients.append(client)
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()

    def _cut_all(self, but: socket.socket) -> None:
        self._gone.set()
        for client in self._clients:
            if client is not but:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        lost = threading.Event()
        back = threading.Thread(target=_pass_on, args=(server, client, lost), daemon=True)
        back.start()
        with suppress(OSError):
            while data := client.recv(65536):
                if b"COMMIT" in data and self._cut.is_set():
                    self._cut.clear()
                    lost.set()
                    if self._cuts_for_good:
                        self._cut_all(but=client)
                    server.sendall(data)
                    back.join()  # the server has answered: the COMMIT is done
                    break
                if not self._frozen:
                    server.sendall(data)
        for side in (client, server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)  # or the other thread would keep it open
            side.close()


def _pass_on(source: socket.socket, target: socket.socket, lost: threading.Event) -> None:
    with suppress(OSError):
        while (data := source.recv(65536)) and not lost.is_set():
            target.sendall(data)


@contextmanager
def cable(folder: Path) -> Iterator[Cable]:
    """Lead the test's own connections through a cable."""
    chosen = connection.settings_dict["HOST"]
    new = Cable(folder, chosen)
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's
    connection.settings_dict["HOST"] = str(folder)
    try:
        yield new
    finally:
        new.mend()  # or the pool's last tries would come through later
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        connection.settings_dict["HOST"] = chosen
        new.close()
