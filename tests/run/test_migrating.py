"""With less work, the migrations make the same database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.operations import RunPython
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import (
    CASCADE,
    AutoField,
    CheckConstraint,
    ForeignKey,
    IntegerField,
    Q,
    TextField,
    UniqueConstraint,
)

from tests.ground import older
from tests.run.migrating import do_as_django_does, make_no_other_anew

MADE = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master",
    "postgresql": """
        SELECT table_name, column_name, data_type, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes
        WHERE schemaname = 'public'
        UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', ''
        FROM pg_trigger WHERE NOT tgisinternal
    """,
}


@pytest.fixture
def state() -> ProjectState:
    """One table of two columns, rendered."""
    fields: list[tuple[str, Any]] = [("id", AutoField(primary_key=True)), ("size", IntegerField())]
    state = ProjectState()
    state.add_model(ModelState("custody", "Thing", fields, options={"constraints": []}))
    assert state.apps.get_models()
    return state


@pytest.mark.parametrize(
    ("choose", "is_the_same"), [(make_no_other_anew, True), (do_as_django_does, False)]
)
def test_constraints_come_and_go_and_only_django_makes_the_class_anew(
    state: ProjectState,
    monkeypatch: pytest.MonkeyPatch,
    choose: Callable[[pytest.MonkeyPatch], None],
    is_the_same: bool,
) -> None:
    choose(monkeypatch)

    def held() -> tuple[list[str], list[str]]:
        meta: Any = state.apps.get_model("custody", "Thing")._meta
        unique = [each.name for each in meta.total_unique_constraints]
        return [each.name for each in meta.constraints], unique

    before = state.apps.get_model("custody", "Thing")
    positive = CheckConstraint(condition=Q(size__gt=0), name="positive")
    state.add_constraint("custody", "thing", positive)
    assert held() == (["positive"], [])
    once = UniqueConstraint(fields=["size"], name="once")
    state.add_constraint("custody", "thing", once)
    assert held() == (["positive", "once"], ["once"])
    state.remove_constraint("custody", "thing", "once")
    assert held() == (["positive"], [])
    assert (state.apps.get_model("custody", "Thing") is before) == is_the_same


@pytest.mark.parametrize(
    ("choose", "is_the_same"), [(make_no_other_anew, True), (do_as_django_does, False)]
)
def test_a_field_leaves_other_models_as_they_are_until_code_needs_them(
    state: ProjectState,
    monkeypatch: pytest.MonkeyPatch,
    choose: Callable[[pytest.MonkeyPatch], None],
    is_the_same: bool,
) -> None:
    choose(monkeypatch)
    thing = ForeignKey("custody.Thing", CASCADE)
    state.add_model(
        ModelState("custody", "Part", [("id", AutoField(primary_key=True)), ("of", thing)])
    )
    part = state.apps.get_model("custody", "Part")
    state.add_field("custody", "thing", "name", TextField(default=""), preserve_default=True)
    assert state.apps.get_model("custody", "Thing")._meta.get_field("name")
    assert (state.apps.get_model("custody", "Part") is part) == is_the_same
    seen: list[bool] = []
    RunPython(
        lambda apps, _editor: seen.append(
            apps.get_model("custody", "Part")._meta.get_field("of").related_model
            is apps.get_model("custody", "Thing")
        )
    ).database_forwards("custody", connection.schema_editor(), state, state)
    assert seen == [True]


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_django_alone_makes_the_same_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(MADE[connection.vendor])
            return sorted(map(repr, cursor.fetchall()))

    ours = made()
    do_as_django_does(monkeypatch)
    with older.empty(tmp_path):
        call_command("migrate", verbosity=0)
        assert made() == ours
