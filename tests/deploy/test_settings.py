"""What deploy/ sets: each name is known, and befreg-manage gives it to manage.py."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from befreg_reserv import waits
from tests.deploy.test_systemd import settings_in
from tests.served import ROOT

GIVEN = ROOT / "deploy" / "environment"
RUNNING = "postgres://befreg@/befreg?host=/run/postgresql"
SOURCES = [ROOT / "befreg_reserv" / name for name in ("settings.py", "waits.py")]


def test_each_setting_is_one_that_the_code_reads() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    names = {name.removesuffix("_FILE") for name in settings_in(GIVEN)}
    assert {name for name in names if f'"{name}"' not in sources} == set()


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Settings of a server whose code only says what it was told."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$DATABASE_URL|$*"\n', encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "environment").write_text(GIVEN.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "owner").write_text("DATABASE_URL=postgres://owner@/befreg", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check_custody"], f"{RUNNING}|manage.py check_custody"),
        (["load_binder", "a b.csv"], f"{RUNNING}|manage.py load_binder a b.csv"),
        (["--owner", "migrate"], "postgres://owner@/befreg|manage.py migrate"),
    ],
)
def test_befreg_manage_is_the_running_role_unless_it_is_told_to_be_the_owner(
    etc: Path, words: list[str], said: str
) -> None:
    assert managed(etc, *words) == said


THREE_NODES = "postgres://befreg@a,b,c/befreg?target_session_attrs=read-write&sslmode=verify-full"


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (THREE_NODES, THREE_NODES),
        (f'"{THREE_NODES}"', THREE_NODES),
        ("postgres://befreg:$HOME`id`;'@h/b", "postgres://befreg:$HOME`id`;'@h/b"),
    ],
    ids=["plain", "quoted", "hostile"],
)
def test_befreg_manage_reads_settings_as_systemd_does_and_not_as_a_shell(
    etc: Path, line: str, address: str
) -> None:
    (etc / "environment").write_text(f"# of three\n\nDATABASE_URL={line}", encoding="utf-8")
    assert managed(etc, "check") == f"{address}|manage.py check"


def managed(etc: Path, *words: str) -> str:
    """Return what befreg-manage ran, and with which address."""
    user = os.environ.get("USER") or "root"
    environment = {**os.environ, "BEFREG_ETC": str(etc), "BEFREG_CODE": str(etc)}
    done = subprocess.run(
        [ROOT / "deploy" / "bin" / "befreg-manage", *words],
        env=environment | {"BEFREG_USER": user},
        check=True,
        text=True,
        capture_output=True,
    )
    return done.stdout.strip()


def test_the_proxy_and_the_unit_wait_for_the_server_and_no_longer() -> None:
    conf = (ROOT / "deploy" / "nginx" / "befreg-reserv.conf").read_text(encoding="utf-8")
    till, others = (conf.partition(f"location {path} {{")[2] for path in ("/till/", "/"))
    assert f"proxy_read_timeout {waits.ANSWER_SECONDS}s;" in till.partition("}")[0]
    assert seconds("proxy_read_timeout ", others) > waits.LONG_SECONDS
    unit = ROOT / "deploy" / "systemd" / "befreg-reserv-web.service"
    assert seconds("TimeoutStopSec=", unit.read_text(encoding="utf-8")) > waits.GRACE_SECONDS


def seconds(name: str, text: str) -> int:
    """Return the whole number behind a name."""
    return int(text.partition(name)[2].split()[0].rstrip("s;"))


def test_the_units_and_the_proxy_name_the_same_places() -> None:
    conf = (ROOT / "deploy" / "nginx" / "befreg-reserv.conf").read_text(encoding="utf-8")
    pages = ROOT / "deploy" / "systemd" / "befreg-reserv-run@gateway_pages.service.d"
    (folder,) = re.findall(r"gateway_pages (\S+)", (pages / "folder.conf").read_text("utf-8"))
    assert f"root {folder}/;" in conf
