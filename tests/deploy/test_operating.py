"""docs/operating.md: every command is one that is there; ``test_operating_run`` runs them."""

import re
import shlex
from collections.abc import Iterator

import pytest
from django.core.management import get_commands, load_command_class

from tests.served import ROOT

TEXT = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
ORDER = ["1. Install", "2. Serve", "3. Watch", "4. Upgrade", "5. Move", "6. Bring back"]
CODE = "/opt/befreg-reserv/current/"
AS_OWNER = {"migrate", "restore", "move"}


def blocks(chapter: str = "") -> list[str]:
    """Return what is to be typed, a block each, of a chapter or of all."""
    text = TEXT.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0] if chapter else TEXT
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def lines() -> Iterator[str]:
    for block in blocks():
        yield from block.splitlines()


MANAGED = sorted({line for line in lines() if re.match(r"(\w+=\S+ )?befreg-manage ", line)})


def test_the_order_is_that_of_an_installations_life() -> None:
    assert re.findall(r"^## (.+)$", TEXT, re.MULTILINE) == ORDER
    assert all(blocks(chapter) for chapter in ORDER)


@pytest.mark.parametrize("line", MANAGED)
def test_each_command_of_ours_is_there_and_has_the_role_it_needs(line: str) -> None:
    typed = re.split(" [<>]", line.partition("befreg-manage ")[2])[0]
    words = shlex.split(typed, comments=True)
    owner = words[0] == "--owner"
    name, *arguments = words[owner:]
    load_command_class(get_commands()[name], name).create_parser("", name).parse_args(arguments)
    assert owner == (name in AS_OWNER)


def test_each_file_and_each_unit_is_there() -> None:
    named = re.findall(rf"(?:{CODE}|\s)(deploy/[\w./-]+)", "\n".join(lines()))
    units = re.findall(r"befreg-reserv-[\w@-]+\.(?:service|socket|timer)", TEXT)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing + [unit for unit in units if not _is_there(unit)] == []
    assert len(named) > 5
    assert len(units) > 5


def _is_there(unit: str) -> bool:
    folder = ROOT / "deploy" / "systemd"
    of_all = re.sub("@[^.]+", "@", unit)
    return (folder / unit).exists() or (folder / of_all).exists()


def test_each_timer_is_started() -> None:
    timers = {path.name for path in (ROOT / "deploy" / "systemd").glob("*.timer")}
    started = [line for line in lines() if line.startswith("systemctl enable --now")]
    assert timers <= set(" ".join(started).split())


def test_the_lead_that_is_taken_from_a_dead_node_is_that_of_our_nodes() -> None:
    file = (ROOT / "deploy" / "patroni" / "patroni.yml").read_text()
    namespace, scope = (
        re.findall(rf"^{name}: (\S+)$", file, re.MULTILINE)[0] for name in ("namespace", "scope")
    )
    assert f"`etcdctl del {namespace}{scope}/leader`" in TEXT
