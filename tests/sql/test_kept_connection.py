"""A connection to SQLite is kept from one request to the next, while its file is the database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.sqlite3 import base
from django.db.utils import ConnectionHandler

from befreg_reserv.environment import databases
from tests.serving.test_settings import PATIENCE


@pytest.fixture
def kept(tmp_path: Path, django_db_blocker: Any) -> Iterator[Any]:
    with django_db_blocker.unblock():
        found = databases.at(f"sqlite:///{tmp_path}/befreg.sqlite3", PATIENCE)
        connection = ConnectionHandler({"default": found})["default"]
        execute(connection, "CREATE TABLE before (id)")
        yield connection
        connection.close()


def execute(connection: Any, statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def tables(connection: Any) -> list[Any]:
    return execute(connection, "SELECT name FROM sqlite_master")


def test_it_is_kept(kept: Any) -> None:
    before = kept.connection
    kept.close_if_unusable_or_obsolete()
    assert kept.connection is before


def test_a_file_in_its_place_is_opened_anew(kept: Any, tmp_path: Path) -> None:
    (tmp_path / "befreg.sqlite3").rename(tmp_path / "moved")
    assert tables(kept) == [("before",)]  # the file that was moved away
    kept.close_if_unusable_or_obsolete()
    assert tables(kept) == []


def test_so_is_one_that_came_while_the_former_was_opened(
    kept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = base.DatabaseWrapper.get_new_connection

    def opened_before_it_came(wrapper: Any, parameters: Any) -> Any:
        connection = opened(wrapper, parameters)
        (tmp_path / "befreg.sqlite3").rename(tmp_path / "moved")
        (tmp_path / "befreg.sqlite3").touch()
        return connection

    kept.close()
    with monkeypatch.context() as patch:
        patch.setattr(base.DatabaseWrapper, "get_new_connection", opened_before_it_came)
        assert tables(kept) == [("before",)]
    kept.close_if_unusable_or_obsolete()
    assert tables(kept) == []


def test_one_that_could_not_write_is_opened_anew(kept: Any) -> None:
    execute(kept, "PRAGMA query_only = ON")  # as opened while the disk was mounted to be read
    with pytest.raises(OperationalError, match="readonly"):
        execute(kept, "INSERT INTO before VALUES (1)")
    kept.close_if_unusable_or_obsolete()
    execute(kept, "INSERT INTO before VALUES (1)")


def test_within_a_transaction_it_stays(kept: Any, tmp_path: Path) -> None:
    kept.in_atomic_block = True
    (tmp_path / "befreg.sqlite3").rename(tmp_path / "moved")
    kept.close_if_unusable_or_obsolete()
    assert tables(kept) == [("before",)]
    kept.in_atomic_block = False
