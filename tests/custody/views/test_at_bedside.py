"""The wristband, the switch list and the second person, on the ward's pages."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.audit.models import LogEntry
from custody.handouts import closing, notices, pair, read_back, switches
from custody.models import Handout, HandoutStep, SwitchItem, SwitchTick
from custody.models.states import State
from custody.numbers.identities import check_digit
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of
from tests.scenes import now

STEM = "19121212K06"
OTHER_WOMAN = STEM + check_digit(STEM)


@pytest.fixture
def ward(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.wilma)


@pytest.fixture
def replaced(cast: Cast, handout: Handout) -> Handout:
    return scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma)).row


def again(handout: Handout) -> Handout:
    return Handout.objects.get(pk=handout.pk)


def post(client: Client, handout: Handout, act: str, **fields: str) -> Any:
    return client.post(f"/ward/handouts/{handout.pk}/{act}/", fields)


def hidden(page: Any, act: str) -> dict[str, str]:
    """Return what the form to ``act`` on a page sends along by itself."""
    form = page.content.decode().partition(f'{act}"')[2].partition("</form>")[0]
    sent_along = r'<input type="hidden" name="(identity|shown)" value="([^"]+)"'
    return dict(re.findall(sent_along, form))


# --- a page older than a correction ---------------------------------------------------------------


@pytest.mark.parametrize("act", ["witness", "notice", "withdraw-replacement"])
def test_a_stale_page_says_nothing_of_another_pair(
    cast: Cast, sign_in: SignIn, replaced: Handout, act: str
) -> None:
    adele = sign_in(cast.adele)
    stale = hidden(adele.get(replaced.get_absolute_url()), f"/{act}/")
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="bed 4's")
    scenes.replaced(replaced.pk, scenes.REAL_WOMAN_2, now(cast.wilma))
    steps = replaced.steps.count()
    assert post(adele, replaced, act, reason="wrong", **stale).status_code == 409
    assert replaced.steps.count() == steps
    fresh = hidden(adele.get(replaced.get_absolute_url()), f"/{act}/")
    assert post(adele, replaced, act, reason="wrong", **fresh).status_code == 302


@pytest.mark.both_databases
def test_nor_of_another_notice(cast: Cast, ward: Client, replaced: Handout) -> None:
    notices.file_notice(replaced.pk, now(cast.wilma))
    stale = hidden(ward.get(replaced.get_absolute_url()), "/withdraw-notice/")
    notices.withdraw_notice(replaced.pk, now(cast.wilma), reason="bed 4's")
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="bed 4's")
    scenes.replaced(replaced.pk, scenes.REAL_WOMAN_2, now(cast.wilma))
    notices.file_notice(replaced.pk, now(cast.wilma))
    assert post(ward, replaced, "withdraw-notice", reason="wrong", **stale).status_code == 409
    assert again(replaced).state == State.CLOSED
    fresh = hidden(ward.get(replaced.get_absolute_url()), "/withdraw-notice/")
    assert post(ward, replaced, "withdraw-notice", reason="wrong", **fresh).status_code == 302


# --- the wristband ---------------------------------------------------------------------------


def test_a_scanned_number_is_confirmed(ward: Client, handout: Handout) -> None:
    assert post(ward, handout, "bedside", wristband="]C120000101K064", place="Sal 3").status_code
    page = text_of(ward.get("/ward/"))
    assert "IVA, Sal 3" in page
    assert "Bekräftat hos patienten" in page
    assert "Inte återläst" not in page


def test_a_wrong_one_is_shown_beside_the_right_one(ward: Client, handout: Handout) -> None:
    answer = post(ward, handout, "bedside", wristband="K080")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "<bdi>K080</bdi>" in page
    assert page.count('<span class="wrong">') == len("64")  # which the wristband has otherwise
    assert again(handout).bedside_at is None


def test_the_other_patient_of_the_ward_is_linked_and_logged(
    cast: Cast, ward: Client, handout: Handout
) -> None:
    other = scenes.handed_out(cast)
    page = post(ward, handout, "bedside", wristband=other.number.last_four).content.decode()
    assert f'href="{other.get_absolute_url()}"' in page
    assert LogEntry.objects.filter(act="number_checked", object_id=other.pk).exists()


def test_another_wards_patient_isnt(cast: Cast, ward: Client, handout: Handout) -> None:
    other = scenes.handed_out(cast, ward=cast.eye)
    page = post(ward, handout, "bedside", wristband=other.number.last_four).content.decode()
    assert f'href="{other.get_absolute_url()}"' not in page


def test_the_page_names_place_caller_and_time(ward: Client, handout: Handout) -> None:
    post(ward, handout, "bedside", wristband="K064", place="Sal 3")
    assert "Sal 3 · begärt av wilma, 20" in text_of(ward.get(handout.get_absolute_url()))


def test_the_real_number_asks_for_the_wristband(ward: Client, handout: Handout) -> None:
    answer = post(ward, handout, "replace", number=scenes.REAL_WOMAN, searched="on")
    assert 'href="#replace_wristband"' in answer.content.decode()
    post(ward, handout, "bedside", wristband="K064")
    assert 'id="replace_wristband"' not in ward.get(handout.get_absolute_url()).content.decode()
    assert (
        post(ward, handout, "replace", number=scenes.REAL_WOMAN, searched="on").status_code == 302
    )


def test_a_wrong_wristband_is_shown_with_the_real_number_too(
    ward: Client, handout: Handout
) -> None:
    fields = {"number": scenes.REAL_WOMAN, "searched": "on", "wristband": "K080"}
    answer = post(ward, handout, "replace", **fields)
    assert "<bdi>K080</bdi>" in answer.content.decode()
    assert LogEntry.objects.filter(act="bedside_wrong").count() == 1
    assert again(handout).state == State.HANDED_OUT


def test_after_the_real_number_it_says_what_may_be_wrong(ward: Client, replaced: Handout) -> None:
    page = text_of(post(ward, replaced, "bedside", wristband="K080"))
    assert "Inget registrerades" not in page
    assert "kan vara en annan patients" in page


def test_an_unticked_search_is_asked_for(ward: Client, handout: Handout) -> None:
    answer = post(ward, handout, "replace", number=scenes.REAL_WOMAN, wristband="K064")
    assert 'href="#replace_searched"' in answer.content.decode()


def test_the_real_number_in_words(ward: Client, handout: Handout) -> None:
    typed = text_of(post(ward, handout, "check", number="196203140000"))
    assert "född" not in typed
    typed = text_of(post(ward, handout, "check", number=scenes.REAL_WOMAN))
    assert "kvinna, född 29 augusti 1945" in typed
    fields = {"number": scenes.REAL_WOMAN, "searched": "on", "wristband": "K064"}
    post(ward, handout, "replace", **fields)
    assert "kvinna, född 29 augusti 1945" in text_of(ward.get(handout.get_absolute_url()))


def test_never_read_back_is_a_red_line(cast: Cast, ward: Client, handout: Handout) -> None:
    page = ward.get("/ward/").content.decode()
    assert 'data-color="danger"' in page
    assert f'href="{handout.get_absolute_url()}#bedside_wristband"' in page
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    assert 'data-color="danger"' not in ward.get("/ward/").content.decode()


@pytest.mark.both_databases
def test_a_confirmation_is_withdrawn_as_the_page_shows_it(ward: Client, handout: Handout) -> None:
    post(ward, handout, "bedside", wristband="K064", place="Sal 3")
    shown = hidden(ward.get(handout.get_absolute_url()), "/withdraw-confirmation/")
    post(ward, handout, "bedside", wristband="K064", place="Sal 4")
    stale = {"reason": "bed 4's", **shown}
    assert post(ward, handout, "withdraw-confirmation", **stale).status_code == 409
    fresh = hidden(ward.get(handout.get_absolute_url()), "/withdraw-confirmation/")
    done = post(ward, handout, "withdraw-confirmation", reason="bed 4's", **fresh)
    assert (done.status_code, again(handout).bedside_at) == (302, None)
    assert "/withdraw-confirmation/" not in ward.get(handout.get_absolute_url()).text


@pytest.mark.parametrize("who", ["wilma", "tilda"])
def test_a_worn_number_is_not_offered_to_be_voided(
    cast: Cast, ward: Client, sign_in: SignIn, handout: Handout, who: str
) -> None:
    post(ward, handout, "bedside", wristband="K064")
    client = sign_in(getattr(cast, who))
    menu = client.get(f"{handout.get_absolute_url()}wrong/").text
    assert f"{handout.get_absolute_url()}void/" not in menu
    assert "Det går inte att makulera" in text_of(client.get(f"{handout.get_absolute_url()}wrong/"))
    assert post(client, handout, "void", reason="x").status_code == 409


# --- the switch list -------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_list_is_shown_and_ticked(ward: Client, replaced: Handout) -> None:
    item = SwitchItem.objects.order_by("position")[0]
    assert "ID-bandet" in text_of(ward.get(replaced.get_absolute_url()))
    fields = {"identity": scenes.REAL_WOMAN, f"switch-{item.pk}": "done"}
    assert post(ward, replaced, "switches", **fields).status_code == 302
    assert SwitchTick.objects.get().item == item
    assert "Inte omställt än: Blodcentralen" in text_of(ward.get("/ward/"))


def test_a_list_leaves_what_others_answered_meanwhile(
    cast: Cast, ward: Client, replaced: Handout
) -> None:
    page = ward.get(replaced.get_absolute_url()).content.decode()
    shown = dict.fromkeys(re.findall(r'name="(initial-switch-\d+)"', page), "")
    first, second = SwitchItem.objects.order_by("position")[:2]
    switches.answer(replaced.pk, scenes.REAL_WOMAN, {first.pk: "done"}, now(cast.adele))
    sent = {f"switch-{first.pk}": "", f"switch-{second.pk}": "not_needed"}
    post(ward, replaced, "switches", identity=scenes.REAL_WOMAN, **shown, **sent)
    said = [(tick.item, tick.answer) for tick in SwitchTick.objects.order_by("item__position")]
    assert (len(shown), said) == (6, [(first, "done"), (second, "not_needed")])


def test_a_list_of_another_number_is_refused(ward: Client, replaced: Handout) -> None:
    item = SwitchItem.objects.order_by("position")[0]
    fields = {"identity": scenes.REAL_WOMAN_2, f"switch-{item.pk}": "done"}
    assert post(ward, replaced, "switches", **fields).status_code == 409
    assert not SwitchTick.objects.exists()


@pytest.mark.parametrize("said", ["perhaps", "x" * 500])
def test_what_is_no_answer_is_refused(ward: Client, replaced: Handout, said: str) -> None:
    item = SwitchItem.objects.order_by("position")[0]
    fields = {"identity": scenes.REAL_WOMAN, f"switch-{item.pk}": said}
    assert post(ward, replaced, "switches", **fields).status_code == 400


def test_the_administrator_keeps_it_in_the_registers(cast: Cast, sign_in: SignIn) -> None:
    admin, item = sign_in(cast.adele), SwitchItem.objects.order_by("position")[0]
    fields = {"name": "Bandet", "name_en": "", "hint": "", "hint_en": "", "position": "5"}
    old = {"seen": switches.item_mark(item)}
    assert admin.post(item.get_absolute_url(), fields | old).status_code == 302
    item.refresh_from_db()
    assert (item.name, item.active) == ("Bandet", False)
    answer = admin.post(item.get_absolute_url(), fields | old | {"name": "Armbandet"})
    assert answer.status_code == 409  # an old page
    assert SwitchItem.objects.get(pk=item.pk).name == "Bandet"
    assert sign_in(cast.wilma).get(item.get_absolute_url()).status_code == 403
    new = "/registers/switch-list/new/"
    assert admin.post(new, fields | {"name": ""}).status_code == 400
    assert [admin.post(new, fields | {"active": "on"}).status_code for _ in range(2)] == [302, 302]
    assert SwitchItem.objects.filter(name="Bandet").count() == 2


@pytest.mark.one_database("statements")
def test_a_wards_list_costs_the_same_with_more(cast: Cast, ward: Client, handout: Handout) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            ward.get("/ward/")
        return len(captured)

    def close(closed: Handout, number: str) -> None:
        scenes.replaced(closed.pk, number, now(cast.wilma))
        notices.file_notice(closed.pk, now(cast.wilma))

    close(scenes.handed_out(cast), scenes.REAL_WOMAN)
    one = cost()  # of each kind: an open one, and a closed one that isn't switched over
    for number in (scenes.REAL_WOMAN_2, OTHER_WOMAN):
        close(scenes.handed_out(cast), number)
    assert cost() == one


# --- the second person -----------------------------------------------------------------------


def test_required_only_another_person_may_confirm(
    cast: Cast, ward: Client, sign_in: SignIn, replaced: Handout, settings: Any
) -> None:
    settings.MERGE_WITNESS = pair.REQUIRE
    assert post(ward, replaced, "notice").status_code == 409
    own = ward.get(replaced.get_absolute_url()).content.decode()
    assert "/witness/" not in own
    assert "/notice/" not in own
    adele = sign_in(cast.adele)
    assert "/witness/" in adele.get(replaced.get_absolute_url()).content.decode()
    assert post(adele, replaced, "witness").status_code == 302
    assert post(ward, replaced, "notice").status_code == 302


def test_nobody_else_may(cast: Cast, ward: Client, sign_in: SignIn, replaced: Handout) -> None:
    assert post(ward, replaced, "witness").status_code == 409
    assert post(sign_in(cast.vidar), replaced, "witness").status_code == 404
    assert post(sign_in(cast.tilda), replaced, "witness").status_code == 403
    assert not HandoutStep.objects.filter(act="witness").exists()


@pytest.mark.both_databases
def test_asked_another_person_may_confirm_too(
    cast: Cast, ward: Client, sign_in: SignIn, replaced: Handout
) -> None:
    adele = sign_in(cast.adele)
    assert "/witness/" in adele.get(replaced.get_absolute_url()).content.decode()
    post(adele, replaced, "witness")
    assert "notice_witness" not in ward.get(replaced.get_absolute_url()).content.decode()


def test_asked_a_name_is_kept(ward: Client, replaced: Handout) -> None:
    for nobody in ("WILMA", "vet ej", "?"):
        assert post(ward, replaced, "notice", witness=nobody).status_code == 400
    assert post(ward, replaced, "notice", witness="VERA1").status_code == 302
    assert "vera1" in text_of(ward.get(replaced.get_absolute_url()))


def test_off_nobody_is_asked(
    cast: Cast, ward: Client, sign_in: SignIn, replaced: Handout, settings: Any
) -> None:
    settings.MERGE_WITNESS = pair.OFF
    adele = sign_in(cast.adele).get(replaced.get_absolute_url()).content.decode()
    assert "/witness/" not in adele
    assert "notice_witness" not in adele
    assert post(ward, replaced, "notice", witness="vera1").status_code == 302
    assert not HandoutStep.objects.filter(act="witness").exists()


def test_a_drill_has_its_list_too(cast: Cast, ward: Client, drill: Outage) -> None:
    scenes.lay_in("Övning", scenes.TRAINING, training=True)
    practice = scenes.handed_out(cast, outage_id=drill.pk)
    fields = {"wristband": "K007", "number": scenes.TRAINING_WOMAN, "searched": "on"}
    assert post(ward, practice, "replace", **fields).status_code == 302
    assert "ID-bandet" in text_of(ward.get(practice.get_absolute_url()))
