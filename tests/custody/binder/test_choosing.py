"""Of the numbers that lie in the binder, the one hardest to mishear for those in use is given."""

import pytest

from custody.calls import taking
from custody.handouts import closing, missing_sheet
from custody.models import Binder
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.scenes import call, now


@pytest.fixture
def ready(cast: Cast, real_binder: Binder, outage: Outage) -> Cast:
    return cast


def given(cast: Cast, sexes: str) -> list[str]:
    return [scenes.handed_out(cast, sex=sex).number.last_four for sex in sexes]


def test_the_second_is_far_from_the_first(ready: Cast) -> None:
    assert given(ready, "KK") == ["K064", "K106"]


def test_also_from_one_of_the_other_sex(ready: Cast) -> None:
    assert given(ready, "KM") == ["K064", "M136"]


def test_all_are_given_in_the_end(ready: Cast) -> None:
    assert sorted(given(ready, "KMKMKMKMKM")) == sorted(scenes.TAILS)


def test_patients_of_one_call_count_for_each_other(ready: Cast) -> None:
    handouts = taking.take(call(ready, sex="KMK"), now(ready.tilda)).row.handouts
    at_once = [handout.number.last_four for handout in handouts]
    assert at_once == ["K064", "M136", "K148"]


def test_what_is_closed_is_not_in_use(ready: Cast) -> None:
    first = scenes.handed_out(ready)
    closing.void(first.pk, now(ready.wilma), reason="not needed")
    assert given(ready, "K") == ["K080"]


def test_the_number_after_a_missing_sheet_is_far_from_it(ready: Cast) -> None:
    first = scenes.handed_out(ready)
    assert missing_sheet.give_next(first.pk, now(ready.tilda)).row.number.last_four == "K106"


def test_another_birth_date_is_not_mistaken(ready: Cast) -> None:
    given(ready, "KKKKK")
    scenes.lay_in("Pärm 2", ["1,20000102K063", "2,20000102K089"], training=False)
    assert given(ready, "K") == ["K063"]


def test_a_binder_is_emptied_before_the_next(ready: Cast) -> None:
    scenes.lay_in("Pärm 2", ["1,20000102K063"], training=False)
    handouts = taking.take(call(ready, sex="KKKKKK"), now(ready.tilda)).row.handouts
    assert [handout.number.binder.name for handout in handouts] == ["Pärm AKM"] * 5 + ["Pärm 2"]
