"""One provider process for the tests of this folder, told anew for each."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.test import Client

from befreg_reserv.environment.identity_provider import IdentityProvider
from befreg_reserv.people.sso import provider as asked
from befreg_reserv.people.sso.claims.mapping import add
from tests import scenes
from tests.cast import Cast
from tests.people.sso.identity_provider import CLIENT_ID, SECRET
from tests.served import ROOT

STRONG = "urn:strong"
TILDA: dict[str, Any] = {
    "sub": "s-1",
    "sid": "at-one",
    "preferred_username": "TILDA",
    "groups": ["till"],
    "acr": "urn:weak",
}


class Provider:
    """The process, as tests talk to it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.settings = IdentityProvider(
            issuer=f"http://127.0.0.1:{port}", client_id=CLIENT_ID, client_secret=SECRET
        )

    def tell(self, **orders: Any) -> dict[str, Any]:
        """Tell it what to do; return what was asked of it since the last time."""
        _status, body, _headers = self.fetch("POST", "/told", json.dumps(orders))
        found: dict[str, Any] = json.loads(body)
        return found

    def fetch(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        """Return status, body, and where it leads."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request(method, path, body)
            answer = line.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Location") or ""
        finally:
            line.close()

    def visit(self, address: str) -> str:
        """Let a browser visit a page of the provider's; return our address that it leads to."""
        parts = urlsplit(address)
        assert parts.port == self.port
        back = urlsplit(self.fetch("GET", f"{parts.path}?{parts.query}")[2])
        return f"{back.path}?{back.query}"


@pytest.fixture(scope="package")
def process() -> Iterator[Provider]:
    command = [sys.executable, "-m", "tests.people.sso.identity_provider"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        yield Provider(int(running.stdout.readline()))
        running.kill()


@pytest.fixture
def provider(process: Provider, settings: LazySettings) -> Iterator[Provider]:
    settings.IDENTITY_PROVIDER = replace(process.settings, strong=(STRONG,))
    process.tell(person=TILDA, manner="", gone=False)
    asked.forget()
    yield process
    asked.forget()


def come(client: Client, provider: Provider, onward: str = "") -> Any:
    """Sign in through the provider; return our answer to its answer."""
    sent = client.get("/sign-on/", {"next": onward})
    assert sent.status_code == 302, sent.content.decode()
    return client.get(provider.visit(sent.headers["Location"]))


def rule(cast: Cast, value: str, gives: Any, claim: str = "groups") -> Any:
    return add(claim, value, gives, scenes.now(cast.adele)).row
