"""A second process has a database that holds all that the first one's migrations made."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from befreg_reserv.audit import triggers
from tests.ground import older
from tests.ground.copied import migrated_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_copies_what_the_first_migrated(
    tmp_path: Path, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
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
