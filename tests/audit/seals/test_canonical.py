"""A row has the same bytes on both databases, and each change of it other ones."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from befreg_reserv.audit import triggers
from befreg_reserv.audit.models import Head, Leaf, LogEntry
from befreg_reserv.audit.seals import canonical, sealed
from befreg_reserv.people.models import User
from outage.models import Reading
from tests.audit.entries import entry, run
from tests.cast import Cast
from tests.ground.lifting import lifted

pytestmark = [pytest.mark.django_db]
TEXT = 'Åsa "å" \\ \n\t😀 e\u0301 %s </script> \u2028'
# The leaves themselves; and the probe's readings, which are thrown away when they are old.
NOT_SEALED = {Leaf, Head, Reading}


def sealed_bytes(key: int) -> str:
    (table,) = (each for each in sealed.tables() if each.model is LogEntry)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {table.select(connection.vendor)} FROM {table.table} WHERE id = %s",  # noqa: S608
            [key],
        )
        return table.encode(cursor.fetchone()[1:]).decode()


def test_the_bytes_of_a_row(cast: Cast) -> None:
    user = ContentType.objects.get_for_model(User).pk
    written = entry(
        id=12345,
        begin=datetime(2026, 3, 1, 11, 0, 0, 120, tzinfo=UTC),
        actor=cast.tilda,
        object_repr=TEXT,
        changes={"b": ["1", "å"], "a": {"z": None, "y": [1, True]}},
        additional_data={},
        remote_addr="2001:db8::1",
        unit="",
    )
    text = TEXT.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    assert sealed_bytes(written.pk) == (
        f'{{"":"audit_logentry","act":"update","action":1,"actor_id":{cast.tilda.pk},'
        '"additional_data":{},"changes":{"a":{"y":[1,true],"z":null},"b":["1","å"]},'
        f'"content_type_id":{user},"id":12345,"object_pk":"1","object_repr":"{text}",'
        '"remote_addr":"2001:db8::1","timestamp":"2026-03-01T11:00:00.000120Z"}'
    )


def test_a_whole_second_has_its_zeros() -> None:
    assert '"timestamp":"2026-03-01T11:00:00.000000Z"' in sealed_bytes(entry().pk)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's columns have types")
@pytest.mark.parametrize(
    "text", ["2026-03-01 11:00:00+05:00", "2026-03-01 11:00:00.0000001", "2026-03-01T11:00:00", "x"]
)
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    written = entry()
    before = sealed_bytes(written.pk)
    with lifted():
        run("UPDATE audit_logentry SET timestamp = %s WHERE id = %s", text, written.pk)
    assert sealed_bytes(written.pk) != before


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's columns take any text")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("timestamp", "2026-03-01 11:00:00+00 BC"),
        ("timestamp", "infinity"),
        ("timestamp", "-infinity"),
        ("remote_addr", "10.0.0.1/8"),
    ],
)
def test_what_only_postgresql_knows_is_not_left_out(column: str, value: str) -> None:
    written, other = entry(remote_addr="10.0.0.1"), entry(remote_addr="10.0.0.1")
    before = sealed_bytes(written.pk)
    with lifted():
        run(f"UPDATE audit_logentry SET {column} = %s WHERE id = %s", value, written.pk)  # noqa: S608
    assert sealed_bytes(written.pk) != before
    assert f'"{column}"' in sealed_bytes(written.pk)
    assert '"remote_addr":"10.0.0.1"' in sealed_bytes(other.pk)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's columns have types")
@pytest.mark.parametrize(
    ("column", "value"),
    [("act", b"update"), ("timestamp", b"\xff"), ("changes", "[" * 100_000)],
)
def test_what_is_no_text_has_bytes_of_its_own(column: str, value: bytes | str) -> None:
    written = entry()
    before = sealed_bytes(written.pk)
    with lifted():
        run("PRAGMA ignore_check_constraints = ON")
        run(f"UPDATE audit_logentry SET {column} = %s WHERE id = %s", value, written.pk)  # noqa: S608
        run("PRAGMA ignore_check_constraints = OFF")
    assert sealed_bytes(written.pk) != before


def test_all_that_is_append_only_is_sealed() -> None:
    named = {
        rule.table for rule in triggers._registered.values() if rule.name.endswith("_no_update")
    }
    models = {model for model in apps.get_models() if model._meta.db_table in named}
    assert models - {table.model for table in sealed.tables()} == NOT_SEALED


def test_each_kind_of_column_has_a_form() -> None:
    for table in sealed.tables():
        assert len(canonical.select(table.columns, connection.vendor)) == len(table.columns)
