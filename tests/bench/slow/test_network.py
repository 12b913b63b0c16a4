"""The model of a slow line takes the time that a slow line takes."""

import os
import socket
import threading
from random import Random

import pytest

from tests.bench.slow.network import FIRST_PACKETS, HOST, PACKET_BYTES, Flow, Kind, SlowLine, Wire

KIND = Kind(bits=1_000_000, round_trip=0.3, loss=0)
OF_A_PACKET = 8 * PACKET_BYTES / KIND.bits


def last_of(packets: int, kind: Kind = KIND) -> float:
    flow = Flow(Wire(kind), Random(1))  # noqa: S311  the same losses each time
    return [flow.arrives(PACKET_BYTES, at=5.0) - 5.0 for _ in range(packets)][-1]


def test_a_packet_takes_half_a_round_trip_and_its_bits() -> None:
    assert last_of(1) == pytest.approx(0.15 + OF_A_PACKET)
    assert last_of(FIRST_PACKETS) == pytest.approx(0.15 + FIRST_PACKETS * OF_A_PACKET)


def test_more_than_the_first_packets_wait_for_a_round_trip() -> None:
    assert last_of(FIRST_PACKETS + 1) > 0.3 + 0.15
    assert last_of(3 * FIRST_PACKETS) < 2 * 0.3 + 0.15


def test_a_lost_packet_comes_later_and_those_after_it_too() -> None:
    lossy = Kind(bits=KIND.bits, round_trip=KIND.round_trip, loss=1)
    assert last_of(1, lossy) == pytest.approx(last_of(1) + 0.3 + 0.2)


def test_bytes_come_in_the_order_in_which_they_were_sent() -> None:
    sent = os.urandom(200_000)
    with socket.create_server((HOST, 0)) as server:

        def answer() -> None:
            with server.accept()[0] as far:
                far.sendall(sent)

        threading.Thread(target=answer).start()
        line = SlowLine(server.getsockname()[1], Kind(bits=1e9, round_trip=0.01, loss=0.2))
        with socket.create_connection((HOST, line.port)) as near:
            came = b"".join(iter(lambda: near.recv(65536), b""))
        line.close()
    assert came == sent
