"""The probe against servers that behave badly: bounded, one reading each, no exception."""

import asyncio
import gc
import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from io import StringIO
from time import monotonic, process_time
from typing import Any
from urllib.request import urlopen

import pytest
from django.core.management import call_command
from django.db import DataError
from django.utils import timezone

from befreg_reserv.elsewhere import fetch
from befreg_reserv.elsewhere.fetch import Limits
from befreg_reserv.environment import watched
from befreg_reserv.environment.watched import Target
from outage.models import NewsItem, Reading
from outage.signals import probe
from outage.signals.probe import PASSWORD_FIELD, Look, look
from tests import scenes
from tests.ground.patience import until
from tests.outage.signals import hostile
from tests.outage.signals.hostile import Manner, answers, serving

pytestmark = pytest.mark.one_database("network")

SECONDS = 0.2  # where the limit is met
BYTES = 256 * 1024
SHORT = Limits(SECONDS, BYTES)
# What the machine may add: two cores, shared with other tests.
MARGIN = 10.0
MANY = 10
# Where the limit is not met, however busy the machine; more than is waited for any answer.
LIMITS = Limits(2 * MARGIN, BYTES)
LONGER = 3 * SECONDS  # what is allowed where a test shows what a limit prevents
# Interpreter and library hold what they read ahead; the largest answer here is without an end.
MOST_MEMORY = 20 << 20
PAGE = "<title>Befreg</title><p>S\u00f6k\n person</p>".encode()
LOGIN = b'<form><input name=user><INPUT TYPE="password"></form>'
# What the system's buffers swallow before the server notices that nobody reads.
MOST_SENT = 16 << 20
CERTIFICATE = scenes.SHARED_DATA / "server-of-tests.pem"

BAD: dict[Manner, str] = {
    hostile.hangs: "timeout",
    hostile.drips_headers: "timeout",
    hostile.drips_body: "timeout",
    hostile.stalls_in_the_body: "timeout",
    hostile.says_continue_for_ever: "nonsense",
    hostile.sends_10_gigabytes: "too_large",
    hostile.sends_without_end: "too_large",
    hostile.sends_chunks_without_end: "too_large",
    hostile.sends_one_huge_chunk: "too_large",
    hostile.sends_a_gzip_bomb: "answered",  # it is not unpacked: 32 kB, and not 32 MB
    hostile.sends_a_huge_header: "nonsense",
    hostile.sends_many_headers: "nonsense",
    hostile.talks_nonsense: "nonsense",
    hostile.breaks_off: "nonsense",
    hostile.resets_in_the_body: "nonsense",
    hostile.resets: "unreachable",
    hostile.hangs_up: "unreachable",
    hostile.floods_twice: "answered",
    answers("500 Broken"): "error",
    answers("503 Later"): "error",
    answers("200 OK"): "answered",
    answers("200 OK", b""): "empty",
    answers("200 OK", b" \r\n"): "empty",
    answers("204 Nothing to show", b""): "other",
    answers("401 Who", b"", "WWW-Authenticate: Negotiate"): "sign_in",
    answers("403 Not you"): "error",
    answers("404 Nothing"): "error",
    answers("429 Not so often"): "error",
    answers("302 There", b"", "Location: https://login.example.org/"): "redirected",
    answers("302 There", b"", "Location: //login.example.org/"): "redirected",
    answers("302 Here", b"", "Location: /login"): "redirected",
    answers("302 Where", b"", "Location: http://[::"): "redirected",
    answers("304 Same", b""): "redirected",
    answers("999 What"): "error",
    answers("200 OK", b"x", "Set-Cookie: \x00=\x01", "Location: \xff"): "answered",
}


@pytest.fixture(autouse=True)
def _nothing_left_open() -> Iterator[None]:
    """A connection that nobody closed makes a warning when it is collected, and so a failure."""
    gc.freeze()  # what there was before needn't be gone through for each of these
    yield
    gc.collect()


def test_a_page_of_nothing_but_begun_tags_is_searched_at_once() -> None:
    begun = process_time()
    assert PASSWORD_FIELD.search(b"<input " * 36_000) is None
    assert process_time() - begun < 5  # it took 31


@pytest.fixture
def limited(settings: Any) -> Any:
    settings.PROBE_TIMEOUT_SECONDS, settings.PROBE_MAX_BYTES = LIMITS.seconds, BYTES
    return settings


