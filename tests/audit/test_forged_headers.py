"""Where a request says it comes from is believed of a configured proxy alone."""

import re
from ipaddress import ip_network

import pytest
from auditlog.cid import get_cid
from auditlog.context import auditlog_value
from django.test import Client
from pytest_django.fixtures import Settings

from befreg_reserv.audit.middleware import correlation_id
from befreg_reserv.audit.models import LogEntry
from tests.audit.entries import last
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene

REAL, PROXY, CLIENT = "10.1.2.3", "10.9.9.9", "192.0.2.7"
JUNK = ["junk", "x" * 10_000, "\x00", "1.2.3.4.5", "::::", "[", "1.2.3.4:99:1", ",,,", "Å" * 300]


@scene
def client(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.wilma)


def save(client: Client, language: str = "en", peer: str = REAL, **headers: str) -> LogEntry:
    """Send a request that saves something, and return the entry about it."""
    before = LogEntry.objects.count()
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    response = client.post("/language/", {"language": language}, REMOTE_ADDR=peer, **named)  # type: ignore[arg-type]
    assert response.status_code == 302
    assert LogEntry.objects.count() == before + 1
    return last()


@pytest.mark.both_databases
@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize(
    "header", ["x_forwarded_for", "x_forwarded_port", "forwarded", "x_correlation_id"]
)
def test_junk_from_a_stranger_breaks_no_save(client: Client, header: str, junk: str) -> None:
    written = save(client, **{header: junk})
    assert (written.remote_addr, written.remote_port) == (REAL, None)
    assert re.fullmatch("[0-9a-f]{32}", written.cid or "")


def test_a_strangers_word_for_its_address_is_not_taken(client: Client) -> None:
    assert save(client, x_forwarded_for=CLIENT).remote_addr == REAL


@pytest.mark.both_databases
@pytest.mark.parametrize("port", ["99999999999999999999", "-1", "²"])
def test_an_absurd_port_breaks_no_save(client: Client, port: str) -> None:
    assert save(client, x_forwarded_port=port).remote_port is None


class TestBehindAProxy:
    @pytest.fixture(autouse=True)
    def _trusted(self, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = [ip_network(PROXY)]

    def test_the_clients_address_is_used(self, client: Client) -> None:
        assert save(client, peer=PROXY, x_forwarded_for=CLIENT).remote_addr == CLIENT

    def test_the_address_nearest_to_the_proxy_counts(self, client: Client) -> None:
        forged = f"203.0.113.1, {CLIENT}"
        assert save(client, peer=PROXY, x_forwarded_for=forged).remote_addr == CLIENT

    def test_two_proxies_in_a_row(self, client: Client) -> None:
        hops = f"{CLIENT}, {PROXY}"
        assert save(client, peer=PROXY, x_forwarded_for=hops).remote_addr == CLIENT

    def test_a_network_of_proxies(self, client: Client, settings: Settings) -> None:
        settings.TRUSTED_PROXIES = [ip_network("10.9.9.0/24")]
        assert save(client, peer="10.9.9.200", x_forwarded_for=CLIENT).remote_addr == CLIENT
        assert save(client, "sv", "10.9.8.9", x_forwarded_for=CLIENT).remote_addr == "10.9.8.9"

    def test_somebody_else_is_still_not_believed(self, client: Client) -> None:
        assert save(client, peer=REAL, x_forwarded_for=CLIENT).remote_addr == REAL

    @pytest.mark.both_databases
    @pytest.mark.parametrize("junk", JUNK)
    def test_junk_passed_on_breaks_no_save(self, client: Client, junk: str) -> None:
        assert save(client, peer=PROXY, x_forwarded_for=junk).remote_addr in {None, PROXY}

    def test_an_ipv6_address_is_kept(self, client: Client) -> None:
        written = save(client, peer=PROXY, x_forwarded_for="2001:db8::1")
        assert written.remote_addr == "2001:db8::1"

    @pytest.mark.both_databases
    @pytest.mark.parametrize("peer", ["::ffff:10.1.2.3", "fe80::1%eth0", ""])
    def test_odd_peers_break_no_save(self, client: Client, peer: str) -> None:
        assert save(client, peer=peer).remote_addr in {"10.1.2.3", "fe80::1", None}


def test_every_request_has_an_id_of_its_own(client: Client) -> None:
    first, second = save(client, "en"), save(client, "sv")
    assert first.cid != second.cid


def test_nothing_of_a_request_is_left_behind(client: Client) -> None:
    save(client)
    assert correlation_id() is None
    assert get_cid() is None
    assert auditlog_value.get() == {}
