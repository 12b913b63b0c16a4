"""An upgrade leaves exactly the triggers that the code names, and none is ever off meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor
from django.db.models import CharField
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.audit import triggers
from befreg_reserv.audit.triggers import Trigger
from befreg_reserv.sqlite.base import DatabaseWrapper
from custody.afterwards.report import calls as report_calls
from custody.models import Call, Handout, ReserveNumber
from outage.models import Outage, Reading, Tick
from tests.ground import emptying, older

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "outage_reading_no_delete"
RULE = triggers._registered[NAME]
REMADE, BEYOND = ("custody", "0009"), ("custody", "0010")  # between, sign-offs' table is remade
ON_ITS_TABLE = " ON custody_handoutstep" if connection.vendor == "postgresql" else ""
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL's")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite remakes tables")


@pytest.fixture
def before(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """The older database."""
    with older.database(tmp_path):
        yield


@pytest.fixture
def upgraded(transactional_db: None, tmp_path: Path, folder_of_run: Path) -> Iterator[None]:
    """The older database after its upgrade."""
    with older.upgraded(tmp_path, folder_of_run):
        yield


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Trigger]:
    """Let a test name other rules than the code does."""
    named = dict(triggers._registered)
    monkeypatch.setattr(triggers, "_registered", named)
    return named


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def migrate(*where: str) -> str:
    out = StringIO()
    call_command("migrate", *where, stdout=out)
    return out.getvalue()


def wrong() -> list[str]:
    tables = connection.introspection.table_names()  # an upgrade may not have made some yet
    return [str(fault) for fault in triggers.faults(connection) if fault.table in tables]


def readings_can_be_deleted() -> bool:
    return Reading.objects.all().delete()[0] > 0


# --- the database of the commit before ----------------------------------------------------------


def checked() -> str:
    out = StringIO()
    with suppress(SystemExit):
        call_command("check_custody", stdout=out, stderr=StringIO())
    return out.getvalue()


def test_with_every_kind_of_row_it_is_whole_after_the_upgrade_and_hands_out(
    upgraded: None, tmp_path: Path
) -> None:
    with older.database(tmp_path):
        before = emptying.rows()
        assert set(before) == set(connection.introspection.table_names())
    after = emptying.rows()
    assert [table for table, count in before.items() if after.get(table, 0) < count] == []
    assert Handout.objects.get(pk=older.hand_out().pk).number.taken_at
    assert "All well" in checked()
    loaded = ReserveNumber.objects.filter(laid_in_at__isnull=False)
    assert set(loaded.values_list("lain_since", flat=True)) == {
        number.laid_in_at for number in loaded
    }


KEPT = ("custody_handout", "custody_mergenotice", "custody_handoutstep")


def contents(columns: dict[str, list[str]]) -> dict[str, list[tuple[Any, ...]]]:
    """Return what these columns hold, row by row."""
    held = {}
    with connection.cursor() as cursor:
        for table, names in columns.items():
            quoted = ", ".join(connection.ops.quote_name(name) for name in names)
            cursor.execute(f"SELECT {quoted} FROM {table} ORDER BY id")  # noqa: S608  our own names
            held[table] = cursor.fetchall()
    return held


def test_every_handout_notice_and_step_is_kept_as_it_was_written(
    upgraded: None, tmp_path: Path
) -> None:
    with older.database(tmp_path), connection.cursor() as cursor:
        columns = {
            table: [
                field.name
                for field in connection.introspection.get_table_description(cursor, table)
            ]
            for table in KEPT
        }
        before = contents(columns)
    assert all(before.values())
    assert contents(columns) == before


def test_calls_made_for_old_handouts_invent_nothing(upgraded: None) -> None:
    handouts = Handout.objects.select_related("patient__call", "number", "outage").order_by("pk")
    assert Call.objects.count() == handouts.filter(instead_of=None).count()
    for handout in handouts:
        call, patient = handout.patient.call, handout.patient
        assert patient.handouts.earliest("pk").request_key == call.request_key
        assert (call.outage_id, call.ward_id) == (handout.outage_id, handout.ward_id)
        assert (call.drill, call.late) == (handout.outage.drill, handout.late)
        assert handout.instead_of_id or call.begun_at == handout.called_at
        assert (patient.age_group, patient.place, call.caller_name) == ("", "", "")
        assert (patient.state, patient.waiting_since, patient.reason) == ("served", None, "")


def test_nobody_waits_after_the_upgrade_and_the_report_says_so(upgraded: None) -> None:
    for outage in Outage.objects.all():
        made = report_calls.figures(outage)
        assert (made.never_met, made.served.known) == (0, 0)
        assert made.calls == made.patients == made.at_once


# --- a rule that is removed, renamed, changed ---------------------------------------------------


def test_a_removed_rule_is_named_and_dropped(upgraded: None, rules: dict[str, Trigger]) -> None:
    del rules[NAME]
    assert wrong() == [f"{NAME} extra"]
    assert f"set right: {NAME} extra" in migrate()
    assert wrong() == []
    assert readings_can_be_deleted()


def test_before_it_stayed_for_ever(upgraded: None, rules: dict[str, Trigger]) -> None:
    del rules[NAME]
    for rule in rules.values():  # what an upgrade did
        if rule.fits(connection.vendor):
            run(*rule.create(connection.vendor))
    assert wrong() == [f"{NAME} extra"]
    with pytest.raises(IntegrityError):
        readings_can_be_deleted()


def test_a_renamed_rule_goes_by_its_new_name_alone(
    upgraded: None, rules: dict[str, Trigger]
) -> None:
    rules[f"{NAME}_ever"] = replace(rules.pop(NAME), name=f"{NAME}_ever")
    assert wrong() == [f"{NAME} extra", f"{NAME}_ever missing"]
    migrate()
    assert wrong() == []
    with pytest.raises(IntegrityError):
        readings_can_be_deleted()


@pytest.mark.parametrize(
    "changes", [{"message": "never"}, {"condition": "OLD.id > 0"}, {"event": "UPDATE"}]
)
def test_a_changed_rule_is_replaced(
    upgraded: None, rules: dict[str, Trigger], changes: dict[str, Any]
) -> None:
    rules[NAME] = replace(RULE, **changes)
    assert wrong() == [f"{NAME} different"]
    assert f"{NAME} different" in migrate()
    assert wrong() == []


def test_a_rule_that_moved_to_another_table(upgraded: None, rules: dict[str, Trigger]) -> None:
    run(*RULE.drop(connection.vendor))
    run(*replace(RULE, table="outage_tick").create(connection.vendor))
    assert wrong() == [f"{NAME} extra", f"{NAME} missing"]
    migrate()
    assert wrong() == []


def test_what_is_right_is_left_alone(upgraded: None) -> None:
    with CaptureQueriesContext(connection) as said:
        assert triggers.install(connection) == []
    assert not [query for query in said if " TRIGGER " in query["sql"] and "DROP" in query["sql"]]


def test_ready_and_check_custody_say_what_is_wrong_with_which(
    upgraded: None, client: Client, rules: dict[str, Trigger]
) -> None:
    tick = "outage_tick_no_update"
    rules[f"{NAME}_ever"] = replace(rules.pop(NAME), name=f"{NAME}_ever")
    rules[tick] = replace(rules[tick], message="never")
    words = f"{NAME} extra, {NAME}_ever missing, {tick} different"
    assert client.get("/ready").json()["failing"] == {"triggers": words}
    for line in words.replace(" ", " is ").split(", is "):
        assert f"trigger {line}: run" in checked()


# --- somebody else's trigger --------------------------------------------------------------------


def strangers(when: str, name: str) -> list[str]:
    """Return statements that make a trigger as a replication's own, or worse, would be."""
    head = f"CREATE TRIGGER {name} {when} INSERT ON custody_handoutstep FOR EACH ROW"
    if connection.vendor == "sqlite":
        return [f"{head} BEGIN SELECT 1; END"]
    body = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
    return [f"CREATE FUNCTION theirs() {body}", f"{head} EXECUTE FUNCTION theirs()"]


