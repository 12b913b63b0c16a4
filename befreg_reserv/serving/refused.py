"""Pages for what the server refuses before Django sees it, in the place of gunicorn's bare ones."""

from functools import cache

from django.template import engines

from befreg_reserv import waits

# Which page says it; any other status means that the request made no sense.
OURS = {b"500": "500.html", b"503": "too_much.html"}
NO_SENSE = "unreadable.html"
RETRY = b"Retry-After: %d\r\n" % waits.RETRY_LONG_SECONDS


def answer(status: bytes) -> bytes:
    """Return a whole answer with this status, which ends the connection."""
    page = _page(OURS.get(status[:3], NO_SENSE))
    head = (
        b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
        b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
        b"%sContent-Length: %d\r\n\r\n"
    )
    again = RETRY if status.startswith(b"503") else b""
    return head % (status, again, len(page)) + page


@cache
def _page(template: str) -> bytes:
    seconds = {"seconds": waits.RETRY_LONG_SECONDS}
    return engines["django"].get_template(template).render(seconds).encode()


class Said:
    """Stands for the client while gunicorn writes its own page: keeps the status alone."""

    status = b""

    def gettimeout(self) -> float:
        """Never block."""
        return 0.0

    def sendall(self, answer: bytes) -> None:
        """Take the status of an answer."""
        self.status = answer.partition(b"\r\n")[0].partition(b" ")[2]
