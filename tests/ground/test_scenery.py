"""Scenery that is put back is the scenery that the acts built."""

import re

import pytest
from django.db import connection, transaction

from custody.checks.consistency import findings
from custody.models import Binder, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast, person
from tests.ground import emptying, scenery
from tests.ground.scenery import ACTS, STAGE

# Unusable passwords, keys of forms, times, and other keys.
CHANCE = re.compile(r"!\w{40}|[0-9a-f-]{32,}|\d+")


def everything() -> dict[str, list[str]]:
    """Return all rows, but for what chance and time make of them."""
    with connection.cursor() as cursor:
        rows = {}
        for table in sorted(emptying.rows()):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows[table] = sorted(CHANCE.sub("#", repr(row)) for row in cursor.fetchall())
    return rows


def test_its_rows_are_those_of_the_acts(db: None) -> None:
    STAGE.refresh()
    with transaction.atomic():
        STAGE.clear()
        for act in ACTS:
            STAGE.laid[act.__name__] = act(STAGE.laid)
        built = everything()
        transaction.set_rollback(True)
    STAGE.clear()
    for act in ACTS:
        STAGE.lay(act)
    assert everything() == built


def test_its_objects_refer_to_each_other(
    cast: Cast, real_binder: Binder, outage: Outage, handout: Handout
) -> None:
    assert handout.recorded_by is cast.tilda
    assert (handout.ward, handout.number.binder, handout.outage) == (cast.iva, real_binder, outage)
    assert Handout.objects.get() == handout
    assert not list(findings())


def test_keys_go_on_after_its_own(cast: Cast) -> None:
    assert person("newcomer").pk > cast.noone.pk


def test_it_is_put_back_and_not_built(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "begin", None)
    assert STAGE.lay(scenery.outage).ongoing


def test_a_test_that_has_written_gets_it_built(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    person("newcomer")
    monkeypatch.setattr(scenes, "begin", lambda *_args, **_options: "built")
    built: object = STAGE.lay(scenery.outage)
    assert built == "built"


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_gets_it_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenery, "assemble", lambda: "built")
    built: object = STAGE.lay(scenery.cast)
    assert built == "built"


def test_building_it_leaves_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = emptying.rows()
    monkeypatch.setattr(STAGE, "_built_at", -scenery.LASTS_SECONDS)
    STAGE.refresh()
    assert emptying.rows() == before