def test_one_that_copies_what_is_written_is_left_alone(upgraded: None) -> None:
    run(*strangers("AFTER", "copy_to_the_replica"))
    assert wrong() == []
    assert "set right: none" in migrate()
    run("DROP TRIGGER copy_to_the_replica" + ON_ITS_TABLE)


@pytest.mark.parametrize(
    ("when", "name"), [("BEFORE", "swallow"), ("AFTER", "custody_handoutstep_no_delete_any_more")]
)
def test_one_that_may_swallow_a_row_or_has_a_name_of_ours_is_not(
    upgraded: None, when: str, name: str
) -> None:
    run(*strangers(when, name))
    assert wrong() == [f"{name} extra"]
    migrate()
    assert wrong() == []


@on_postgresql
def test_a_function_of_somebody_elses_stays_with_their_other_triggers(upgraded: None) -> None:
    run(
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER stamp BEFORE INSERT ON custody_handoutstep"
        " FOR EACH ROW EXECUTE FUNCTION stamp()",
        "CREATE TRIGGER stamp BEFORE INSERT ON outage_reading"
        " FOR EACH ROW EXECUTE FUNCTION stamp()",
    )
    assert wrong() == ["stamp extra", "stamp extra"]
    migrate()
    assert wrong() == []
    run("DROP FUNCTION stamp()")


