"""The board at rest: what is left, what isn't read back; refreshed without filling the log."""

import html
import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from custody.handouts import bedside, closing, missing_sheet, read_back
from custody.handouts.bedside import AtBedside
from custody.models import Binder, Handout
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.outage.plans.scenes import announce
from tests.pages import text_of
from tests.scenes import now


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def refresh(till: Client) -> str:
    """Ask for the live part as the board last shown would."""
    page = till.get("/till/").content.decode()
    return html.unescape(re.search(r'hx-get="([^"]+)"', page)[1])  # type: ignore[index]


def looks(number: str = "20000101K064") -> int:
    found: int = LogEntry.objects.filter(act="access", number=number).count()
    return found


def test_the_live_part_is_a_piece_and_no_page(till: Client, handout: Handout) -> None:
    page = till.get(refresh(till)).content.decode()
    assert "<html" not in page
    assert "data-heard" in page


def test_a_refresh_is_not_a_further_look(till: Client, handout: Handout) -> None:
    live = refresh(till)
    for _ in range(3):
        till.get(live)
    assert looks() == 1


def test_a_new_number_is_a_look_when_a_refresh_shows_it(
    cast: Cast, till: Client, handout: Handout
) -> None:
    live = refresh(till)
    other = scenes.handed_out(cast)
    for _ in range(2):
        till.get(live)
    assert (looks(), looks(other.number.value)) == (1, 1)


def test_coming_back_to_the_board_is_a_look(till: Client, handout: Handout) -> None:
    for _ in range(2):
        till.get("/till/")
    assert looks() == 2


def test_each_person_looks_for_themselves(
    cast: Cast, till: Client, sign_in: SignIn, handout: Handout
) -> None:
    sign_in(cast.gunde).get(refresh(till))
    assert looks() == 2


def test_tabs_are_drawn_used_missing_and_left(cast: Cast, till: Client, handout: Handout) -> None:
    scenes.handed_out(cast)
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    page = till.get("/till/").content.decode()
    assert (page.count("data-used"), page.count("data-missing")) == (2, 1)


def test_a_refilled_tab_is_drawn_once(cast: Cast, till: Client, handout: Handout) -> None:
    scenes.lay_in("Pärm AKM", [scenes.many_numbers(10)[-1]], training=False)
    assert till.get("/till/").content.decode().count("data-used") == 0


def test_more_tabs_than_can_be_drawn_are_a_figure(till: Client, outage: Outage) -> None:
    scenes.lay_in("Stor", scenes.many_numbers(30), training=False)
    page = till.get("/till/")
    assert "30" in text_of(page)
    assert 'class="tabs"' not in page.content.decode()


def test_what_is_not_read_back_stays_on_top(cast: Cast, till: Client, handout: Handout) -> None:
    assert "1 nummer är inte återläst" in text_of(till.get("/till/"))
    at = now(cast.tilda).at
    read_back.confirm_read_back(handout.pk, "K064", Event.now(cast.tilda, at))
    assert "inte återläst" not in text_of(till.get("/till/"))


def test_the_call_back_is_a_link_among_the_unread_and_the_latest(
    cast: Cast, till: Client, handout: Handout
) -> None:
    link = 'href="tel:2102">2102</a>'
    assert till.get("/till/").content.decode().count(link) == 2
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    assert till.get("/till/").content.decode().count(link) == 1