def limits_for(result: str) -> Limits:
    return SHORT if result == "timeout" else LIMITS


def look_at(url: str, limits: Limits = LIMITS) -> Look:
    return look({"befreg": Target(url)}, limits)["befreg"]


def refused() -> str:
    """Return an address where nobody listens."""
    with socket.create_server((hostile.HOST, 0)) as listener:
        return f"http://{hostile.HOST}:{listener.getsockname()[1]}/"


def took(act: Callable[[], object]) -> float:
    began = monotonic()
    act()
    return monotonic() - began


# --- every manner: time, memory, one reading --------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("manner", "result"), BAD.items())
def test_it_is_bounded_and_leaves_one_reading(manner: Manner, result: str, limited: Any) -> None:
    at = timezone.now()
    limited.PROBE_TIMEOUT_SECONDS = limits_for(result).seconds
    with serving(manner) as server:
        limited.PROBE_TARGETS = {"befreg": server.url}
        tracemalloc.start()
        seconds = took(lambda: probe.probe(at))
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        until(lambda: server.requests)  # its thread may come to it after the end
    assert seconds < SECONDS + MARGIN
    assert peak < MOST_MEMORY
    assert server.sent < MOST_SENT
    assert len(server.requests) == 1
    reading = Reading.objects.get()
    assert (reading.target, reading.at, reading.result) == ("befreg", at, result)
    assert (reading.status is None) == (result in {"timeout", "nonsense", "unreachable"})
    assert reading.milliseconds < (SECONDS + MARGIN) * 1000


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        refused(),
        refused().replace("http:", "https:"),
        "http://no-such-host.invalid/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 200}example/",
        "http://[::1%25nowhere]/",
        "http://0.0.0.0:1/",
    ],
    # Named: both workers must find the same tests, whichever port is free for them.
    ids=["refused", "refused with TLS", "no such host", "label too long", "name too long",
         "no such zone", "no such port"],
)  # fmt: skip
def test_what_is_not_there_is_a_reading_too(url: str, limited: Any) -> None:
    limited.PROBE_TARGETS = {"befreg": url}
    assert took(lambda: probe.probe(timezone.now())) < SECONDS + MARGIN
    assert Reading.objects.get().result in {"unreachable", "nonsense", "timeout"}


# --- what happens without the limits ----------------------------------------------------------


def test_without_a_limit_of_time_it_would_go_on() -> None:
    slow = (hostile.hangs, hostile.drips_headers, hostile.drips_body)
    with ExitStack() as stack:
        servers = {manner.__name__: stack.enter_context(serving(manner)) for manner in slow}
        targets = {name: Target(server.url) for name, server in servers.items()}
        looks = look(targets, Limits(LONGER, BYTES))
    assert all(seen.milliseconds >= LONGER * 990 for seen in looks.values())


@pytest.mark.parametrize(
    "manner",
    [hostile.sends_10_gigabytes, hostile.sends_without_end, hostile.sends_chunks_without_end],
)
def test_without_a_limit_of_size_it_would_take_it_all(manner: Manner) -> None:
    with serving(manner) as server:
        seen = look_at(server.url, Limits(30, MOST_SENT))
    assert server.sent > MOST_SENT
    assert seen.result == "too_large"


def test_without_a_limit_of_headers_it_would_take_them_all(monkeypatch: Any) -> None:
    monkeypatch.setattr(fetch, "MOST_HEADERS", MOST_SENT)
    with serving(hostile.says_continue_for_ever) as server:
        assert look_at(server.url, Limits(30, BYTES)).result == "nonsense"
    assert server.sent > MOST_SENT


def test_a_limit_of_each_read_alone_would_never_be_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_left", lambda _deadline: MARGIN)
    with serving(hostile.drips_body) as server, ThreadPoolExecutor(1) as thread:
        trying = thread.submit(probe.try_once, Target(server.url), SHORT)
        server.stopping.wait(LONGER)
        assert not trying.done()
        server.stopping.set()


def test_the_bomb_is_kept_packed() -> None:
    with serving(hostile.sends_a_gzip_bomb) as server:
        body = look_at(server.url).body
    assert len(body) < BYTES
    assert len(gzip.decompress(body)) == 32 << 20


