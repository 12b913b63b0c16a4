"""A slow line between a browser and a server of this machine, by what TCP does on one.

Bytes go in packets: each takes its time on the line, then half a round trip. A lost one comes after
a retransmission, and what follows it waits. A connection begins with a round trip, and with ten
packets that may be under way, one more for each that has arrived.
"""

import asyncio
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

HOST = "127.0.0.1"
PACKET_BYTES = 1400
FIRST_PACKETS = 10
# Linux waits so much longer than a round trip before it sends a packet again.
RETRANSMISSION_SECONDS = 0.2
END = b""  # of what a connection says
IDLE_SECONDS = 1.0  # after which a connection begins with few packets again


@dataclass(frozen=True)
class Kind:
    """What a line is like: bits a second, seconds for a round trip, share of lost packets."""

    bits: float = 1_000_000
    round_trip: float = 0.3
    loss: float = 0.01


@dataclass
class Wire:
    """One direction of the line, which all connections share."""

    kind: Kind
    free_at: float = 0.0

    def carries(self, size: int, at: float) -> float:
        """Return when a packet that is ready ``at`` has left the wire."""
        self.free_at = max(at, self.free_at) + 8 * size / self.kind.bits
        return self.free_at


@dataclass
class Flow:
    """One direction of a connection."""

    wire: Wire
    random: Random
    window: int = FIRST_PACKETS
    last: float = 0.0  # when the last packet arrives
    confirmed: deque[float] = field(default_factory=deque)

    def arrives(self, size: int, at: float) -> float:
        """Return when a packet that is written ``at`` arrives."""
        kind = self.wire.kind
        if at - self.last > IDLE_SECONDS:
            self.window = FIRST_PACKETS
            self.confirmed.clear()
        while self.confirmed and (self.confirmed[0] <= at or len(self.confirmed) >= self.window):
            at = max(at, self.confirmed.popleft())
            self.window += 1
        there = self.wire.carries(size, at) + kind.round_trip / 2
        if self.random.random() < kind.loss:
            there += kind.round_trip + RETRANSMISSION_SECONDS
        self.last = max(there, self.last)
        self.confirmed.append(self.last + kind.round_trip / 2)
        return self.last


class SlowLine:
    """Listens on ``port`` and passes everything on to a port of this machine, slowly."""

    def __init__(self, to: int, kind: Kind, seed: int = 1) -> None:
        self.port = 0
        self._to, self._kind, self._random = to, kind, Random(seed)  # noqa: S311  the same losses each time
        self._there, self._back = Wire(kind), Wire(kind)
        ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._listen(ready),))
        self._thread.start()
        ready.wait()

    def close(self) -> None:
        """Pass nothing on any more."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _listen(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connect, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._over.wait()
        server.close()

    async def _connect(self, *near: Any) -> None:
        far = await asyncio.open_connection(HOST, self._to)
        opened = self._loop.time() + self._kind.round_trip
        with suppress(asyncio.CancelledError):  # at the line's end
            await asyncio.gather(
                self._pass_on(near[0], far[1], Flow(self._there, self._random), opened),
                self._pass_on(far[0], near[1], Flow(self._back, self._random), opened),
            )
            await self._over.wait()  # what is under way arrives
        near[1].close()
        far[1].close()

    async def _pass_on(self, source: Any, target: Any, flow: Flow, opened: float) -> None:
        # What waits for a lost packet arrives at the same time as it, and a loop calls what is due
        # at the same time in any order: so each call takes the packet that was written first.
        under_way: deque[bytes] = deque()

        def deliver() -> None:
            _write(target, under_way.popleft())

        while data := await _read(source):
            at = max(self._loop.time(), opened)
            for start in range(0, len(data), PACKET_BYTES):
                packet = data[start : start + PACKET_BYTES]
                under_way.append(packet)
                self._loop.call_at(flow.arrives(len(packet), at), deliver)
        under_way.append(END)
        self._loop.call_at(max(flow.last, self._loop.time()), deliver)


async def _read(source: Any) -> bytes:
    try:
        return bytes(await source.read(65536))
    except OSError:
        return b""


def _write(target: Any, packet: bytes) -> None:
    if packet == END:
        target.close()
    elif not target.is_closing():
        target.write(packet)
