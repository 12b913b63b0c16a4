"""nginx as deploy/nginx has it, on ports of this machine, in front of the servers of a test."""

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from tests.races.server.clients import Workstation
from tests.served import ENDS_WITH_US, HOST, ROOT
from tests.tooling import programs, wanted

CONF = ROOT / "deploy" / "nginx" / "befreg-reserv.conf"
CERTIFICATE = ROOT / "tests" / "data" / "server-of-tests.pem"
PAGES = "/var/lib/befreg-reserv-gateway"
SERVER = "    server 127.0.0.1:8000 max_fails=3 fail_timeout=5s;\n"
START_SECONDS, STOP_SECONDS, PATIENCE_SECONDS = 10, 10, 20
AROUND = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log {folder}/usual.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ text/html html; text/css css; }}
    include {folder}/befreg-reserv.conf;
}}
"""


@dataclass(frozen=True)
class Reply:
    """What a client got."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float


@dataclass(frozen=True)
class Proxy:
    """A running nginx."""

    port: int
    plain_port: int
    folder: Path

    def logs(self) -> str:
        """Return all that it has written."""
        return "".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))

    def connect(self) -> HTTPSConnection:
        """Open a connection, as a browser that trusts the certificate does."""
        trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
        return HTTPSConnection(HOST, self.port, timeout=PATIENCE_SECONDS, context=trusted)

    def ask(self, path: str, method: str = "GET", **how: object) -> Reply:
        """Send a request and read its answer; ``how``: body, headers."""
        return _asked(self.connect(), method, path, **how)

    def ask_plainly(self, path: str) -> Reply:
        """Ask without TLS."""
        return _asked(HTTPConnection(HOST, self.plain_port), "GET", path)


def _asked(client: HTTPConnection, method: str, path: str, **how: object) -> Reply:
    began = time.monotonic()
    with closing(client):
        client.request(method, path, **how)  # type: ignore[arg-type]
        answer = client.getresponse()
        text = answer.read().decode()
        return Reply(answer.status, dict(answer.getheaders()), text, time.monotonic() - began)


class Browser(Workstation):
    """A workstation that knows the proxy alone, and servers in production behind it."""

    prefix = "__Host-"

    def __init__(self, proxy: Proxy, session: str) -> None:
        self.proxy = proxy
        self.more_headers = {"Origin": f"https://{HOST}:{proxy.port}"}
        super().__init__(proxy, session)  # type: ignore[arg-type]

    def _connect(self) -> HTTPConnection:
        return self.proxy.connect()


@contextmanager
def proxying(
    folder: Path, *servers: int, other: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    """Run nginx in front of servers at these ports of this machine until the block ends.

    ``other`` replaces a part of the configuration, for what happens without it.
    """
    programs.skip_without()
    folder.mkdir()
    pages = folder / "pages"
    pages.mkdir()
    call_command("gateway_pages", pages, stdout=StringIO())
    port, plain_port = free_port(), free_port()
    replaced = {
        **(other or {}),
        "listen 80;": f"listen {HOST}:{plain_port};",
        "listen 443 ssl http2;": f"listen {HOST}:{port} ssl http2;",
        SERVER: "".join(SERVER.replace("8000", str(each)) for each in servers),
        "/etc/befreg-reserv/tls/fullchain.pem": str(CERTIFICATE),
        "/etc/befreg-reserv/tls/key.pem": str(CERTIFICATE),
        PAGES: str(pages),
        "/var/log/nginx": str(folder),
    }
    (folder / CONF.name).write_text(_with(replaced), encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # or its workers couldn't read the folder
    conf = folder / "nginx.conf"
    conf.write_text(AROUND.format(folder=folder, user=user), encoding="utf-8")
    program = [*ENDS_WITH_US, wanted.which("nginx") or ""]
    nginx = subprocess.Popen([*program, "-c", str(conf), "-e", str(folder / "error.log")])
    try:
        _wait_until_it_listens(nginx, port)
        yield Proxy(port, plain_port, folder)
    finally:
        nginx.terminate()
        nginx.wait(STOP_SECONDS)


def _with(replaced: Mapping[str, str]) -> str:
    """Return the configuration with these parts replaced; each must be there."""
    text = CONF.read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _wait_until_it_listens(nginx: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and nginx.poll() is None:
        with socket.socket() as client:
            if client.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("nginx doesn't listen; its words stand above.")
