"""The switch list: what is asked for, ticked, taken back, and open again for another number."""

from collections.abc import Collection
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.health import unapplied
from befreg_reserv.people.models import User
from custody.handouts import closing, notices, switches
from custody.handouts.refusals import OtherRealNumber
from custody.models import Handout, SwitchItem, SwitchTick
from tests import scenes
from tests.cast import Cast
from tests.ground.lifting import lifted
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


@pytest.fixture
def replaced(cast: Cast, handout: Handout) -> Handout:
    return scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma)).row


def owed(handout: Handout) -> list[str]:
    return [line.item.name_en for line in switches.lines(handout) if line.is_open]


def tick(by: User, handout: Handout, said: str = "done", items: Collection[str] = ()) -> bool:
    """Give the same answer for all items, or those named."""
    rows = SwitchItem.objects.all()
    answers = {row.pk: said for row in rows if not items or row.name_en in items}
    return switches.answer(handout.pk, handout.real_identity or "", answers, now(by)).new


ALL = ["Wristband", "Blood bank and blood samples", "Laboratory", "Radiology", "Medication chart",
       "Paper record"]  # fmt: skip


def test_it_begins_with_the_real_number(cast: Cast, handout: Handout) -> None:
    assert owed(handout) == []
    done = scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma)).row
    assert owed(done) == ALL


def test_each_is_open_until_ticked_or_said_not_to_apply(cast: Cast, replaced: Handout) -> None:
    tick(cast.wilma, replaced, items=["Wristband"])
    tick(cast.adele, replaced, "not_needed", ["Radiology"])
    assert owed(replaced) == [name for name in ALL if name not in {"Wristband", "Radiology"}]
    said = {(row.item.name_en, row.answer, row.by.username) for row in SwitchTick.objects.all()}
    assert said == {("Wristband", "done", "wilma"), ("Radiology", "not_needed", "adele")}


def test_the_same_again_changes_nothing(cast: Cast, replaced: Handout) -> None:
    assert tick(cast.wilma, replaced)
    assert not tick(cast.adele, replaced)
    assert {row.by.username for row in SwitchTick.objects.all()} == {"wilma"}


@pytest.mark.both_databases
def test_a_wrong_tick_is_taken_back_and_stays_in_the_log(cast: Cast, replaced: Handout) -> None:
    tick(cast.wilma, replaced, items=["Wristband"])
    tick(cast.wilma, replaced, "", ["Wristband"])
    assert "Wristband" in owed(replaced)
    logged = [entry.changes for entry in LogEntry.objects.filter(act="switch").order_by("id")]
    assert logged == [{"ID-bandet": ["open", "done"]}, {"ID-bandet": ["done", "open"]}]


def test_another_real_number_opens_all_again(cast: Cast, replaced: Handout) -> None:
    tick(cast.wilma, replaced)
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="bed 4's")
    other = scenes.replaced(replaced.pk, scenes.REAL_WOMAN_2, now(cast.wilma)).row
    assert owed(other) == ALL


def test_so_does_the_same_one_again(cast: Cast, replaced: Handout) -> None:
    tick(cast.wilma, replaced)
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="bed 4's")
    same = scenes.replaced(replaced.pk, scenes.REAL_WOMAN, now(cast.wilma)).row
    notices.file_notice(same.pk, now(cast.wilma))
    assert owed(same) == ALL
    assert list(switches.closed_but_open(cast.wilma)) == [same]
    assert tick(cast.wilma, same)
    assert (owed(same), list(switches.closed_but_open(cast.wilma))) == ([], [])


def test_a_list_of_another_number_is_refused(cast: Cast, replaced: Handout) -> None:
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="bed 4's")
    with pytest.raises(OtherRealNumber):
        tick(cast.wilma, replaced)
    assert not SwitchTick.objects.exists()


def test_what_came_later_or_is_out_of_use_isnt_asked_for(replaced: Handout) -> None:
    SwitchItem.objects.create(name="Ny", name_en="New", position=1, added_at=timezone.now())
    SwitchItem.objects.filter(name_en="Radiology").update(active=False)
    assert owed(replaced) == [name for name in ALL if name != "Radiology"]


def test_a_closed_one_stays_on_the_wards_list_until_all_is_done(
    cast: Cast, replaced: Handout
) -> None:
    notices.file_notice(replaced.pk, now(cast.wilma))
    assert list(switches.closed_but_open(cast.wilma)) == [replaced]
    assert list(switches.closed_but_open(cast.vidar)) == []
    tick(cast.wilma, replaced)
    assert list(switches.closed_but_open(cast.wilma)) == []


def test_a_tick_taken_back_puts_it_there_again(cast: Cast, replaced: Handout) -> None:
    notices.file_notice(replaced.pk, now(cast.wilma))
    tick(cast.wilma, replaced)
    tick(cast.wilma, replaced, "", ["Laboratory"])
    assert list(switches.closed_but_open(cast.wilma)) == [replaced]