def test_without_a_call_back_the_board_says_where_the_ward_answers(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    handout = scenes.handed_out(cast, callback="", ward=register.typed_in("IVVA"))
    assert "inget nummer att ringa tillbaka på" in text_of(till.get("/till/"))
    Ward.objects.filter(pk=cast.iva.pk).update(telephone="ankn 3456")
    register.merge(handout.ward, cast.iva, scenes.now(cast.adele))
    assert 'href="tel:3456">ankn 3456</a>' in till.get("/till/").content.decode()


def test_while_numbers_are_handed_out_the_stock_comes_before_the_plans(
    cast: Cast, till: Client
) -> None:
    announce(cast)
    at_rest = till.get("/till/").content.decode()
    assert at_rest.index('id="announced"') < at_rest.index('id="stock"')
    scenes.begin(cast.tilda)
    ongoing = till.get("/till/").content.decode()
    assert ongoing.index('id="stock"') < ongoing.index('id="announced"')


def test_others_in_use_are_told_with_the_number(
    cast: Cast, till: Client, handout: Handout, training_binder: Binder
) -> None:
    other = scenes.handed_out(cast)
    shown = text_of(till.get(f"/till/handouts/{handout.pk}/"))
    assert "Ytterligare 1 nummer" in shown
    assert other.number.last_four not in shown  # another patient's, and not asked for
    closing.void(other.pk, now(cast.wilma), reason="not used")
    assert "Ytterligare" not in text_of(till.get(f"/till/handouts/{handout.pk}/"))


def test_a_begun_or_ended_outage_gives_the_board_anew(
    cast: Cast, till: Client, handout: Handout
) -> None:
    live = refresh(till)
    assert "HX-Refresh" not in till.get(live).headers
    drill = scenes.begin(cast.tilda, drill=True)
    assert till.get(live).headers["HX-Refresh"] == "true"
    live = refresh(till)
    lifecycle.end(drill, Event.now(cast.tilda, now(cast.tilda).at))
    assert till.get(live).headers["HX-Refresh"] == "true"


def test_not_read_back_stays_after_midnight_and_the_outage(
    cast: Cast, till: Client, real_binder: Binder
) -> None:
    outage = scenes.begin(cast.tilda, ago=timedelta(days=3))
    at = timezone.now()
    event = Event(at - timedelta(days=2), "tilda", at, cast.tilda)
    scenes.hand_out(scenes.call(cast), event)
    lifecycle.end(outage, Event.now(cast.tilda, at - timedelta(days=1)))
    assert "1 nummer är inte återläst" in text_of(till.get("/till/"))


def test_a_real_number_ends_the_chase_for_the_read_back(
    cast: Cast, till: Client, handout: Handout
) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    assert "inte återläst" not in text_of(till.get("/till/"))


def test_so_does_a_look_at_the_patient(cast: Cast, till: Client, handout: Handout) -> None:
    bedside.confirm(handout.pk, AtBedside(handout.number.last_four), now(cast.wilma))
    board = text_of(till.get("/till/"))
    assert "Bekräftat hos patienten" in board
    assert "Inte än" not in board


def test_a_drills_number_is_not_chased_on_a_real_board(
    cast: Cast, till: Client, outage: Outage, drill: Outage, training_binder: Binder
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    assert "inte återläst" not in text_of(till.get("/till/"))
    assert "inte återläst" in text_of(till.get("/till/drill/"))


def test_the_key_leads_to_the_pages_own_outage(cast: Cast, till: Client, drill: Outage) -> None:
    def leads_to(board: str) -> list[str]:
        page = till.get(board).content.decode()
        return re.findall(r'data-key="n"[^>]*href="([^"]+)"', page)

    assert leads_to("/till/drill/") == [f"/till/drill/call/?outage={drill.pk}"]
    outage = scenes.begin(cast.tilda).pk
    assert leads_to("/till/") == [f"/till/call/?outage={outage}"]


def test_a_call_to_an_ended_outage_becomes_no_other(
    cast: Cast, till: Client, outage: Outage, drill: Outage
) -> None:
    lifecycle.end(drill, Event.now(cast.tilda, now(cast.tilda).at))
    answer = till.get(f"/till/call/?outage={drill.pk}", follow=True)
    assert answer.redirect_chain[0][0] == "/till/"
    assert "hörde till ett annat driftstopp" in text_of(answer)


def test_a_faulty_call_to_an_ended_drill_is_still_a_drill_call(
    cast: Cast, till: Client, outage: Outage, drill: Outage
) -> None:
    lifecycle.end(drill, Event.now(cast.tilda, now(cast.tilda).at))
    answer = till.post("/till/drill/hand-out/", {"outage": str(drill.pk)})
    assert answer.status_code == 400
    assert '<body class="drill"' in answer.content.decode()
