"""docs/operating.md, typed from its first command to its last, on PostgreSQL.

Each path is led below a folder of the test's. What asks the machine itself is passed over:
packages, users and their rights, systemd, nginx (``test_systemd`` and ``test_nginx`` have those
two). Where the document lets systemd start the server, the unit's own command is started here.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest
from django.db import connection

from tests import scenes
from tests.deploy.proxy import free_port
from tests.deploy.test_operating import ORDER, blocks
from tests.deploy.test_systemd import UNITS, settings_in
from tests.served import ENDS_WITH_US, HOST, ROOT
from tests.tooling.programs import skip_without

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="it installs PostgreSQL's roles"),
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]
PASSED_OVER = """
apt-get() { :; }
useradd() { :; }
chgrp() { :; }
python3() { :; }
systemctl() { :; }
nginx() { :; }
install() {
    words=
    while [ $# -gt 0 ]; do
        case $1 in -o|-g) shift ;; *) words="$words $1" ;; esac
        shift
    done
    command install $words
}
runuser() { shift 3; "$@"; }
"""
PIP = re.compile(r"^\S+/pip .*\n", re.MULTILINE)
OURS = re.compile(r"(?<![\w.])/(?=(?:etc|opt|var|root|usr/local)\b)")
DATABASES = ("befreg", "befreg_before")
ANSWERS_WITHIN = 20  # seconds


class Machine:
    """A folder that stands for a machine, with one server on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.server: subprocess.Popen[bytes] | None = None
        for folder in (
            "etc/default",
            "etc/systemd/system",
            "etc/nginx/conf.d",
            "usr/local/sbin",
            "root",
            "var/lib",
        ):
            (root / folder).mkdir(parents=True)
        (root / "root" / "password").write_text("correct horse battery\n", encoding="utf-8")
        for name in ("wards", "binder-akm"):
            text = (scenes.SHARED_DATA / f"{name}.csv").read_text(encoding="utf-8")
            (root / "root" / f"{name.partition('-')[0]}.csv").write_text(text, encoding="utf-8")

    def here(self, text: str) -> str:
        """Lead paths and the server's address here."""
        text = OURS.sub(f"{self.root}/", PIP.sub("", text)).replace(
            "127.0.0.1:8000", f"{HOST}:{self.port}"
        )
        socket = connection.settings_dict["HOST"]
        return text.replace("@localhost/befreg", f"@/befreg?host={socket}")

    def type_(self, block: str) -> str:
        """Run a block as it stands, in a checkout; return what it said. Fails with its words."""
        for version in re.findall(r"install -d /opt/befreg-reserv/(\d)", block):
            self._lay_packages(self.root / "opt" / "befreg-reserv" / version)
        typed = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", PASSED_OVER + self.here(block)],
            cwd=ROOT,
            env=self._environment(),
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert typed.returncode == 0, f"{block}\n{typed.stdout}"
        return typed.stdout

    def _environment(self) -> dict[str, str]:
        chosen = connection.settings_dict
        return {
            "PATH": f"{self.root}/usr/local/sbin:{os.environ['PATH']}",
            "PGHOST": chosen["HOST"],
            "PGUSER": chosen["USER"],
            "BEFREG_ETC": f"{self.root}/etc/befreg-reserv",
            "BEFREG_CODE": f"{self.root}/opt/befreg-reserv/current",
            "BEFREG_USER": "root",
            "PYTHON": sys.executable,
            "PG_BINDIR": os.environ.get("PG_BINDIR", ""),
        }

    def _lay_packages(self, code: Path) -> None:
        """Have the packages of this checkout there, which `make build` then finds complete."""
        code.mkdir(parents=True)
        for name in (".venv", ".uv"):
            (code / name).symlink_to(ROOT / name)

    def edit_settings(self) -> None:
        """Do what the document leaves to whoever installs it."""
        path = self.root / "etc" / "befreg-reserv" / "environment"
        text = self.here(path.read_text(encoding="utf-8"))
        text = text.replace("befreg-reserv.example", HOST)
        host = connection.settings_dict["HOST"]
        path.write_text(text.replace("/run/postgresql", host), encoding="utf-8")

    def serve(self) -> None:
        """Start the server as its unit does; return when it is ready."""
        self.stop()
        unit = (UNITS / "befreg-reserv-web.service").read_text(encoding="utf-8")
        (line,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
        environment = settings_in(self.root / "etc" / "befreg-reserv" / "environment")
        self.server = subprocess.Popen(
            [*ENDS_WITH_US, *shlex.split(self.here(line)), "--bind", f"{HOST}:{self.port}"],
            cwd=self.root / "opt" / "befreg-reserv" / "current",
            env={**self._environment(), **environment, "WEB_CONCURRENCY": "1"},
        )
        for _try in range(ANSWERS_WITHIN * 10):
            try:
                with urlopen(f"http://{HOST}:{self.port}/ready") as answer:
                    assert answer.status == 200
                    return
            except URLError:
                subprocess.run(["sleep", "0.1"], check=True)
        raise AssertionError("The server isn't ready.")

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if self.server:
            self.server.terminate()
            self.server.wait(ANSWERS_WITHIN)
            self.server = None

    def drop_databases(self) -> None:
        """Let the next chapter, or the next run, begin without."""
        chosen = connection.get_connection_params() | {"dbname": "postgres"}
        with closing(psycopg.connect(**chosen, autocommit=True)) as client:
            for name in DATABASES:
                client.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def machine(tmp_path: Path, transactional_db: None) -> Iterator[Machine]:
    skip_without()
    laid = Machine(tmp_path / "machine")
    try:
        yield laid
    finally:
        laid.stop()
        laid.drop_databases()


def test_the_whole_document_is_typed(machine: Machine) -> None:
    install, serve, watch, upgrade, move, bring_back = (blocks(chapter) for chapter in ORDER)
    for block in install:
        machine.type_(block)
        if "environment" in block:
            machine.edit_settings()
    for block in serve:
        machine.type_(block)
    machine.serve()
    said = "".join(machine.type_(block) for block in watch)
    assert "befreg_numbers_left" in said
    for block in upgrade:
        machine.type_(block)
    machine.serve()
    machine.stop()
    for block in bring_back:
        said = machine.type_(block)
        assert "Restored" in said
        assert "All well" in said
    machine.serve()
    machine.stop()
    machine.drop_databases()
    lay_sqlite(machine)
    for block in move:
        assert "all compared" in machine.type_(block)
    machine.serve()


def lay_sqlite(machine: Machine) -> None:
    """Lay the file of a server that began on SQLite."""
    folder = machine.root / "var" / "lib" / "befreg-reserv"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{folder}/befreg.sqlite3"},
        check=True,
    )
