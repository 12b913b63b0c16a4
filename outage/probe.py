"""Is it only us? One bounded try each of the configured addresses, and what it saw.

Run by a timer (``manage.py probe``), never inside a request. Whatever a server does, a try takes
no longer and holds no more than its ``Limits``, raises nothing, and leaves one Reading.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

import aiohttp
from django.conf import settings
from django.db import transaction
from yarl import URL

from befreg_reserv.text import clean_line
from outage import feed
from outage.models import Reading
from outage.seen import FEED

Result = Reading.Result

# Nothing of ours goes out: no cookies, no language, no version. Packed answers are not asked for,
# and never unpacked: a few bytes could become gigabytes.
HEADERS = {"User-Agent": "befreg-reserv", "Accept": "*/*", "Accept-Encoding": "identity"}
PIECE = 16 * 1024  # bytes read at a time
MOST_HEADERS, LONGEST_HEADER = 100, 8 * 1024
SERVER_ERROR = 500
REDIRECTS = range(300, 400)
DETAIL = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What one try may cost: seconds over the whole exchange, bytes of the answer's body."""

    seconds: float
    bytes: int

    @classmethod
    def configured(cls) -> "Limits":
        """Return the settings' limits."""
        return cls(settings.PROBE_TIMEOUT_SECONDS, settings.PROBE_MAX_BYTES)


@dataclass(frozen=True)
class Look:
    """What a try saw. ``body`` is all of the answer's, or nothing."""

    result: Reading.Result
    status: int | None = None
    detail: str = ""
    milliseconds: int = 0
    body: bytes = b""


def probe(at: datetime) -> list[Reading]:
    """Try every configured target and the feed; return the readings, stored, as of ``at``.

    Raises only what the database raises.
    """
    addresses: dict[str, str] = dict(settings.PROBE_TARGETS)
    if settings.PROBE_FEED:
        addresses[FEED] = settings.PROBE_FEED
    looks = look(addresses, Limits.configured())
    items: list[feed.Item] = []
    if FEED in looks and looks[FEED].result == Result.ANSWERED:
        looks[FEED], items = _read_feed(looks[FEED], at)
    with transaction.atomic():
        feed.keep(items, at)
        return Reading.objects.bulk_create(
            Reading(
                target=target,
                at=at,
                result=seen.result,
                status=seen.status,
                milliseconds=seen.milliseconds,
                detail=seen.detail,
            )
            for target, seen in looks.items()
        )


def _read_feed(seen: Look, at: datetime) -> tuple[Look, list[feed.Item]]:
    try:
        return seen, feed.parse(seen.body, at)
    except feed.NotAFeed as error:
        return replace(seen, result=Result.NONSENSE, detail=_detail(error)), []


def look(addresses: Mapping[str, str], limits: Limits) -> dict[str, Look]:
    """Try all addresses at the same time; return by name what was seen. Raises nothing."""
    # A thread of its own: the caller's may have a loop that runs already.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_run, addresses, limits).result()


def _run(addresses: Mapping[str, str], limits: Limits) -> dict[str, Look]:
    loop = _Loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        looks = runner.run(_look_at_all(addresses, limits))
        runner.run(loop.drop_connections())
    return looks


class _Loop(asyncio.SelectorEventLoop):
    """A loop that waits neither for a name server that hangs nor for anybody's goodbye.

    asyncio looks names up in threads that it waits for at its end, and the interpreter at its
    own; a look-up can't be cancelled, and takes as long as the system's resolver likes. And it
    ends TLS politely: a server that doesn't answer the goodbye keeps the connection half a minute.
    """

    def __init__(self) -> None:
        super().__init__()
        self._connected: list[asyncio.BaseTransport] = []

    async def create_connection(self, *args: Any, **how: Any) -> Any:
        transport, protocol = await super().create_connection(*args, **how)
        self._connected.append(transport)
        return transport, protocol

    async def drop_connections(self) -> None:
        """Drop what is still connected, without a goodbye."""
        for transport in self._connected:
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
        await asyncio.sleep(0)  # the loop closes them in its next round

    async def getaddrinfo(self, host: Any, port: Any, **how: Any) -> Any:
        found: asyncio.Future[Any] = self.create_future()

        def tell(setter: Any, value: object) -> None:
            if not found.done():
                setter(value)

        def look_up() -> None:
            answer: tuple[Any, object]
            try:
                answer = found.set_result, socket.getaddrinfo(host, port, **how)
            except (OSError, UnicodeError) as error:
                answer = found.set_exception, error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.call_soon_threadsafe(tell, *answer)

        threading.Thread(target=look_up, name="probe-name", daemon=True).start()
        return await found


async def _look_at_all(addresses: Mapping[str, str], limits: Limits) -> dict[str, Look]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True, resolver=aiohttp.ThreadedResolver()),
        cookie_jar=aiohttp.DummyCookieJar(),  # not even parsed
        timeout=aiohttp.ClientTimeout(total=limits.seconds),
        headers=HEADERS,
        auto_decompress=False,
        trust_env=False,  # a proxy of the environment would answer in Befreg's place
        read_bufsize=PIECE,
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
        max_headers=MOST_HEADERS,
    ) as session:
        looks = await asyncio.gather(*(_look(session, url, limits) for url in addresses.values()))
    return dict(zip(addresses, looks, strict=True))


async def _look(session: aiohttp.ClientSession, address: str, limits: Limits) -> Look:
    """Try one address once."""
    began = monotonic()
    try:
        seen = await _ask(session, URL(address), limits)
    except TimeoutError:
        seen = Look(Result.TIMEOUT)
    except (aiohttp.ClientConnectionError, OSError) as error:
        seen = Look(Result.UNREACHABLE, detail=_detail(error))
    except Exception as error:
        # Bytes that the library has no exception for: they must not hide the other readings.
        if not isinstance(error, aiohttp.ClientError | ValueError):
            logger.exception("The probe of %s met what it doesn't know.", address)
        seen = Look(Result.NONSENSE, detail=_detail(error))
    return replace(seen, milliseconds=round((monotonic() - began) * 1000))


async def _ask(session: aiohttp.ClientSession, url: URL, limits: Limits) -> Look:
    async with session.get(url, allow_redirects=False) as response:
        try:
            return await _judge(response, url, limits)
        finally:
            # Not closed but dropped: a goodbye could be kept waiting, in TLS above all.
            if response.connection and response.connection.transport:
                response.connection.transport.abort()


async def _judge(response: aiohttp.ClientResponse, url: URL, limits: Limits) -> Look:
    """Say what an answer amounts to, from its status and then as much of its body as may be read.

    Whatever is below 500 answers: a page that asks to sign in, or isn't there, comes from a
    server that works. So does a redirect to the same host. None is ever followed: elsewhere is
    where a page about maintenance stands, and no address but the configured ones is asked.
    """
    status = response.status
    if status in REDIRECTS and "Location" in response.headers:
        host = url.join(URL(response.headers["Location"])).host
        if host != url.host:
            return Look(Result.REDIRECTED, status, _detail(host or ""))
    if status >= SERVER_ERROR:
        return Look(Result.ERROR, status)
    body = bytearray()
    async for piece in response.content.iter_chunked(PIECE):
        body += piece
        if len(body) > limits.bytes:
            return Look(Result.TOO_LARGE, status)
    return Look(Result.ANSWERED, status, body=bytes(body))


def _detail(what: object) -> str:
    """Return what was met, in few words: what a server says is shown to nobody uncleaned."""
    said = clean_line(str(what))
    kind = f"{type(what).__name__}: " if isinstance(what, Exception) else ""
    return (kind + said)[:DETAIL]