def test_a_redirect_is_not_followed() -> None:
    with serving(answers("200 OK")) as other:
        elsewhere = other.url.replace(hostile.HOST, "localhost")
        with serving(answers("302 There", b"", f"Location: {elsewhere}")) as server:
            seen = look_at(server.url)
            assert other.requests == []
            with urlopen(server.url) as followed:  # as others do
                assert followed.status == 200
            assert len(other.requests) == 1
    assert (seen.result, seen.status, seen.detail) == ("redirected", 302, "localhost")


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """When name servers answer: only after the limit."""
    late = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_how: late.wait() and [])
    yield late
    late.set()


def test_a_name_server_that_hangs_is_not_waited_for(late: threading.Event) -> None:
    assert look_at("http://befreg.example/", SHORT).result == "timeout"
    assert not late.is_set()


def test_in_this_thread_it_would_be_waited_for(
    late: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        fetch, "_addresses", lambda host, port, _left: socket.getaddrinfo(host, port)
    )
    with ThreadPoolExecutor(1) as thread:
        trying = thread.submit(probe.try_once, Target("http://befreg.example/"), SHORT)
        assert not late.wait(LONGER)
        assert not trying.done()
        late.set()


def test_an_address_that_swallows_all_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server((hostile.HOST, 0), backlog=0) as full, ExitStack() as stack:
        for _ in range(2):  # nobody accepts these, and there is room for no more
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003  the socket's own word
            waiting.connect_ex(full.getsockname())
        server = stack.enter_context(serving(answers("200 OK")))
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (hostile.HOST, port))
                 for port in (full.getsockname()[1], server.port)]  # fmt: skip
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_how: found)
        assert look_at("http://befreg.example/", Limits(1, BYTES)).result == "answered"


# --- TLS ------------------------------------------------------------------------------------


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the system vouch for the servers of tests, as it is told to."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    fetch._trust.cache_clear()
    yield
    fetch._trust.cache_clear()


def https(server: hostile.Server) -> str:
    return server.url.replace("http:", "https:")


def test_tls_with_a_server_that_speaks_none() -> None:
    with serving(answers("200 OK")) as server:
        assert look_at(https(server)).result == "unreachable"


def test_tls_that_hangs_in_its_greeting() -> None:
    with serving(hostile.hangs) as server:
        assert took(lambda: look_at(https(server), SHORT)) < SECONDS + MARGIN
        assert look_at(https(server), SHORT).result in {"timeout", "unreachable"}


def test_a_certificate_that_nobody_vouches_for_is_no_befreg() -> None:
    with serving(hostile.speaks_tls(CERTIFICATE, answers("200 OK")), hears=False) as server:
        seen = look_at(https(server))
    assert seen.result == "unreachable"
    assert "certificate" in seen.detail.lower()


@pytest.mark.parametrize(
    ("manner", "result"),
    [
        (answers("200 OK"), "answered"),
        (answers("500 Broken"), "error"),
        (hostile.sends_10_gigabytes, "too_large"),
        (hostile.drips_headers, "timeout"),
        (hostile.drips_body, "timeout"),
    ],
)
def test_tls_leaves_without_waiting_for_a_goodbye(
    manner: Manner, result: str, trusted: None
) -> None:
    with serving(hostile.speaks_tls(CERTIFICATE, manner), hears=False) as server:
        began = monotonic()
        assert look_at(https(server), limits_for(result)).result == result
        assert monotonic() - began < SECONDS + MARGIN


@pytest.mark.django_db
def test_a_dripping_tls_server_costs_no_other_its_reading(limited: Any, trusted: None) -> None:
    drips = hostile.speaks_tls(CERTIFICATE, hostile.drips_body)
    with (
        serving(drips, hears=False) as bad,
        serving(answers("200 OK")) as good,
        serving(answers("200 OK", RSS)) as news,
    ):
        limited.PROBE_TARGETS = {"befreg": https(bad), "news": good.url}
        limited.PROBE_FEED = news.url
        limited.PROBE_TIMEOUT_SECONDS = 0.5
        run()
    assert dict(Reading.objects.values_list("target", "result")) == {
        "befreg": "timeout",
        "news": "answered",
        "feed": "answered",
    }


