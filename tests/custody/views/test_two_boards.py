"""Reality and drill are two boards with two addresses: neither hides the other."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from custody.calls import taking
from custody.calls.refusals import OtherBoard
from custody.models import Binder, Call, Handout
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import now

REAL, DRILL = "/till/", "/till/drill/"


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


@scene
def binders(cast: Cast, real_binder: Binder, training_binder: Binder) -> list[Binder]:
    return [real_binder, training_binder]


def post(till: Client, board: str, cast: Cast, **changes: object) -> int:
    """Send a call's form from a board and return the status."""
    fields = {"sex": "K", "caller": "wilma", "ward": str(cast.iva), "request_key": uuid4()}
    return till.post(f"{board}hand-out/", fields | changes).status_code


def given() -> list[bool]:
    """Return of each handout whether its number is a training number."""
    return list(Handout.objects.order_by("pk").values_list("number__training", flat=True))


# --- what each shows ------------------------------------------------------------------------------


def test_during_a_drill_the_real_board_is_as_without(
    cast: Cast, till: Client, binders: list[Binder], drill: Outage
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    page = till.get(REAL)
    shown = text_of(page)
    assert 'class="drill"' not in page.content.decode()
    assert "Nummer kvar i pärmen 5 Kvinnonummer 5 Mansnummer" in shown
    assert "Befreg går inte att nå: starta" in shown
    assert "Inget driftstopp pågår" in shown
    assert "Inga i dag" in shown


def test_it_says_in_one_line_that_a_drill_goes_on(
    till: Client, binders: list[Binder], drill: Outage
) -> None:
    page = till.get(REAL).content.decode()
    assert "◆ En övning pågår sedan" in text_of(till.get(REAL))
    assert page.count("data-drill") == page.count('href="/till/drill/"') == 1


def test_the_drills_board_has_the_training_binder(
    cast: Cast, till: Client, binders: list[Binder], drill: Outage, outage: Outage
) -> None:
    scenes.handed_out(cast)
    page = till.get(DRILL)
    assert '<body class="drill"' in page.content.decode()
    assert "Övningsnummer kvar 5 Kvinnonummer 3 Mansnummer" in text_of(page)
    assert "Inga i dag" in text_of(page)


def test_a_real_outage_that_begins_is_loud_on_the_drills_board(
    cast: Cast, till: Client, drill: Outage
) -> None:
    before = till.get(DRILL).content.decode()
    live = re.search(r'hx-get="([^"]+)"', before)[1]  # type: ignore[index]
    assert "DET HÄR ÄR INGEN ÖVNING" not in before
    scenes.begin(cast.tilda)
    assert till.get(live).headers["HX-Refresh"] == "true"
    after = till.get(DRILL).content.decode()
    assert "DET HÄR ÄR INGEN ÖVNING" in after
    assert after.index('href="/till/"', after.index("DET HÄR")) < after.index("<h1>")
    # No habit of the hand begins a drill's call: neither the key nor the focus.
    assert ('data-key="n"' in before, 'data-key="n"' in after) == (True, False)
    assert after.index("autofocus") < after.index("<h1>")


def test_nor_does_a_key_on_a_number_of_the_drill(
    cast: Cast, till: Client, drill: Outage, training_binder: Binder
) -> None:
    number = scenes.handed_out(cast, outage_id=drill.pk).pk
    assert 'data-key="n"' in till.get(f"/till/handouts/{number}/").content.decode()
    scenes.begin(cast.tilda)
    assert 'data-key="n"' not in till.get(f"/till/handouts/{number}/").content.decode()


def test_whoever_really_waits_is_told_of_on_the_drills_board(
    cast: Cast, till: Client, drill: Outage
) -> None:
    assert "väntar på ett nummer" not in text_of(till.get(DRILL))
    taking.take(scenes.call(cast), now(cast.tilda))
    assert "1 verklig patient väntar på ett nummer" in text_of(till.get(DRILL))


@pytest.mark.parametrize("board", [REAL, DRILL])
def test_without_an_outage_each_offers_its_own_start(till: Client, board: str) -> None:
    page = till.get(board).content.decode()
    starts = [kind for kind in ("real", "drill") if f'id="{kind}-begin"' in page]
    assert starts == (["drill"] if board == DRILL else ["real"])
    assert f'name="next" value="{board}"' in page


def test_the_same_caller_again_stays_on_its_board(
    cast: Cast, till: Client, binders: list[Binder], drill: Outage, outage: Outage
) -> None:
    handout = scenes.handed_out(cast, outage_id=drill.pk)
    page = till.get(f"/till/handouts/{handout.pk}/").content.decode()
    assert f"/till/drill/call/?outage={drill.pk}&amp;like=" in page
    elsewhere = till.get(f"/till/call/?outage={outage.pk}&like={handout.patient.call_id}")
    assert "wilma" not in elsewhere.content.decode()


# --- a form of one never lands in the other -------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(("board", "training"), [(REAL, False), (DRILL, True)])
def test_each_boards_form_takes_its_own_binder(
    cast: Cast, till: Client, binders: list[Binder], outage: Outage, drill: Outage,
    board: str, training: bool,
) -> None:  # fmt: skip
    for named in ("", drill.pk if training else outage.pk):
        assert post(till, board, cast, outage=named, sex="KM"[len(given())]) == 302
    assert given() == [training] * 2


def test_a_form_with_the_others_outage_is_refused(
    cast: Cast, till: Client, binders: list[Binder], outage: Outage, drill: Outage
) -> None:
    assert post(till, REAL, cast, outage=drill.pk) == 409
    assert post(till, DRILL, cast, outage=outage.pk) == 409
    lifecycle.end(drill, now(cast.tilda))
    assert post(till, REAL, cast, outage=drill.pk) == 409
    assert not Call.objects.exists()


def test_the_act_refuses_it_too(cast: Cast, binders: list[Binder], drill: Outage) -> None:
    details = scenes.call(cast, outage_id=drill.pk, drill=False)
    with pytest.raises(OtherBoard):
        taking.take(details, now(cast.tilda))


@pytest.mark.parametrize("board", [REAL, DRILL])
def test_a_faulty_form_is_shown_again_on_its_board(
    cast: Cast, till: Client, outage: Outage, drill: Outage, board: str
) -> None:
    sent = {"sex": "K", "outage": "junk", "request_key": str(uuid4())}
    page = till.post(f"{board}hand-out/", sent)
    assert page.status_code == 400
    assert f'action="{board}hand-out/"' in page.content.decode()
    assert ('class="drill"' in page.content.decode()) == (board == DRILL)


@pytest.mark.parametrize("real_begins", [False, True])
def test_the_form_of_a_drill_that_has_ended_stays_a_drills(
    cast: Cast, till: Client, binders: list[Binder], drill: Outage, real_begins: bool
) -> None:
    lifecycle.end(drill, now(cast.tilda))
    if real_begins:
        scenes.begin(cast.tilda)
    assert post(till, DRILL, cast, outage=drill.pk) == 302
    assert (Call.objects.get().drill, given()) == (True, [])


def test_a_drills_form_stays_one_when_reality_begins(
    cast: Cast, till: Client, binders: list[Binder], drill: Outage
) -> None:
    scenes.begin(cast.tilda)
    assert post(till, DRILL, cast, outage=drill.pk) == 302
    assert given() == [True]


def test_the_form_of_an_ended_outage_never_lands_in_the_drill(
    cast: Cast, till: Client, binders: list[Binder], outage: Outage, drill: Outage
) -> None:
    lifecycle.end(outage, now(cast.tilda))
    for caller, named in (("wilma", ""), ("vera1", outage.pk)):
        assert post(till, REAL, cast, outage=named, caller=caller) == 302
    assert (list(Call.objects.values_list("drill", flat=True)), given()) == ([False] * 2, [])


def test_a_real_alarm_stands_outside_of_the_drills_frame(
    cast: Cast, till: Client, binders: list[Binder], outage: Outage, drill: Outage
) -> None:
    scenes.doubled(cast, scenes.handed_out(cast))
    outside, _frame, inside = till.get("/till/drill/").content.decode().partition("drill-word")
    assert "TVÅ PATIENTER" in outside
    assert "TVÅ PATIENTER" not in inside
    live = till.get("/till/drill/live/", {"frame": till.get("/till/drill/").context["frame"]})
    assert re.search(r'id="outside"[^>]*hx-swap-oob', live.content.decode())
    assert "TVÅ PATIENTER" in text_of(till.get("/till/"))
