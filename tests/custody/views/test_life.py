"""The page of a number's life: who may open it, what it answers, and the way there."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from befreg_reserv.audit.models import LogEntry
from custody.afterwards import life
from custody.handouts import closing, correcting
from custody.models import Binder, Handout
from custody.planned import prepared
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.test_life import given_again
from tests.pages import statements, text_of
from tests.scenes import now

FIND = "/numbers/find/"
K064 = "20000101K064"


def path(handout: Handout) -> str:
    return handout.number.get_absolute_url()


def looks(number: str = K064) -> list[tuple[str, str]]:
    """Return who was shown a number and of which unit, in order."""
    found = LogEntry.objects.filter(number=number, act="access").order_by("pk")
    return [(entry.actor.username, entry.unit) for entry in found if entry.actor]


def test_the_number_stands_in_no_address(handout: Handout) -> None:
    assert path(handout) == f"/numbers/{handout.number_id}/"


def test_it_says_that_it_was_given_once(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    page = text_of(sign_in(cast.gunde).get(path(handout)))
    assert "Till en patient, och till ingen annan." in page
    assert "Vem som har fått det" in page
    assert "Inte återläst än" in page  # the outage goes on


def test_it_says_that_two_patients_were_given_it(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    scenes.doubled(cast, handout)
    page = text_of(sign_in(cast.adele).get(path(handout)))
    assert "Det har lämnats ut till 2 patienter." in page
    assert "TVÅ PATIENTER, ETT NUMMER" in page


def test_a_number_that_nobody_has_is_not_taken_for_one_that_was_used(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="recorded twice")
    assert "men ingen patient har det" in text_of(sign_in(cast.adele).get(path(handout)))
    unused = handout.number.binder.numbers.get(value="20000101M078").get_absolute_url()
    assert "aldrig lämnats ut" in text_of(sign_in(cast.adele).get(unused))


def test_a_missed_sheet_may_be_with_somebody(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    quarantined = scenes.miscounted(cast, handout).count.quarantines.get().number
    page = text_of(sign_in(cast.gunde).get(quarantined.get_absolute_url()))
    assert "kan finnas hos någon" in page


def test_a_look_is_logged_with_the_unit(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    again = given_again(cast, handout)
    before = len(looks())
    sign_in(cast.gunde).get(path(again))
    assert looks()[before:] == [("gunde", str(cast.iva)), ("gunde", str(cast.eye))]
    sign_in(cast.wilma).get(path(again))
    assert looks()[before + 2 :] == [("wilma", str(cast.iva))]


def test_a_look_at_a_number_in_the_binder_is_logged_too(
    cast: Cast, sign_in: SignIn, real_binder: Binder
) -> None:
    sign_in(cast.gunde).get(real_binder.numbers.get(value=K064).get_absolute_url())
    assert looks() == [("gunde", "")]


def test_another_ward_finds_no_page(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    assert sign_in(cast.vidar).get(path(handout)).status_code == 404
    assert sign_in(cast.noone).get(path(handout)).status_code == 403
    assert looks() == []


def test_nothing_of_another_ward_is_shown(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    again = given_again(cast, handout)
    page = sign_in(cast.wilma).get(path(again)).text
    assert again.get_absolute_url() not in page
    for word in ("Ögon", "vidar", "I pärmen", "Utlämnat "):
        assert word not in page, word


def test_a_former_ward_sees_what_becomes_of_it(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    correcting.transfer(handout.pk, cast.eye, now(cast.tilda), reason="moved")
    for user in (cast.wilma, cast.vidar):
        assert "moved" in text_of(sign_in(user).get(path(handout)))


def test_who_may_not_read_the_log_is_not_told_who_looked(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    shown = {
        user.username: "Vem som har sett det" in sign_in(user).get(path(handout)).text
        for user in (cast.tilda, cast.wilma, cast.adele, cast.gunde)
    }
    assert shown == {"tilda": False, "wilma": False, "adele": True, "gunde": True}


def test_a_drills_number_says_so(
    cast: Cast, sign_in: SignIn, training_binder: Binder, drill: Outage
) -> None:
    page = sign_in(cast.gunde).get(path(scenes.handed_out(cast, outage_id=drill.pk))).text
    assert "ÖVNING" in page


def test_the_same_persons_other_number_stands_there(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    second = scenes.handed_out(cast)
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    same, why = f"handout-{handout.pk}", "same wristband"
    said: dict[str, Any] = {"same_person": same, "same_reason": why}
    scenes.replaced(second.pk, scenes.REAL_WOMAN, now(cast.wilma), **said)
    page = sign_in(cast.gunde).get(path(handout)).text
    assert second.get_absolute_url() in page


@pytest.mark.one_database("statements")
@pytest.mark.parametrize(("name", "most"), [("adele", 40), ("wilma", 36)])
def test_it_costs_the_same_however_much_has_happened(
    cast: Cast, sign_in: SignIn, handout: Handout, name: str, most: int
) -> None:
    ContentType.objects.get_for_models(*apps.get_models())  # a process reads them once
    client = sign_in(getattr(cast, name))
    few = statements(client, path(handout))
    for _time in range(4):
        closing.undo(handout.pk, now(cast.adele), reason="recorded twice")
        handout = scenes.handed_out(cast)
        scenes.shown(handout)
    many = statements(client, path(handout))
    assert handout.number.handouts.count() == 5
    assert (many, many <= most) == (few, True)


@pytest.mark.both_databases
def test_a_long_life_has_pages(
    cast: Cast, sign_in: SignIn, handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "PAGE_SIZE", 2)
    client = sign_in(cast.gunde)
    client.get(path(handout))
    first, second = (text_of(client.get(f"{path(handout)}?page={page}")) for page in (1, 2))
    assert ("Samtal" in first, "Sida 1 av 2" in first) == (True, True)
    assert "Sida 2 av 2" in second


# --- the way there -------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["K064", "k 06 4", "20000101-K064", "]C120000101K064"])
def test_a_number_leads_to_its_life(
    cast: Cast, sign_in: SignIn, handout: Handout, typed: str
) -> None:
    answer = sign_in(cast.gunde).post(FIND, {"number": typed})
    assert (answer.status_code, answer["Location"]) == (302, path(handout))


def test_of_several_one_is_chosen(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    answer = sign_in(cast.gunde).post(FIND, {"number": "20000101K"})
    assert answer.status_code == 200
    assert answer.text.count('href="/numbers/') == 5
    checked = LogEntry.objects.filter(act="number_checked", actor=cast.gunde)
    assert checked.count() == 5


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("064", "minst de fyra sista"), (",;-", "minst de fyra sista"), ("X999", "Ingen pärm"),
     ("", "Skriv hela numret, eller"),
     (scenes.REAL_MAN, "förberett för")],
)  # fmt: skip
def test_what_leads_nowhere_says_why(
    cast: Cast, sign_in: SignIn, real_binder: Binder, typed: str, answer: str
) -> None:
    plan = scenes.planned(cast)
    prepared.enter(plan, cast.iva, scenes.REAL_MAN, now(cast.adele))
    page = sign_in(cast.gunde).post(FIND, {"number": typed})
    assert (page.status_code, answer in text_of(page)) == (400, True)
    told = LogEntry.objects.filter(act="number_checked", number=scenes.REAL_MAN)
    assert told.exists() is (typed == scenes.REAL_MAN)


@pytest.mark.parametrize(
    ("name", "address"),
    [("adele", "/binder/"), ("gunde", "/audit/"), ("tilda", FIND), ("wilma", "/ward/")],
)
def test_pages_ask_for_a_number(
    cast: Cast, sign_in: SignIn, handout: Handout, name: str, address: str
) -> None:
    assert f'action="{FIND}"' in sign_in(getattr(cast, name)).get(address).text


def test_another_wards_number_is_not_found(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    assert sign_in(cast.wilma).post(FIND, {"number": "K064"})["Location"] == path(handout)
    page = sign_in(cast.vidar).post(FIND, {"number": "K064"})
    assert (page.status_code, "inget nummer som du får se" in text_of(page)) == (400, True)
    assert not LogEntry.objects.filter(act="number_checked", actor=cast.vidar).exists()


def test_who_sees_all_is_led_by_the_board_to_a_number(cast: Cast, sign_in: SignIn) -> None:
    assert f'href="{FIND}"' in sign_in(cast.tilda).get("/till/").text


def test_every_page_of_a_number_leads_to_its_life(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    outage = handout.outage.get_absolute_url()
    where = {
        "tilda": ["/till/", f"/till/handouts/{handout.pk}/", "/binder/"],
        "wilma": ["/ward/", handout.get_absolute_url(), outage],
        "gunde": [outage, f"{outage}report/"],
    }
    for name, pages in where.items():
        client = sign_in(getattr(cast, name))
        for page in pages:
            assert f'href="{path(handout)}"' in client.get(page).text, page


def test_log_and_open_items_lead_there(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    gunde, link = sign_in(cast.gunde), f'href="{path(handout)}">Allt om K064'
    for page in ("/audit/", f"{handout.outage.get_absolute_url()}open/"):
        assert link in gunde.get(page).content.decode()


def test_nothing_of_it_scrolls_sideways(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    gunde = sign_in(cast.gunde)
    gunde.get(path(handout))
    assert 'class="scroll"' not in gunde.get(path(handout)).content.decode()
