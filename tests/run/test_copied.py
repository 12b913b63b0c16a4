"""What the processes of a run share: what one of them has migrated, and to compile the tests."""

import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from befreg_reserv.audit import triggers
from tests.ground import older, restoring
from tests.run.compiled import import_from
from tests.run.copied import migrated_once


@pytest.mark.django_db(transaction=True)
def test_the_second_copies_what_the_first_migrated(
    tmp_path: Path, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "postgresql":
        # A thread or server of a test before may be connected still: no database in use is copied.
        with connection.cursor() as cursor:
            cursor.execute(restoring.ENDED)
    creation, ours = connection.creation, str(connection.settings_dict["NAME"])
    migrated = iter([ours])
    monkeypatch.setattr(creation, "create_test_db", lambda **_: next(migrated))
    monkeypatch.setitem(connection.settings_dict["TEST"], "NAME", f"{ours}_second")
    with migrated_once(tmp_path, django_db_blocker):
        creation.create_test_db(verbosity=0)
        with older.connected(ours, tmp_path):
            second = creation.create_test_db(verbosity=0)
            assert triggers.faults(connection) == []
            assert Group.objects.get(name="till").permissions.exists()
            creation.destroy_test_db(verbosity=0)
    assert second != ours
    assert not list(tmp_path.glob("migrated.[ns]*"))


def test_each_process_begins_elsewhere_and_comes_to_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "compiled_by_two"
    package.mkdir()
    for name in ("__init__", "test_a", "test_b", "test_wrong"):
        (package / f"{name}.py").write_text("1 / 0" if name == "test_wrong" else "")
    monkeypatch.syspath_prepend(tmp_path)
    import_from(package, 0.5)
    found = [name for name in sys.modules if name.startswith("compiled_by_two.")]
    assert found == ["compiled_by_two.test_b", "compiled_by_two.test_a"]
