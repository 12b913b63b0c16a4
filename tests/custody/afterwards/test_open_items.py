"""What is open of an outage: every kind with its owner and age, as far as the person may see it."""

from datetime import timedelta

from django.test import Client

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.afterwards import open_items
from custody.afterwards.open_items import OpenItem
from custody.models import Binder, Handout
from custody.planned import prepared
from outage import lifecycle
from outage.models import Outage
from outage.plans import planning
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of

IVA = "Anestesikliniken / IVA"


@scene
def after(cast: Cast, real_binder: Binder) -> Outage:
    """A planned outage, ended, of which one item of every kind is open."""
    plan = scenes.planned(cast)
    prepared.enter(plan, cast.iva, scenes.REAL_MAN, scenes.now(cast.adele))
    outage, _new = planning.start(plan.pk, scenes.now(cast.tilda))
    handout = scenes.handed_out(cast, ward=cast.eye, caller="vidar")
    scenes.treated_without(cast, outage)
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    scenes.miscounted(cast, handout, "191212121212")
    return ended


def listed(outage: Outage, who: User) -> list[OpenItem]:
    return list(open_items.open_items(outage, who, None, 10))


def test_every_kind_has_its_owner(after: Outage, cast: Cast) -> None:
    assert {(str(item.what), item.owner) for item in listed(after, cast.adele)} == {
        ("Prepared number, not marked", IVA),
        ("Handed out", "Ögonkliniken / Ögonmottagning"),
        ("Patient to register afterwards", IVA),
        ("Sheet missing", "The administrator"),
        ("Sheet too many", "The administrator"),
        ("A sheet that doesn't belong there", "The administrator"),
    }


def test_what_has_waited_longest_stands_first(after: Outage, cast: Cast) -> None:
    since = [item.since for item in listed(after, cast.adele)]
    assert since == sorted(since)
    assert since[0] == after.started_at


def test_a_ward_sees_its_own_and_nothing_of_counts(after: Outage, cast: Cast) -> None:
    assert [str(item.what) for item in listed(after, cast.wilma)] == [
        "Prepared number, not marked",
        "Patient to register afterwards",
    ]
    assert [item.what for item in listed(after, cast.vidar)] == ["Handed out"]


def test_nothing_of_another_outage(after: Outage, cast: Cast) -> None:
    other = scenes.begin(cast.tilda, ago=timedelta())
    scenes.handed_out(cast)
    assert [item.what for item in listed(other, cast.adele)] == ["Handed out"]
    assert len(listed(after, cast.adele)) == 6


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.filter(pk=cast.adele.pk).update(language="en")
    return sign_in(cast.adele)


def test_the_outages_page_leads_to_all_of_its_own(adele: Client, after: Outage) -> None:
    page = adele.get(after.get_absolute_url())
    assert f'href="{after.get_absolute_url()}open/"' in page.content.decode()
    assert "6 items are open" in text_of(page)
    told = text_of(adele.get(f"{after.get_absolute_url()}open/"))
    assert told.count("The administrator") == 3
    assert "Sal 3, säng 2" in told


def test_each_number_that_stands_there_is_logged(adele: Client, cast: Cast, after: Outage) -> None:
    adele.get(f"{after.get_absolute_url()}open/")
    shown = LogEntry.objects.filter(act="access", actor=cast.adele).values_list("number", flat=True)
    given = Handout.objects.get().number.value
    assert sorted(shown) == sorted([scenes.REAL_MAN, given, given, scenes.REAL[1], "191212121212"])


def test_an_outage_with_nothing_open_says_so(adele: Client, outage: Outage) -> None:
    told = text_of(adele.get(f"{outage.get_absolute_url()}open/"))
    assert "Nothing is open." in told