# --- what counts as an answer -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "result", "detail"),
    [
        (answers("200 OK", PAGE), "answered", ""),
        (answers("200 OK", PAGE.decode().encode("latin-1")), "answered", ""),
        (answers("200 OK", b"<p>S&ouml;k&nbsp;Person"), "answered", ""),
        (answers("200 OK", b"<h1>Underh\xe5ll</h1>"), "no_word", "“sök person” is missing"),
        (answers("200 OK", LOGIN), "sign_in", "“sök person” is missing"),
        (answers("200 OK", PAGE + b" " * BYTES), "too_large", ""),
        (answers("200 OK", b"." + b" " * BYTES + PAGE), "no_word", "“sök person” is missing"),
        (answers("503 Later", PAGE), "error", ""),
    ],
)
def test_a_word_must_stand_on_the_page(manner: Manner, result: str, detail: str) -> None:
    with serving(manner) as server:
        seen = look({"befreg": watched.target(f"{server.url}?has=sök+person")}, LIMITS)["befreg"]
    assert (seen.result, seen.detail) == (result, detail)


def test_without_the_word_a_page_about_maintenance_would_pass() -> None:
    with serving(answers("200 OK", b"<h1>Underh\xe5ll</h1>")) as server:
        assert look_at(server.url).result == "answered"
        seen = look({"befreg": watched.target(f"{server.url}?hasnot=underhåll")}, LIMITS)["befreg"]
    assert (seen.result, seen.detail) == ("other", "“underhåll” stands there")


def test_a_sign_in_page_is_no_answer_unless_it_has_the_word() -> None:
    with serving(answers("200 OK", LOGIN + PAGE)) as server:
        targets = (Target(server.url), Target(server.url, has=("Befreg",)))
        found = [look({"befreg": target}, LIMITS)["befreg"].result for target in targets]
    assert found == ["sign_in", "answered"]


def test_what_is_ours_of_an_address_isnt_sent() -> None:
    with serving(answers("200 OK", PAGE)) as server:
        look({"befreg": watched.target(f"{server.url}?a=b&has=Befreg&status=200&c")}, LIMITS)
    assert b"?a=b&c HTTP" in server.requests[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("manner", "result"),
    [
        (answers("204 Nothing to show", b""), "answered"),
        (answers("302 There", b"", "Location: https://login.example.org/"), "answered"),
        (answers("401 Who"), "answered"),
        (answers("200 OK"), "other"),
    ],
)
def test_which_status_is_an_answer_can_be_said(manner: Manner, result: str, limited: Any) -> None:
    with serving(manner) as server:
        limited.PROBE_TARGETS = {"befreg": f"{server.url}?status=204 302&status=401"}
        run()
    assert Reading.objects.get().result == result


@pytest.mark.django_db
def test_the_word_of_one_target_is_not_anothers(limited: Any) -> None:
    with serving(answers("200 OK", PAGE)) as server:
        limited.PROBE_TARGETS = {"befreg": f"{server.url}?has=driftstörning", "news": server.url}
        run()
    found = dict(Reading.objects.values_list("target", "result"))
    assert found == {"befreg": "no_word", "news": "answered"}


# --- what goes out ----------------------------------------------------------------------------


def test_what_is_sent_says_who_asks_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", refused())  # it would answer in Befreg's place
    monkeypatch.setenv("NETRC", "/nowhere")
    with serving(answers("200 OK", b"hi", "Set-Cookie: a=b")) as server:
        assert [look_at(server.url).body for _ in range(2)] == [b"hi", b"hi"]
    for request in server.requests:
        lines = request.decode().split("\r\n")
        assert lines[0] == "GET /page HTTP/1.1"
        assert set(lines[1:]) - {""} == {
            f"Host: {hostile.HOST}:{server.port}",
            "User-Agent: befreg-reserv",
            "Accept: */*",
            "Accept-Encoding: identity",
            "Connection: close",
        }


def test_what_a_server_says_is_kept_short_and_visible() -> None:
    there = "Location: http://a\u202e" + "b" * 500 + "/"
    with serving(answers("302 There", b"", there)) as server:
        seen = look_at(server.url)
    assert len(seen.detail) <= 200
    assert seen.detail.isprintable()


