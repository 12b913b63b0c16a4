"""Three PostgreSQL nodes under Patroni, by the file of ``deploy/patroni``, on this machine alone.

What differs from there: one etcd for all, and no TLS, no passwords, no watchdog, since the line
never leaves the machine.
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import yaml

from tests import postgres
from tests.faults.judging.history import NotHere
from tests.faults.till import HOST

FILE = Path(__file__).parents[2] / "deploy" / "patroni" / "patroni.yml"
NAMES = ("one", "two", "three")
LEADER = "/befreg/befreg/leader"  # the namespace, the scope of the file, and Patroni's own word
START_SECONDS = 90
LOOPBACK = ["local all all trust", f"host all all {HOST}/32 trust"]
LOOPBACK += [f"host replication all {HOST}/32 trust"]


class Node:
    """One node: Patroni, and the PostgreSQL that it looks after."""

    def __init__(
        self, name: str, folder: Path, etcd: int, as_whom: dict[str, Any], *, synchronous: bool
    ) -> None:
        self.name, self._as_whom, self._synchronous = name, as_whom, synchronous
        self.data, self._file, self._log = folder / name, folder / f"{name}.yml", folder / "log"
        self.port, self._rest = free_port(), free_port()
        self._file.write_text(json.dumps(self._configuration(etcd)))
        self._patroni: subprocess.Popen[bytes] | None = None

    def _configuration(self, etcd: int) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(FILE.read_text())
        found |= {
            "name": self.name,
            "etcd3": {"host": f"{HOST}:{etcd}"},
            "watchdog": {"mode": "off"},
        }
        rest = f"{HOST}:{self._rest}"
        found["restapi"] = {"listen": rest, "connect_address": rest}
        found["bootstrap"]["initdb"] = [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}]
        if not self._synchronous:
            found["bootstrap"]["dcs"]["synchronous_mode"] = False
        server = found["postgresql"]
        server["parameters"] = {"unix_socket_directories": str(self.data.parent)}
        server |= {
            "pg_hba": LOOPBACK,
            "data_dir": str(self.data),
            "bin_dir": str(postgres.bindir()),
        }
        server |= dict.fromkeys(("listen", "connect_address"), f"{HOST}:{self.port}")
        for each in server["authentication"].values():
            each["password"] = "of no use where everybody is trusted"
        return found

    def start(self) -> None:
        """Start, or come back after a death."""
        with self._log.open("ab") as log:
            self._patroni = subprocess.Popen(
                [*_as(self._as_whom), sys.executable, "-m", "patroni", self._file],
                **{name: self._as_whom[name] for name in ("cwd", "env", "start_new_session")},
                stdout=log,
                stderr=log,
            )

    def kill(self, *, whole: bool) -> None:
        """Kill PostgreSQL, and Patroni too when the whole node dies."""
        if whole:
            self.kill_patroni()
        with suppress(ProcessLookupError, FileNotFoundError):
            for process in [*self._senders(), self.postmaster]:
                os.kill(process, signal.SIGKILL)

    def kill_patroni(self) -> None:
        """Kill Patroni alone."""
        if self._patroni:
            self._patroni.kill()
            self._patroni.wait()
            self._patroni = None

    @property
    def is_running(self) -> bool:
        """Tell whether Patroni runs."""
        return self._patroni is not None

    @property
    def postmaster(self) -> int:
        """Return the process of its PostgreSQL."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def stop_sending(self) -> None:
        """Let nothing go to the standbys any more, as on a line that has just been cut."""
        for process in self._senders():
            os.kill(process, signal.SIGSTOP)

    def _senders(self) -> list[int]:
        found = []
        for status in Path("/proc").glob("[0-9]*/status"):
            with suppress(OSError):
                parent = status.read_text().partition("PPid:")[2].split()[0]
                words = status.with_name("cmdline").read_text()
                if int(parent) == self.postmaster and "walsender" in words:
                    found.append(int(status.parent.name))
        return found

    def said(self) -> str:
        """Return the end of what it has logged."""
        return self._log.read_text(errors="replace")[-3000:]

    @property
    def role(self) -> str:
        """Return what Patroni says that it is: primary, sync_standby, replica; "" if it's away."""
        try:
            with urlopen(f"http://{HOST}:{self._rest}/patroni", timeout=2) as answer:
                found = json.loads(answer.read())
        except (OSError, ValueError):
            return ""
        if found.get("state") not in {"running", "streaming"}:
            return ""
        standby = found.get("sync_standby") or found.get("quorum_standby")
        return "sync_standby" if standby else str(found.get("role"))


