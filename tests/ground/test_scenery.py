"""Scenery that is put back is the scenery that the acts built."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from custody.checks.consistency import findings
from custody.models import Binder, Handout
from outage.models import Outage
from tests import everywhere, scenes
from tests.cast import Cast, assemble, person
from tests.conftest import SignIn
from tests.ground import emptying, scenery
from tests.ground.scenery import STAGE, scene
from tests.races.together import race


def everything() -> dict[str, list[Any]]:
    """Return all rows."""
    with connection.cursor() as cursor:
        rows = {}
        for table in sorted(emptying.rows()):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows[table] = sorted(map(repr, cursor.fetchall()))
    return rows


@contextmanager
def rolled_back(*, keeps: bool = True) -> Iterator[None]:
    """Do what a test in a transaction does, after what the test around it has laid."""
    with transaction.atomic():
        STAGE.clear(keeps=keeps)
        yield
        transaction.set_rollback(True)


def counted(act: Callable[[], object]) -> tuple[Callable[[], object], list[int]]:
    """Return an act, and what grows each time when it is done."""
    done: list[int] = []

    def counts() -> object:
        done.append(1)
        return act()

    return counts, done


def newcomer() -> User:
    return person("newcomer", Role.TILL)


def test_its_rows_are_those_of_the_acts(db: None) -> None:
    act, done = counted(lambda: everywhere.laid_out(assemble()))
    seen = []
    for _ in range(2):
        with rolled_back():
            returned = STAGE.lay(act)
            seen.append((returned, everything()))
            assert not list(findings())
    assert seen[0] == seen[1]
    assert len(done) == 1


def test_its_objects_refer_to_each_other(
    cast: Cast, real_binder: Binder, outage: Outage, handout: Handout
) -> None:
    assert handout.recorded_by is cast.tilda
    assert (handout.ward, handout.number.binder, handout.outage) == (cast.iva, real_binder, outage)
    assert Handout.objects.get() == handout
    assert not list(findings())


def test_keys_go_on_after_its_own(cast: Cast) -> None:
    assert person("newcomer").pk > cast.noone.pk


def test_what_one_did_to_another_is_done_again(db: None) -> None:
    def rename(user: User) -> None:
        user.language = "en"
        user.save()

    for _ in range(2):
        with rolled_back():
            user = STAGE.lay(newcomer)
            STAGE.lay(rename, user)
            assert user.language == User.objects.get().language == "en"


def test_a_client_is_signed_in_again(db: None) -> None:
    def signed_in(user: User) -> Client:
        client = SignIn()(user)
        client.get("/")
        return client

    for _ in range(2):
        with rolled_back():
            assert STAGE.lay(signed_in, STAGE.lay(newcomer)).get("/outage/").status_code == 200


@pytest.mark.parametrize("drill", [False, True])
def test_one_with_other_options_is_another(db: None, drill: bool) -> None:
    for _ in range(2):
        with rolled_back():
            assert STAGE.lay(scenes.begin, STAGE.lay(assemble).tilda, drill=drill).drill is drill


def test_a_test_that_has_written_gets_it_built(db: None) -> None:
    act, done = counted(newcomer)
    for vgr_id in ("anna", "bo"):
        with rolled_back():
            person(vgr_id)
            STAGE.lay(act)
    assert len(done) == 2


def test_a_test_that_commits_gets_it_built(db: None) -> None:
    act, done = counted(newcomer)
    for keeps in (True, False):
        with rolled_back(keeps=keeps):
            STAGE.lay(act)
    assert len(done) == 2


def test_what_is_old_is_built_anew(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenery, "LASTS_SECONDS", 0)
    act, done = counted(newcomer)
    for _ in range(2):
        with rolled_back():
            STAGE.lay(act)
    assert len(done) == 2


@pytest.mark.django_db(transaction=True)
def test_it_is_whole_on_another_connection_of_the_process() -> None:
    """As every test has it after the first in a browser; here it is a thread's."""

    def twice() -> list[bool]:
        seen = []
        for _ in range(2):
            with rolled_back():
                seen.append(STAGE.lay(newcomer) in User.objects.all())
        return seen

    assert race(twice) == [[True, True]]


def test_an_act_that_no_watch_sees_is_not_kept(db: None) -> None:
    def taken_off() -> None:
        connection.execute_wrappers.remove(STAGE._watch)
        newcomer()

    def past_it() -> None:
        with connection.cursor() as cursor:
            cursor.cursor.execute("UPDATE outage_drilltargets SET close_out_minutes = 7")

    for act, words in ((taken_off, "out of turn"), (past_it, r"seen all .*'outage_drilltargets'")):
        with rolled_back(), pytest.raises(AssertionError, match=words):
            STAGE.lay(act)


def test_what_is_given_something_else_is_built(cast: Cast) -> None:
    done: list[User] = []
    for _ in range(2):
        with rolled_back():
            STAGE.lay(done.append, person("stranger"))
    assert len(done) == 2


@pytest.fixture
def _renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everywhere, "ROOT", "somebody else")


@scene
def root(db: None) -> User:
    return person(everywhere.ROOT)


@pytest.mark.usefixtures("_renamed")
def test_no_other_fixture_has_a_hand_in_it(root: User) -> None:
    assert (everywhere.ROOT, root.username) == ("somebody else", "root1")


CAME: list[str] = []


@pytest.fixture
def first() -> None:
    CAME.append("first")


@pytest.fixture
def ward() -> None:
    CAME.append("ward")


scenery.SCENES["ward"] = None  # as if a scene of another room had this name


def test_a_fixture_with_the_name_of_a_scene_comes_in_its_turn(
    db: None, first: None, ward: None
) -> None:
    assert CAME == ["first", "ward"]
