"""A line between two sides, on which the answer to a chosen message gets lost."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

Address = tuple[str, int] | Path  # a port, or a Unix socket
LONGEST = 65536
PATIENCE_SECONDS = 30


class Line:
    """Passes everything on, until it is told to lose the next answer to ``message``.

    Then the other side has done what it was asked for, and who asked never hears of it.
    """

    def __init__(self, near: Address, far: Address, message: bytes) -> None:
        self._far, self._message = far, message
        self._lose, self._lost = threading.Event(), threading.Event()
        self._listener = _socket(near)
        self._listener.bind(_name(near))
        self._listener.listen(64)
        self.port = 0 if isinstance(near, Path) else int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def be_about_to_lose(self) -> None:
        """Lose the next answer."""
        self._lost.clear()
        self._lose.set()

    def lose_next(self) -> None:
        """Lose the next answer; return when it was asked for."""
        self.be_about_to_lose()
        self._lost.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """Take no further connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        far = _socket(self._far)
        try:
            far.connect(_name(self._far))
            self._pass_on(near, far)
        except OSError:
            pass  # either side has ended
        finally:
            near.close()
            far.close()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        lost = threading.Event()
        back = threading.Thread(target=_bring_back, args=(far, near, lost), daemon=True)
        back.start()
        while data := near.recv(LONGEST):
            if self._message in data and self._lose.is_set():
                self._lose.clear()
                self._lost.set()
                lost.set()
            far.sendall(data)  # also what follows: the message may come in pieces
        back.join()


def _bring_back(far: socket.socket, near: socket.socket, lost: threading.Event) -> None:
    with suppress(OSError):
        while (data := far.recv(LONGEST)) and not lost.is_set():
            near.sendall(data)
        near.shutdown(socket.SHUT_RDWR)


def _socket(address: Address) -> socket.socket:
    return socket.socket(socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET)


def _name(address: Address) -> str | tuple[str, int]:
    return str(address) if isinstance(address, Path) else address
