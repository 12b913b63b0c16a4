"""nginx as deploy/nginx configures it: what it lets through, and what it says when nothing is."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.deploy.proxy import CERTIFICATE, Proxy, free_port, proxying
from tests.ground.patience import until
from tests.served import HOST

pytestmark = [pytest.mark.one_database("network"), pytest.mark.django_db]

NO_PAGE = {"error_page 500 502 503 504 /gateway/paper.html;": ""}
QUICKLY = {"proxy_read_timeout 5s;": "proxy_read_timeout 300ms;"}
MOMENT = 0.3  # seconds in which an idle machine passes on what it has


class Listener:
    """A server that keeps what it is asked, and answers each with the same words, or not at all."""

    def __init__(self, answer: bytes) -> None:
        self.asked: list[bytes] = []
        self._open: list[socket.socket] = []
        self.socket = socket.create_server((HOST, 0))
        self.port = int(self.socket.getsockname()[1])
        self._answer = answer
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client = self.socket.accept()[0]
                self._open.append(client)
                self.asked.append(client.recv(65536))
                if self._answer:
                    client.sendall(self._answer)
                    client.close()

    def close(self) -> None:
        """Leave."""
        for each in (self.socket, *self._open):
            each.close()


@contextmanager
def listening(answer: bytes = b"") -> Iterator[Listener]:
    listener = Listener(answer)
    try:
        yield listener
    finally:
        listener.close()


OWN_PAGE = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 12\r\n"
    b"\r\nown 503 page"
)


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[Proxy]:
    """A proxy behind which no server is there."""
    with proxying(tmp_path / "nginx", free_port()) as proxy:
        yield proxy


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_in_place_of_a_gateway_error_stands_what_to_do(nobody: Proxy, method: str) -> None:
    reply = nobody.ask("/till/hand-out/", method)
    assert reply.status == 502
    assert "gå till papper" in reply.text
    assert "go to paper" in reply.text
    assert "1258" in reply.text  # the till
    assert "3010" in reply.text  # the support
    assert reply.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in reply.headers["Content-Security-Policy"]
    assert nobody.ask("/gateway/gateway.css").headers["Content-Type"].startswith("text/css")


def test_without_that_line_nginx_says_it_in_its_own_words(tmp_path: Path) -> None:
    with proxying(tmp_path / "nginx", free_port(), other=NO_PAGE) as proxy:
        assert "<center>nginx</center>" in proxy.ask("/till/").text


def test_before_the_page_is_written_it_is_said_in_a_line(nobody: Proxy) -> None:
    (nobody.folder / "pages" / "paper.html").unlink()
    reply = nobody.ask("/till/")
    assert reply.status in {502, 503}
    assert reply.text.startswith("Befreg reserv svarar inte: gå till papper.\n")


def test_one_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    with listening() as hangs, proxying(tmp_path / "nginx", hangs.port, other=QUICKLY) as proxy:
        reply = proxy.ask("/till/")
    assert reply.status == 504
    assert "gå till papper" in reply.text
    assert reply.seconds < 1


def test_the_servers_own_page_with_the_form_passes(tmp_path: Path) -> None:
    with listening(OWN_PAGE) as server, proxying(tmp_path / "nginx", server.port) as proxy:
        assert proxy.ask("/till/hand-out/", "POST").text == "own 503 page"


def test_what_one_server_does_not_take_goes_to_the_next_a_form_too(tmp_path: Path) -> None:
    with (
        listening(OWN_PAGE) as server,
        proxying(tmp_path / "nginx", free_port(), server.port) as proxy,
    ):
        replies = [proxy.ask("/till/hand-out/", "POST", body=b"form") for _ in range(4)]
    assert [reply.text for reply in replies] == ["own 503 page"] * 4


@pytest.mark.parametrize(
    ("path", "at"),
    [("/files/7/", 1), ("/outage/7/rows.csv", 1), ("/ward/done/rows.csv", 1), ("/", 2)],
)
def test_a_file_is_fetched_from_the_server_that_has_it(tmp_path: Path, path: str, at: int) -> None:
    with (
        listening(OWN_PAGE) as one,
        listening(OWN_PAGE) as other,
        proxying(tmp_path / "nginx", one.port, other.port) as proxy,
    ):
        for _try in range(4):
            proxy.ask(path, headers={"Cookie": "a=b; __Host-sessionid=mine"})
        assert [bool(one.asked), bool(other.asked)].count(True) == at


def test_a_form_that_a_server_has_read_is_sent_to_no_other(tmp_path: Path) -> None:
    with (
        listening() as one,
        listening() as other,
        proxying(tmp_path / "nginx", one.port, other.port, other=QUICKLY) as proxy,
    ):
        assert proxy.ask("/till/hand-out/", "POST", body=b"form").status == 504
        assert len(one.asked + other.asked) == 1


TOO_LARGE = {"body": b"x" * (4 * 1024 * 1024 + 1)}
TOO_MANY_WORDS = {"headers": {"X-Long": "x" * 17_000}}


@pytest.mark.parametrize(("how", "status"), [(TOO_LARGE, 413), (TOO_MANY_WORDS, 400)])
def test_what_is_too_large_is_refused_in_words(
    nobody: Proxy, how: dict[str, object], status: int
) -> None:
    reply = nobody.ask("/binder/load/", "POST", **how)
    assert reply.status == status
    assert "Det här gick inte att ta emot" in reply.text
    assert "couldn't be taken" in reply.text


def test_who_guesses_passwords_is_slowed_and_the_till_is_not(nobody: Proxy) -> None:
    passed_on = 0
    while (guess := nobody.ask("/sign-in/", "POST")).status == 502 and passed_on < 1_000:
        passed_on += 1
    assert 50 <= passed_on < 1_000  # a slow machine's guesses are slow already
    assert (guess.status, "nginx" in guess.text) == (429, False)
    assert nobody.ask("/locked/", "POST").status == 429
    assert nobody.ask("/till/").status == 502


def half_of_a_form(proxy: Proxy, server: Listener, arrived: int) -> int:
    """Send the first half of a form; return how many requests the server has by then.

    That is waited for which must arrive, and for a moment what must not.
    """
    client = proxy.connect()
    client.putrequest("POST", "/till/hand-out/")
    client.putheader("Content-Length", "8")
    client.endheaders(b"half")
    until(lambda: len(server.asked) >= arrived)
    if not arrived:
        time.sleep(MOMENT)
    seen = len(server.asked)
    client.send(b"half")
    client.getresponse().read()
    client.close()
    return seen


@pytest.mark.parametrize(("buffering", "arrived"), [("on", 0), ("off", 1)])
def test_a_slow_client_takes_nothing_of_the_server_until_its_form_is_whole(
    tmp_path: Path, buffering: str, arrived: int
) -> None:
    other = {"proxy_request_buffering on;": f"proxy_request_buffering {buffering};"}
    with (
        listening(OWN_PAGE) as server,
        proxying(tmp_path / "nginx", server.port, other=other) as proxy,
    ):
        assert half_of_a_form(proxy, server, arrived) == arrived


def test_what_a_client_says_of_itself_is_replaced(tmp_path: Path) -> None:
    forged = {
        "X-Forwarded-For": "192.0.2.66",
        "X-Forwarded-Proto": "http",
        "Forwarded": "for=192.0.2.66",
        "X-Real-IP": "192.0.2.66",
    }
    with listening(OWN_PAGE) as server, proxying(tmp_path / "nginx", server.port) as proxy:
        proxy.ask("/", headers=forged)
    lines = {line.lower() for line in server.asked[0].split(b"\r\n")}
    assert b"192.0.2.66" not in server.asked[0]
    assert {b"x-forwarded-for: 127.0.0.1", b"x-forwarded-proto: https"} <= lines


def test_a_browser_asks_for_all_on_one_connection(nobody: Proxy) -> None:
    trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((HOST, nobody.port)) as plain,
        trusted.wrap_socket(plain, server_hostname=HOST) as line,
    ):
        assert line.selected_alpn_protocol() == "h2"


def test_without_tls_one_is_led_to_it(nobody: Proxy) -> None:
    reply = nobody.ask_plainly("/till/")
    assert (reply.status, reply.headers["Location"]) == (
        301,
        "https://befreg-reserv.example/till/",
    )


def test_figures_are_not_for_the_hospitals_network(nobody: Proxy) -> None:
    assert nobody.ask("/metrics").status == 404


NUMBER = "20000101K064"
USUAL = {
    "befreg-reserv.log befreg_reserv;": "befreg-reserv.log;",
    "befreg-reserv-error.log crit;": "befreg-reserv-error.log;",
}


@pytest.mark.parametrize(("other", "written"), [({}, False), (USUAL, True)])
def test_no_log_has_a_number_that_was_searched_for(
    tmp_path: Path, other: dict[str, str], *, written: bool
) -> None:
    with proxying(tmp_path / "nginx", free_port(), other=other) as proxy:
        proxy.ask(f"/audit/?number={NUMBER}", headers={"Referer": f"/audit/?number={NUMBER}"})
    assert (NUMBER in proxy.logs()) == written
    assert "GET /audit/ 502" in proxy.logs() or written
