"""An act is one transaction, and gives one answer, however often or at once it is asked for."""

from uuid import uuid4

import pytest
from django.db import IntegrityError

from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.refused import KeyReused
from befreg_reserv.people.models import Clinic

pytestmark = pytest.mark.django_db


def make(key: str) -> Done[Clinic]:
    return Done(Clinic.objects.create(name=key, key=key))


def standing(key: str) -> Clinic | None:
    return Clinic.objects.filter(key=key).first()


def elsewhere(_key: str) -> Clinic | None:
    return None


def test_what_fails_midway_leaves_nothing() -> None:
    @act
    def fails(key: str) -> Done[Clinic]:
        make(key)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fails("ane")
    assert standing("ane") is None


def test_the_second_of_two_at_the_same_moment_gets_the_row_of_the_first() -> None:
    first, second = (act(on_conflict=standing)(make)("ane") for _try in range(2))
    assert (first.new, second.new) == (True, False)
    assert first.row == second.row == Clinic.objects.get(key="ane")


def test_without_on_conflict_the_database_refuses_the_second() -> None:
    act(make)("ane")
    with pytest.raises(IntegrityError):
        act(make)("ane")


def test_another_fault_of_the_database_goes_on() -> None:
    act(make)("ane")
    with pytest.raises(IntegrityError):
        act(on_conflict=elsewhere)(make)("ane")


@pytest.mark.parametrize("by_name", [True, False])
def test_it_is_asked_however_the_act_was_called(*, by_name: bool) -> None:
    act(make)("ane")
    again = act(on_conflict=elsewhere)(make)
    with pytest.raises(IntegrityError):
        again(key="ane") if by_name else again("ane")


class Row:
    """A row that keeps its form's key."""

    drill = True

    def __init__(self) -> None:
        self.request_key = uuid4()


def test_the_same_form_finds_its_row() -> None:
    rows = [Row(), Row()]
    assert answered(rows, rows[1].request_key, lambda _row: True) is rows[1]
    assert answered(rows, uuid4(), lambda _row: True) is None


def test_the_same_key_with_other_content_is_refused() -> None:
    row = Row()
    with pytest.raises(KeyReused) as refused:
        answered([row], row.request_key, lambda _row: False)
    assert (refused.value.about, refused.value.drill) == (row, True)
