"""A number may have names of its own in Befreg; else it has the binder's."""

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from custody.binder.loading import BinderRefused
from custody.binder.refill import refill_of
from custody.models import Binder, ReserveNumber
from custody.numbers import binder_file
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of

HEAD = "tab,number,efternamn,förnamn"
NAMED = [HEAD, "1,20000101K064,Alm,Anna", "2,20000101K080,Berg,", "3,20000101K106,,"]


@pytest.fixture
def binder(cast: Cast) -> Binder:
    return scenes.lay_in("Pärm AKM", NAMED, training=False)


def test_its_own_else_the_binders(binder: Binder) -> None:
    names = [number.name_in_befreg for number in binder.numbers.order_by("tab")]
    assert names == ["Alm, Anna", "Berg, AKM", "Driftstopp, AKM"]


@pytest.mark.parametrize(
    "page", ["/till/handouts/{}/", "/till/handouts/{}/slip/", "/ward/handouts/{}/"]
)
def test_every_page_of_the_number_shows_them(
    cast: Cast, binder: Binder, outage: Outage, sign_in: SignIn, page: str
) -> None:
    handout = scenes.handed_out(cast)
    assert "Alm, Anna" in text_of(sign_in(cast.adele).get(page.format(handout.pk)))


def test_the_refill_shows_them(cast: Cast, binder: Binder, outage: Outage, sign_in: SignIn) -> None:
    scenes.handed_out(cast)
    assert "Alm, Anna" in text_of(sign_in(cast.adele).get(f"/binder/{binder.pk}/refill/"))


def test_the_refill_writes_them_for_the_new_number(cast: Cast) -> None:
    quoted = '1,20000101K064,"Alm, Bo",Anna'
    binder = scenes.lay_in("Pärm AKM", [HEAD, quoted, "2,20000101M078,,"], training=False)
    ReserveNumber.objects.update(taken_at=timezone.now())
    text = refill_of(binder).text
    assert text == 'tab,number,family_name,given_name\n1,,"Alm, Bo",Anna\n2,,,'
    read = binder_file.read(text.replace("1,", "1,20000101K080").encode())
    assert [(row.family_name, row.given_name) for row in read.rows] == [("Alm, Bo", "Anna")]


def test_a_name_that_is_too_long_is_a_fault(cast: Cast) -> None:
    with pytest.raises(BinderRefused, match="60"):
        scenes.lay_in("Pärm", [HEAD, f"1,20000101K064,{'a' * 61},"], training=False)


def test_they_never_change(binder: Binder) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ReserveNumber.objects.update(family_name="Other")