# --- switched off -------------------------------------------------------------------------------


@on_postgresql
@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
def test_one_that_does_not_fire_is_named_and_switched_on(upgraded: None, how: str) -> None:
    run(f"ALTER TABLE {RULE.table} {how} {NAME}")
    assert wrong() == [f"{NAME} disabled"]
    assert readings_can_be_deleted()
    migrate()
    assert wrong() == []


@on_postgresql
def test_a_session_that_says_that_it_is_a_replica_has_none(upgraded: None) -> None:
    run("SET session_replication_role = replica")
    assert f"{NAME} disabled" in wrong()
    run("RESET session_replication_role")
    assert wrong() == []


@on_postgresql
def test_one_that_fires_always_does_so_when_it_was_replaced(
    upgraded: None, rules: dict[str, Trigger]
) -> None:
    run(f"ALTER TABLE {RULE.table} ENABLE ALWAYS TRIGGER {NAME}")
    assert wrong() == []
    rules[NAME] = replace(RULE, message="never")
    migrate()
    run("SET session_replication_role = replica")
    assert f"{NAME} disabled" not in wrong()
    run("RESET session_replication_role")


# --- no moment without them ---------------------------------------------------------------------


def change_all(rules: dict[str, Trigger]) -> None:
    """Change every rule of sign-offs, so that an upgrade replaces, renames and drops them."""
    for name, rule in list(rules.items()):
        if rule.table == "custody_signoff":
            rules[f"{name}_ever"] = replace(rules.pop(name), name=f"{name}_ever")


def test_nobody_deletes_history_while_it_is_upgraded(
    upgraded: None, rules: dict[str, Trigger], folder_of_run: Path
) -> None:
    change_all(rules)
    with older.a_client_that_deletes() as later:
        migrate()
    for tried in (older.tried_meanwhile(folder_of_run), later):
        assert tried["refused"] > 1
        assert set(tried) <= {"refused", "locked"}
    assert wrong() == []


def test_if_they_were_taken_off_and_put_back_somebody_would(
    upgraded: None, rules: dict[str, Trigger]
) -> None:
    for name in [name for name, rule in rules.items() if rule.table != "custody_signoff"]:
        del rules[name]  # of a thousand statements it would be tried before each
    with older.a_client_that_deletes() as seen:
        triggers.remove(connection)
        triggers.install(connection)
    assert seen["deleted"]


@on_sqlite
def test_if_remaking_a_table_lost_them_somebody_would(
    before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DatabaseWrapper, "SchemaEditorClass", DatabaseSchemaEditor)
    migrate(*REMADE)
    triggers.remove(connection)  # but for one, or Django could remake no table at all
    run(*triggers._registered["custody_signoff_no_delete"].create("sqlite"))
    with older.a_client_that_deletes() as seen:
        migrate(*BEYOND)
    assert seen["refused"]
    assert seen["deleted"]


@pytest.mark.usefixtures("before")
def test_an_upgrade_that_fails_half_way_leaves_them() -> None:
    def fail(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "never_read_back" in sql:
            raise RuntimeError
        return execute(sql, *rest)

    before = wrong()
    with connection.execute_wrapper(fail), pytest.raises(RuntimeError):
        migrate(*REMADE)
    assert wrong() == before


@on_sqlite
def test_a_rule_that_an_upgrade_has_made_wrong_stops_no_later_renaming(upgraded: None) -> None:
    outdated = replace(RULE, name="outage_reading_wrong", condition="OLD.gone > 0")
    run(*outdated.create("sqlite"))
    text, renamed = Handout._meta.get_field("callback"), CharField(max_length=40)
    renamed.set_attributes_from_name("telephone")
    with connection.schema_editor() as editor:
        editor.alter_field(Handout, text, renamed)
        editor.alter_db_table(Tick, "outage_tick", "outage_mark")
    assert "outage_reading_wrong extra" in wrong()
    with connection.schema_editor() as editor:
        editor.alter_field(Handout, renamed, text)
        editor.alter_db_table(Tick, "outage_mark", "outage_tick")
    with pytest.raises(OperationalError, match="no such column"):
        readings_can_be_deleted()
    migrate()
    assert wrong() == []
