"""How many statements a request costs, and that no page's count grows with its rows."""

from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from befreg_reserv.people.models import User
from custody.handouts import closing
from custody.models import Binder, Handout, ReserveNumber
from custody.numbers.identities import check_digit
from outage.models import Outage
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import statements

# What POST /till/hand-out/ runs, session and sign-in included:
#  1 the session                         9 insert the call
#  2 the person, with the rights        10 insert its patients
#  3 the ward, with its clinic          11 insert the handouts
#  4 BEGIN                              12 insert their steps
#  5 the outage, locked                 13 take the numbers out of the binder
#  6 a handout of a like call           14 the log's entries
#  7 who waits, and a call of this key  15 COMMIT
#  8 what lies in the binder and what is in use, locked
# PostgreSQL is also asked for the keys of the rows, so that 9 to 14 go there together.
EXPECTED = {"sqlite": 15, "postgresql": 16}[connection.vendor]


def form_of(cast: Cast, outage: Outage) -> dict[str, Any]:
    return {
        "outage": str(outage.pk),
        "sex": "K",
        "caller": "wilma",
        "ward": str(cast.iva),
        "callback": "",
        "request_key": str(uuid4()),
        "other_than": str(scenes.ANOTHER_PATIENT),
    }


def fill(count: int) -> None:
    """Lay ``count`` women's numbers in binders, of as many birth dates as that takes."""
    day = timezone.localdate() - timedelta(days=20_000)
    while count > 0:
        day += timedelta(days=1)
        binder = Binder.objects.create(name=str(day), training=False, birth_date=day)
        stems = [f"{day:%Y%m%d}K{serial:02}" for serial in range(6, 80, 2)][:count]
        ReserveNumber.objects.bulk_create(
            ReserveNumber(
                binder=binder, tab=tab, value=stem + check_digit(stem), sex="K", training=False
            )
            for tab, stem in enumerate(stems, 1)
        )
        count -= len(stems)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pool", [10, 1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_a_handout_costs_the_same_whatever_the_pool(sign_in: SignIn, pool: int) -> None:
    cast = casting.assemble()
    outage = scenes.begin(cast.tilda)
    fill(pool)
    client = sign_in(cast.tilda)
    client.post("/till/hand-out/", form_of(cast, outage))  # content types are read once
    assert statements(client, "/till/hand-out/", form_of(cast, outage)) == EXPECTED
    without = form_of(cast, outage) | {"outage": ""}
    assert statements(client, "/till/hand-out/", without) == EXPECTED


@pytest.mark.django_db(transaction=True)
def test_a_further_patient_costs_hardly_more(sign_in: SignIn) -> None:
    cast = casting.assemble()
    outage = scenes.begin(cast.tilda)
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    client = sign_in(cast.tilda)
    client.post("/till/hand-out/", form_of(cast, outage))
    found = {
        sexes: statements(client, "/till/hand-out/", form_of(cast, outage) | {"sex": [*sexes]})
        for sexes in ("K", "KM", "KMM")
    }
    assert found == {"K": EXPECTED, "KM": EXPECTED + 1, "KMM": EXPECTED + 1}


PAGES: dict[str, tuple[str, str]] = {
    "till": ("tilda", "/till/"),
    "ward": ("wilma", "/ward/"),
    "ward of all": ("adele", "/ward/"),
    "done": ("wilma", "/ward/done/"),
    "binder": ("adele", "/binder/"),
    "outages": ("wilma", "/outage/"),
}


@cache
def costs(*, voided: bool) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many statements each page takes with one handout, and with 31; leave no trace."""
    with transaction.atomic():
        cast = casting.assemble()
        scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
        scenes.begin(cast.tilda)
        first = scenes.handed_out(cast)
        if voided:
            Handout.objects.update(state="voided")
        costs_of_pages()  # content types are read once
        few = costs_of_pages()
        fill(40)
        for _ in range(30):
            scenes.handed_out(cast)
        if voided:
            Handout.objects.exclude(pk=first.pk).update(state="voided")
        costs_of_pages()  # the board notes once what it has shown
        many = costs_of_pages()
        transaction.set_rollback(True)
    return few, many


def costs_of_pages() -> dict[str, int]:
    clients = {user: SignIn()(User.objects.get(username=user)) for user, _url in PAGES.values()}
    return {name: statements(clients[user], url) for name, (user, url) in PAGES.items()}


@pytest.mark.one_database("statements")
@pytest.mark.parametrize("name", PAGES)
def test_no_page_grows_with_its_rows(db: None, name: str) -> None:
    few, many = costs(voided=name == "done")
    assert many[name] == few[name]


@pytest.mark.one_database("statements")
@pytest.mark.parametrize("url", ["/till/handouts/{}/", "/ward/handouts/{}/"])
def test_a_handouts_page_costs_the_same_with_a_long_history(
    cast: Cast, handout: Handout, sign_in: SignIn, url: str
) -> None:
    client = sign_in(cast.adele)
    address = url.format(handout.pk)
    client.get(address)
    few = statements(client, address)
    for _ in range(5):
        handouts_back_and_forth(cast, handout)
    assert statements(client, address) == few


def handouts_back_and_forth(cast: Cast, handout: Handout) -> None:
    """Add two steps to the history."""
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    closing.withdraw_replacement(handout.pk, scenes.now(cast.wilma), reason="wrong")