def test_what_is_put_in_use_again_opens_no_list_that_was_done(
    cast: Cast, replaced: Handout
) -> None:
    notices.file_notice(replaced.pk, now(cast.wilma))
    radiology = SwitchItem.objects.filter(name_en="Radiology")
    radiology.update(active=False)
    tick(cast.wilma, replaced, items=[name for name in ALL if name != "Radiology"])
    radiology.update(active=True)
    assert owed(Handout.objects.get()) == []
    assert list(switches.closed_but_open(cast.wilma)) == []


@pytest.mark.both_databases
def test_a_list_that_was_begun_keeps_its_lines_and_no_other_gets_them(
    cast: Cast, replaced: Handout
) -> None:
    radiology = SwitchItem.objects.get(name_en="Radiology")
    switches.change_item(radiology, {"active": False}, now(cast.adele))
    begun_without = scenes.handed_out(cast)
    scenes.replaced(begun_without.pk, scenes.REAL_WOMAN_2, now(cast.wilma))
    others = [name for name in ALL if name != "Radiology"]
    for active in (False, True):
        switches.change_item(radiology, {"active": active}, now(cast.adele))
        assert owed(Handout.objects.get(pk=replaced.pk)) == ALL
        assert owed(Handout.objects.get(pk=begun_without.pk)) == others
    notices.file_notice(replaced.pk, now(cast.wilma))
    tick(cast.wilma, replaced, items=others)
    assert list(switches.closed_but_open(cast.wilma)) == [replaced]
    tick(cast.wilma, replaced, "not_needed", ["Radiology"])
    assert list(switches.closed_but_open(cast.wilma)) == []


def test_a_finished_list_is_not_opened_by_what_goes_out_of_use_and_comes_back(
    cast: Cast, replaced: Handout
) -> None:
    tick(cast.wilma, replaced)
    radiology = SwitchItem.objects.get(name_en="Radiology")
    for active in (False, True):
        switches.change_item(radiology, {"active": active}, now(cast.adele))
    assert owed(Handout.objects.get()) == []
    assert Handout.objects.get().switching_since is None


def test_a_mark_goes_with_the_real_number(cast: Cast, replaced: Handout) -> None:
    tick(cast.wilma, replaced)
    assert Handout.objects.get().switching_since is None
    tick(cast.wilma, replaced, "", ["Wristband"])
    assert Handout.objects.get().switching_since == replaced.replaced_at
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="bed 4's")
    assert Handout.objects.get().switching_since is None


def test_the_database_wants_a_handout_found_while_something_is_left(
    cast: Cast, replaced: Handout
) -> None:
    tick(cast.wilma, replaced, items=["Wristband"])
    tick(cast.wilma, replaced, "", ["Wristband"])
    with pytest.raises(IntegrityError, match="something is left"), transaction.atomic():
        Handout.objects.update(switching_since=None)
    tick(cast.wilma, replaced)
    with pytest.raises(IntegrityError, match="being switched over"), transaction.atomic():
        SwitchTick.objects.update(answer="")
    with pytest.raises(IntegrityError, match="its_real_number"), transaction.atomic():
        Handout.objects.update(switching_since=timezone.now())


def test_the_migration_finds_those_of_which_something_is_left(
    cast: Cast, replaced: Handout
) -> None:
    done = scenes.replaced(scenes.handed_out(cast).pk, scenes.REAL_WOMAN_2, now(cast.wilma)).row
    tick(cast.wilma, done)
    tick(cast.wilma, replaced, items=["Wristband"])
    Handout.objects.update(switching_since=None)
    (name,) = (name for _app, name in unapplied.known() if name.endswith("being_switched_over"))
    migration = import_module(f"custody.migrations.{name}")
    migration.find(apps, connection.schema_editor())
    assert set(Handout.objects.exclude(switching_since=None)) == {replaced}


def row_of(tick: SwitchTick) -> SwitchTick:
    """Return the same tick as a further row."""
    twin = SwitchTick.objects.get(pk=tick.pk)
    twin.pk = None
    return twin


def test_the_database_keeps_one_tick_a_thing(cast: Cast, replaced: Handout) -> None:
    tick(cast.wilma, replaced, items=["Wristband"])
    row = SwitchTick.objects.get()
    with pytest.raises(IntegrityError, match=r"switch_ticked_once|UNIQUE"), transaction.atomic():
        row_of(row).save(force_insert=True)
    with pytest.raises(IntegrityError, match="switch_answer_known"), transaction.atomic():
        SwitchTick.objects.filter(pk=row.pk).update(answer="?")
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        SwitchTick.objects.filter(pk=row.pk).update(identity=scenes.REAL_WOMAN_2)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        SwitchTick.objects.all()._raw_delete("default")


def test_a_tick_is_of_a_real_number(cast: Cast, replaced: Handout) -> None:
    tick(cast.wilma, replaced, items=["Wristband"])
    empty = pytest.raises(IntegrityError, match="switch_of_a_real_number")
    with lifted(), empty, transaction.atomic():
        SwitchTick.objects.update(identity="")


def test_a_thing_has_a_name(replaced: Handout) -> None:
    with pytest.raises(IntegrityError, match="switch_item_has_name"), transaction.atomic():
        SwitchItem.objects.create(name="", position=1)
