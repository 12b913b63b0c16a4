"""Numbers of unknown sex: a binder may hold them, and a call may ask for one."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from custody.afterwards.report.figures import report
from custody.afterwards.report.words import sections
from custody.binder import contents, refill
from custody.calls import waiting
from custody.handouts.refusals import NoneLeft
from custody.models import Binder, ReserveNumber
from custody.numbers.identities import Sex
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = pytest.mark.one_database("decisions")

TWO = ["11,20000101X803", "12,20000101X811"]


@scene
def with_x(cast: Cast, outage: Outage, real_binder: Binder) -> Binder:
    return scenes.lay_in("Pärm AKM", TWO, training=False)


def test_a_call_gets_one(cast: Cast, with_x: Binder) -> None:
    assert scenes.handed_out(cast, sex="X").number.last_four == "X803"


def test_nobody_gets_one_unasked(cast: Cast, with_x: Binder) -> None:
    given = [scenes.handed_out(cast, sex=sex).number.sex for sex in "KKKKK"]
    assert given == ["K"] * 5
    with pytest.raises(NoneLeft):
        scenes.handed_out(cast)


def test_they_count_as_a_sex_of_their_own(cast: Cast, with_x: Binder) -> None:
    assert contents.stock(training=False).of(Sex.UNKNOWN) == 2
    for _ in TWO:
        scenes.handed_out(cast, sex="X")
    stock = contents.stock(training=False, with_tabs=True)
    assert [(row.label, row.left) for row in stock.rows][-1] == ("Unknown sex", 0)


def test_the_report_counts_them(cast: Cast, with_x: Binder, outage: Outage) -> None:
    for sex in "KXX":
        scenes.handed_out(cast, sex=sex)
    made = report(outage, timezone.now())
    assert (made.given, made.women, made.unknown) == (3, 1, 2)
    assert sections(made)[1].facts[:4] == [
        ("In all", "3"), ("Women", "1"), ("Men", "0"), ("Unknown sex", "2")
    ]  # fmt: skip
    assert sections(made)[2].rows == [("Anestesikliniken / IVA", "1", "0", "2", "3", "3")]


def test_a_binder_without_them_is_not_short_of_them(real_binder: Binder) -> None:
    stock = contents.stock(training=False, with_tabs=True)
    assert [row.sex.value for row in stock.rows] == ["K", "M"]
    assert not stock.out


def test_the_refill_asks_for_them(cast: Cast, with_x: Binder) -> None:
    scenes.handed_out(cast, sex="X")
    wanted = {row.sex: row.tabs for row in refill.refill_of(with_x).wanted}
    assert wanted == {Sex.WOMAN: [], Sex.MAN: [], Sex.UNKNOWN: [11]}


def test_a_binder_without_them_is_not_refilled_with_them(real_binder: Binder) -> None:
    wanted = refill.refill_of(real_binder).wanted
    assert [row.sex for row in wanted] == [Sex.WOMAN, Sex.MAN]


def test_where_none_is_left_the_page_advises_the_likeliest_sex(
    cast: Cast, outage: Outage, real_binder: Binder, sign_in: SignIn
) -> None:
    with pytest.raises(NoneLeft) as none:
        scenes.handed_out(cast, sex="X")
    till: Client = sign_in(cast.tilda)
    page = till.get(none.value.call.get_absolute_url())
    assert "vilket kön som är troligast" in text_of(page)
    patient = none.value.call.patients.get()
    till.post(f"/till/patients/{patient.pk}/serve/", {"sex": "K", "other_sex_reason": "long hair"})
    handout = waiting.handouts_of(none.value.call).get()
    assert (handout.number.sex, handout.other_sex_reason) == ("K", "long hair")


@pytest.mark.parametrize(("value", "sex"), [("20000101X829", "K"), ("20000101K163", "X")])
def test_the_database_compares_letter_and_sex(with_x: Binder, value: str, sex: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ReserveNumber.objects.create(binder=with_x, tab=20, value=value, sex=sex, training=False)