class Nodes:
    """The three nodes."""

    def __init__(self, nodes: list[Node], etcd: int, *, synchronous: bool) -> None:
        self._nodes, self._etcd = nodes, etcd
        standby = "sync_standby" if synchronous else "replica"
        self._whole = ["primary", standby, standby]

    def url(self, database: str) -> str:
        """Return an address that leads to whichever is the primary."""
        hosts = ",".join(f"{HOST}:{node.port}" for node in self._nodes)
        options = "target_session_attrs=read-write&connect_timeout=2"
        return f"postgres://postgres@{hosts}/{database}?{options}"

    def run(self, statement: str) -> None:
        """Run a statement on the primary, outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as client:
            client.execute(statement)

    def start(self) -> None:
        """Start the first, then the others; return when both stand by."""
        self._nodes[0].start()
        self._wait(lambda: self._nodes[0].role == "primary")
        self.complete()

    def complete(self) -> None:
        """Start whoever is away; return when there is a primary and both others stand by."""
        for node in self._nodes:
            if not node.is_running:
                node.start()
        self._wait(lambda: sorted(node.role for node in self._nodes) == self._whole)

    def take_the_lead_from(self, node: Node) -> None:
        """Tell the others that a node is off, by the command of `docs/operating.md`."""
        leader = self._etcdctl("get", "--print-value-only", LEADER)
        if leader == node.name:
            self._etcdctl("del", LEADER)

    def _etcdctl(self, *words: str) -> str:
        command = ["etcdctl", "--endpoints", f"{HOST}:{self._etcd}", *words]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def primary(self) -> Node:
        """Return the primary."""
        return next(node for node in self._nodes if node.role == "primary")

    def end(self) -> None:
        """Kill everything."""
        for node in self._nodes:
            node.kill_patroni()
        for node in self._nodes:
            node.kill(whole=True)

    def _wait(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not there():
            if time.monotonic() > deadline:
                said = "\n".join(node.said() for node in self._nodes)
                raise RuntimeError(f"{[node.role for node in self._nodes]}\n{said}")
            time.sleep(0.2)


@contextmanager
def three_nodes(*, synchronous: bool = True) -> Iterator[Nodes]:
    """Yield three nodes. Raises NotHere where a program is missing.

    ``synchronous``: whether COMMIT waits for a standby, as in the file.
    """
    etcd = shutil.which("etcd")
    if not (etcd and shutil.which("etcdctl") and importlib.util.find_spec("patroni")):
        raise NotHere(
            "no etcd (Debian's etcd-server, etcd-client), or no Patroni (uv sync --group faults)"
        )
    with postgres.place() as (_programs, folder, as_whom), ExitStack() as stack:
        port = free_port()
        process = subprocess.Popen(
            [etcd, *_etcd_words(folder, port)],
            **as_whom,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        how = {"synchronous": synchronous}
        nodes = Nodes([Node(name, folder, port, as_whom, **how) for name in NAMES], port, **how)
        stack.callback(nodes.end)
        nodes.start()
        yield nodes


def _as(as_whom: dict[str, Any]) -> list[str]:
    """Return the words that let Patroni run as the server's user, and still read this checkout."""
    if "user" not in as_whom:
        return []
    who = [f"--reuid={as_whom['user']}", f"--regid={as_whom['group']}", "--clear-groups"]
    return ["setpriv", *who, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def _etcd_words(folder: Path, port: int) -> Iterator[str]:
    peer, client = f"http://{HOST}:{free_port()}", f"http://{HOST}:{port}"
    yield from ("--data-dir", str(folder / "etcd"), "--name", "only")
    yield from ("--listen-client-urls", client, "--advertise-client-urls", client)
    yield from ("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer)
    yield from ("--initial-cluster", f"only={peer}")


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port
