"""A line to PostgreSQL that counts how often it is asked, and may be long.

A trip is what goes there until something comes back: several statements that are sent together are
one.
"""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

LONGEST = 65536
SOCKET = ".s.PGSQL.5432"


class Line:
    """A socket in ``folder`` that leads to the server's own, ``there``.

    ``seconds``: how long each trip takes, besides what the server needs.
    """

    def __init__(self, folder: Path, there: Path, seconds: float = 0.0) -> None:
        self.trips = 0
        self._there, self._seconds = there / SOCKET, seconds
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / SOCKET))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no further connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._there))
                answered = threading.Event()
                answered.set()
                threading.Thread(
                    target=self._connect, args=(near, far, answered), daemon=True
                ).start()

    def _connect(self, near: socket.socket, far: socket.socket, answered: threading.Event) -> None:
        with near, far:
            back = threading.Thread(
                target=self._pass_on, args=(far, near, answered), kwargs={"there": False}
            )
            back.start()
            self._pass_on(near, far, answered, there=True)
            back.join()

    def _pass_on(
        self,
        source: socket.socket,
        target: socket.socket,
        answered: threading.Event,
        there: bool,
    ) -> None:
        with suppress(OSError):
            while data := source.recv(LONGEST):
                if not there:
                    answered.set()
                elif answered.is_set():
                    answered.clear()
                    self.trips += 1
                    time.sleep(self._seconds)
                target.sendall(data)
        for side in (source, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
