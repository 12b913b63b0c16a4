"""A known vulnerability fails the check; advisories that can't be reached don't."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deploy.proxy import free_port
from tests.served import HOST, ROOT
from tests.tooling.packages import advisories

UV = ROOT / ".uv" / "bin" / "uv"
HOLE = {"id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "summary": "A hole"}
needs_uv = pytest.mark.skipif(not UV.exists(), reason="made by make")


class Advisories(BaseHTTPRequestHandler):
    """Answers as OSV does: ``affected`` names the package that has a hole."""

    affected = ""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["queries"]
        bad = [each["package"]["name"] == self.affected for each in asked]
        self._answer({"results": [{"vulns": [HOLE]} if each else {} for each in bad]})

    def do_GET(self) -> None:
        package = {"ecosystem": "PyPI", "name": self.affected}
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
        self._answer({**HOLE, "affected": [{"package": package, "ranges": ranges}]})

    def log_message(self, *_said: object) -> None:
        return

    def _answer(self, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Handler", (Advisories,), {"affected": request.param})
    server = ThreadingHTTPServer((HOST, 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def ask(address: str) -> int:
    found = os.path.relpath(UV, Path.cwd())
    return advisories.audit([found], "--service-url", address)


@needs_uv
@pytest.mark.parametrize(
    ("address", "status"), [("django", 1), ("nothing", 0)], indirect=["address"]
)
def test_a_known_vulnerability_fails(
    address: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(address) == status
    assert ("TEST-1" in capsys.readouterr().out) == bool(status)


@needs_uv
def test_where_nobody_answers_a_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(f"http://{HOST}:{free_port()}") == 0
    assert advisories.UNREACHED in capsys.readouterr().out