# --- several ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_all_are_tried_at_once_and_none_waits_for_another(limited: Any) -> None:
    with ExitStack() as stack:
        bad = [stack.enter_context(serving(hostile.hangs)) for _ in range(MANY)]
        good = stack.enter_context(serving(answers("200 OK")))
        limited.PROBE_TARGETS = {f"bad-{nr}": each.url for nr, each in enumerate(bad)}
        limited.PROBE_TARGETS["befreg"] = good.url
        limited.PROBE_TIMEOUT_SECONDS = 1
        assert took(lambda: probe.probe(timezone.now())) < MANY  # what they would take in turn
    found = dict(Reading.objects.values_list("target", "result"))
    assert found.pop("befreg") == "answered"
    assert found == {f"bad-{nr}": "timeout" for nr in range(MANY)}


def test_a_caller_may_have_a_loop_of_its_own() -> None:
    async def under_a_loop(url: str) -> Look:
        return look_at(url)

    # In a thread of its own: after a browser's test, Playwright has a loop in this one.
    with serving(answers("200 OK")) as server, ThreadPoolExecutor(1) as thread:
        found = thread.submit(lambda: asyncio.run(under_a_loop(server.url)))
        assert found.result().result == "answered"


def test_what_the_library_has_no_word_for_is_told_and_survived(
    monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def trips(*_args: object) -> Look:
        raise RuntimeError("never seen before")

    monkeypatch.setattr(probe, "_judge", trips)
    with serving(answers("200 OK")) as server:
        seen = look_at(server.url)
    assert (seen.result, seen.detail) == ("fault", "RuntimeError: never seen before")
    assert "never seen before" in caplog.text


# --- the feed, and the command ----------------------------------------------------------------

RSS = b"<rss><channel><item><title>Befreg nere</title><guid>1</guid></item></channel></rss>"


def run() -> str:
    out = StringIO()
    call_command("probe", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_prints_a_line_each(limited: Any) -> None:
    with serving(hostile.hangs) as bad, serving(answers("200 OK", RSS)) as feed:
        limited.PROBE_TARGETS, limited.PROBE_FEED = {"befreg": bad.url}, feed.url
        limited.PROBE_TIMEOUT_SECONDS = 0.5
        befreg, news = run().splitlines()
    assert befreg.startswith("befreg: timeout (")
    assert news.startswith("feed: answered 200 (")
    assert NewsItem.objects.get().title == "Befreg nere"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("manner", "result"),
    [
        (answers("200 OK", b"<html><p>not XML"), "nonsense"),
        (answers("404 Nothing", RSS), "error"),
        (answers("200 OK", b""), "empty"),
        (answers("500 Broken", RSS), "error"),
        (answers("200 OK", RSS + b" " * BYTES), "too_large"),
        (hostile.sends_a_gzip_bomb, "nonsense"),
        (hostile.hangs, "timeout"),
    ],
)
def test_a_feed_that_cannot_be_read_is_a_reading(manner: Manner, result: str, limited: Any) -> None:
    limited.PROBE_TIMEOUT_SECONDS = limits_for(result).seconds
    with serving(manner) as server:
        limited.PROBE_FEED = server.url
        assert run().startswith(f"feed: {result}")
    assert Reading.objects.get(target="feed").result == result
    assert not NewsItem.objects.exists()


@pytest.mark.django_db
def test_with_nothing_configured_nothing_is_tried() -> None:
    assert run() == "Nothing to try: PROBE_TARGETS and PROBE_FEED are empty.\n"
    assert not Reading.objects.exists()


@pytest.mark.django_db
def test_news_that_cannot_be_kept_cost_no_other_its_reading(
    limited: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_items: object, _at: datetime) -> None:
        raise DataError("too long")

    monkeypatch.setattr("outage.signals.feed.keep", fails)
    with serving(answers("200 OK", RSS)) as server:
        limited.PROBE_TARGETS, limited.PROBE_FEED = {"befreg": server.url}, server.url
        run()
    found = dict(Reading.objects.values_list("target", "result"))
    assert found == {"befreg": "answered", "feed": "fault"}


@pytest.mark.django_db
def test_a_fault_of_ours_is_no_reading(limited: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_items: object, _at: datetime) -> None:
        raise OSError("the database is gone")

    monkeypatch.setattr("outage.signals.feed.keep", gone)
    with serving(answers("200 OK", RSS)) as server:
        limited.PROBE_FEED = server.url
        with pytest.raises(OSError, match="gone"):  # which makes manage.py exit 1
            run()
