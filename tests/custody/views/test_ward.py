"""The ward's screens: its own handouts only, each on its way to being closed."""

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from custody.handouts import closing, followup, notices
from custody.models import Handout, SwitchItem
from custody.models.states import State
from outage import lifecycle
from outage.models import Contact, Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.test_rows_csv import cells
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")


@scene
def ward(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.wilma)


def post(client: Client, handout: Handout, act: str, **fields: str) -> int:
    """Send one form of a handout's page; return the status. The wristband was looked at."""
    if act == "replace":
        fields = {"wristband": handout.number.last_four, "searched": "on", **fields}
    return client.post(f"/ward/handouts/{handout.pk}/{act}/", fields).status_code


def state(handout: Handout) -> str:
    return Handout.objects.get(pk=handout.pk).state


def all_switched(identity: str = scenes.REAL_WOMAN) -> dict[str, str]:
    """Return the form of a switch list on which all is done."""
    items = SwitchItem.objects.values_list("pk", flat=True)
    return {"identity": identity, **{f"switch-{pk}": "done" for pk in items}}


def test_a_ward_sees_its_own_only(
    cast: Cast, handout: Handout, sign_in: SignIn, ward: Client
) -> None:
    assert "20000101 K 06 4" in text_of(ward.get("/ward/"))
    assert "20000101 K 06 4" not in text_of(sign_in(cast.vidar).get("/ward/"))


def test_till_and_administrator_see_all(cast: Cast, handout: Handout, sign_in: SignIn) -> None:
    for user in (cast.tilda, cast.adele, cast.gunde):
        assert "20000101 K 06 4" in text_of(sign_in(user).get("/ward/"))


def test_who_has_no_ward_is_told_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    cast.wilma.wards.clear()
    assert 'data-color="warning"' in sign_in(cast.wilma).get("/ward/").content.decode()


def test_who_has_no_ward_is_never_told_that_all_is_done(
    cast: Cast, sign_in: SignIn, outage: Outage
) -> None:
    cast.wilma.wards.clear()
    Contact.objects.create(purpose="admin", position=1, name="Adele", number="4711")
    story = outage.get_absolute_url()
    for page in ("/ward/", "/ward/done/", f"{story}late/", f"{story}open/", story):
        answer = sign_in(cast.wilma).get(page)
        assert 'href="tel:4711"' in answer.content.decode(), page
        for said in ("Allt är klart", "Inget är kvar", "Inget här än", "Ingen står på listan"):
            assert said not in text_of(answer), page


def test_who_sees_one_ward_is_not_told_that_nothing_is_open(
    cast: Cast, handout: Handout, sign_in: SignIn
) -> None:
    page = text_of(sign_in(cast.vidar).get(f"{handout.outage.get_absolute_url()}open/"))
    assert "Vad andra avdelningar har kvar visas inte" in page


def test_the_whole_way(ward: Client, handout: Handout) -> None:
    assert post(ward, handout, "replace", number="19450829-K088") == 302
    assert post(ward, handout, "notice", reference="R-17") == 302
    assert state(handout) == State.CLOSED
    assert post(ward, handout, "switches", **all_switched()) == 302
    assert "20000101 K 06 4" in text_of(ward.get("/ward/done/"))
    assert "20000101 K 06 4" not in text_of(ward.get("/ward/"))


@pytest.mark.parametrize("number", ["", "19450829K089", "20000101K064", "450829K088", "TF12"])
def test_a_wrong_number_is_refused_beside_the_field(
    ward: Client, handout: Handout, number: str
) -> None:
    fields = {"number": number, "wristband": "K064"}
    answer = ward.post(f"/ward/handouts/{handout.pk}/replace/", fields)
    assert answer.status_code == 400
    assert 'href="#replace_number"' in answer.content.decode()
    assert state(handout) == State.HANDED_OUT


def test_the_other_sex_needs_tick_and_reason(ward: Client, handout: Handout) -> None:
    man = {"number": scenes.REAL_MAN}
    assert post(ward, handout, "replace", **man) == 400
    assert post(ward, handout, "replace", **man, sex_may_differ="on") == 400
    assert post(ward, handout, "replace", **man, sex_may_differ="on", reason="id card") == 302


@pytest.mark.parametrize(
    "typed", ["tomorrow", "2999-01-01 00:00", "1999-01-01 00:00", "9999-99-99"]
)
def test_an_impossible_time_is_refused(ward: Client, handout: Handout, typed: str) -> None:
    assert post(ward, handout, "replace", number=scenes.REAL_WOMAN, at=typed) == 400


def test_when_and_by_whom_can_be_another_time_and_person(ward: Client, handout: Handout) -> None:
    minute = timezone.localtime(handout.handed_out_at).strftime("%Y-%m-%d %H:%M")
    post(ward, handout, "replace", number=scenes.REAL_WOMAN, at=minute)
    post(ward, handout, "notice", at=minute, by="OTHER1")
    notice = handout.notices.get()
    assert (notice.filed_by, notice.recorded_by.username) == ("other1", "wilma")


def test_acts_out_of_order_are_refused_with_a_page(ward: Client, handout: Handout) -> None:
    assert post(ward, handout, "notice") == 409
    assert post(ward, handout, "withdraw-notice", reason="x") == 409
    assert post(ward, handout, "withdraw-replacement", reason="x") == 409
    assert handout.steps.count() == 1


@pytest.mark.both_databases
def test_the_same_act_twice_is_refused(ward: Client, handout: Handout) -> None:
    assert post(ward, handout, "void", reason="id card found") == 302
    assert post(ward, handout, "void", reason="id card found") == 409


@pytest.mark.parametrize("act", ["void", "undo", "withdraw-replacement", "withdraw-notice"])
def test_a_correction_without_reason_is_refused(
    cast: Cast, sign_in: SignIn, handout: Handout, act: str
) -> None:
    assert post(sign_in(cast.adele), handout, act, reason="  ") == 400


def test_only_the_administrator_undoes(
    cast: Cast, sign_in: SignIn, ward: Client, handout: Handout
) -> None:
    assert post(ward, handout, "undo", reason="mistake") == 403
    assert post(sign_in(cast.tilda), handout, "undo", reason="mistake") == 403
    assert post(sign_in(cast.adele), handout, "undo", reason="mistake") == 302
    assert state(handout) == State.UNDONE


@pytest.mark.both_databases
def test_history_shows_who_and_when_and_why(ward: Client, handout: Handout) -> None:
    post(ward, handout, "replace", number=scenes.REAL_WOMAN)
    post(ward, handout, "withdraw-replacement", reason="mixed up with bed 4")
    page = ward.get(f"/ward/handouts/{handout.pk}/").content.decode()
    assert "mixed up with bed 4" in page
    assert "19450829 K 08 8" in page


def test_another_wards_handout_is_not_there(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    stranger = sign_in(cast.vidar)
    assert stranger.get(f"/ward/handouts/{handout.pk}/").status_code == 404
    for act in ("replace", "notice", "void", "withdraw-replacement", "withdraw-notice"):
        assert post(stranger, handout, act, number=scenes.REAL_WOMAN, reason="x") == 404
    assert handout.steps.count() == 1


# --- checks while typing, the notice's fields, many wards ----------------------------------------


def check(client: Client, handout: Handout, typed: str) -> str:
    answer = client.post(f"/ward/handouts/{handout.pk}/check/", {"number": typed})
    assert answer.status_code == 200
    return text_of(answer)


def test_a_number_is_checked_while_it_is_typed(ward: Client, handout: Handout) -> None:
    assert check(ward, handout, "19450829-") == ""  # not all there yet
    for ten in ("121212-1212", "19450829-K08"):
        assert "året med fyra siffror" in check(ward, handout, ten)
    assert "kan registreras" in check(ward, handout, "19450829-K088")
    assert "Kontrollsiffran" in check(ward, handout, "19450829-K089")
    assert "Könet" in check(ward, handout, scenes.REAL_MAN)
    assert state(handout) == State.HANDED_OUT


@pytest.mark.parametrize("typed", ["", "x" * 5000, "<script>", "\x00", "20000101K064"])
def test_a_check_survives_anything(ward: Client, handout: Handout, typed: str) -> None:
    assert "kan registreras" not in check(ward, handout, typed)


def test_a_check_of_another_wards_is_not_there(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    assert post(sign_in(cast.vidar), handout, "check", number=scenes.REAL_WOMAN) == 404


def test_the_fields_for_raps_are_ready(ward: Client, handout: Handout) -> None:
    post(ward, handout, "replace", number=scenes.REAL_WOMAN)
    for page in (handout.get_absolute_url(), f"/ward/handouts/{handout.pk}/notice-sheet/"):
        shown = ward.get(page).content.decode()
        for value in ("20000101K064", scenes.REAL_WOMAN, "1.2.752.113.11.0.2.1.1.1"):
            assert value in shown


def test_the_sheet_is_a_print_in_the_log(ward: Client, handout: Handout) -> None:
    sheet = f"/ward/handouts/{handout.pk}/notice-sheet/"
    assert ward.get(sheet).status_code == 302  # nothing to tell RAPS yet
    post(ward, handout, "replace", number=scenes.REAL_WOMAN)
    ward.get(sheet)
    assert LogEntry.objects.filter(act="notice_sheet", number="20000101K064").count() == 1


def test_who_has_many_wards_may_look_at_one(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    scenes.handed_out(cast, ward=cast.eye)
    adele = sign_in(cast.adele)
    page = text_of(adele.get(f"/ward/?ward={cast.eye.pk}"))
    assert "K 10 6" in page
    assert "K 06 4" not in page
    for junk in ("x", "-1", "9" * 40, "²"):
        assert adele.get(f"/ward/?ward={junk}").status_code == 200


def test_a_mistyped_wards_numbers_are_the_meant_wards(
    cast: Cast, sign_in: SignIn, real_binder: object, outage: Outage
) -> None:
    typed = register.typed_in("IVVA")
    scenes.handed_out(cast, ward=typed)
    register.merge(Ward.objects.get(name="IVVA"), cast.iva, scenes.now(cast.adele))
    adele = sign_in(cast.adele)
    assert "K 06 4" in text_of(adele.get(f"/ward/?ward={cast.iva.pk}"))
    (row,) = followup.open_by_ward(timezone.now())
    assert row.ward == cast.iva


def test_a_ward_with_nothing_open_is_not_all_done(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    page = text_of(sign_in(cast.adele).get(f"/ward/?ward={cast.eye.pk}"))
    assert "Visa alla" in page
    assert "Allt är klart" not in page


def test_asking_for_a_number_on_another_handout_is_logged(
    cast: Cast, ward: Client, handout: Handout
) -> None:
    other = scenes.handed_out(cast, ward=cast.eye)
    scenes.replaced(other.pk, scenes.REAL_WOMAN, scenes.now(cast.vidar))
    check(ward, handout, scenes.REAL_WOMAN)
    post(ward, handout, "replace", number=scenes.REAL_WOMAN)
    looked = LogEntry.objects.filter(act="number_checked", actor=cast.wilma)
    assert [entry.number for entry in looked] == [other.number.value] * 2


def test_in_a_drill_every_field_says_so(cast: Cast, training_binder: object, drill: Outage) -> None:
    handout = scenes.handed_out(cast, outage_id=drill.pk)
    scenes.replaced(handout.pk, scenes.TRAINING_WOMAN, scenes.now(cast.wilma))
    handout.refresh_from_db()
    assert all(field.value.startswith("ÖVNING ") for field in notices.fields(handout))


def test_what_is_closed_leads_to_the_oldest_that_is_open(
    cast: Cast, handout: Handout, ward: Client
) -> None:
    later, done = scenes.handed_out(cast), scenes.handed_out(cast)
    scenes.replaced(done.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    notices.file_notice(done.pk, scenes.now(cast.wilma))
    page = ward.get(done.get_absolute_url())
    assert page.context["next_task"].row == handout
    assert "Nästa, det äldsta som är kvar: Registrera" in text_of(page)
    assert ward.get(later.get_absolute_url()).context["next_task"].row == handout
    assert ward.get(handout.get_absolute_url()).context["next_task"].row == later


def test_the_last_one_that_is_closed_leads_to_the_list(
    cast: Cast, handout: Handout, ward: Client
) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    notices.file_notice(handout.pk, scenes.now(cast.wilma))
    assert "Inget annat är kvar att göra" in text_of(ward.get(handout.get_absolute_url()))


def test_what_is_done_is_searched_within_what_one_may_see_and_filtered(
    cast: Cast, handout: Handout, sign_in: SignIn
) -> None:
    own, other = scenes.handed_out(cast), scenes.handed_out(cast, ward=cast.eye)
    for row, user in ((own, cast.wilma), (other, cast.vidar)):
        closing.void(row.pk, scenes.now(user), reason="x")
    ward, every = sign_in(cast.wilma), sign_in(cast.adele)

    def found(client: Client, query: str = "", **sent: str) -> list[Handout]:
        path = f"/ward/done/{query}"
        answer = client.post(path, sent) if sent else client.get(path)
        return [*answer.context["page"]]

    for typed in (own.number.value, own.number.last_four, "2000-01-01", "Driftstopp"):
        assert found(ward, number=typed) == [own], typed
    assert found(ward, number=other.number.value) == []
    assert {*found(every, number="20000101")} == {own, other}
    assert found(every, f"?ward={cast.eye.pk}", number="20000101") == [other]
    assert found(every, f"?ward={cast.eye.pk}") == [other]
    assert found(every, "?state=closed") == []
    assert {*found(every, "?state=voided&ward=²&mine")} == set()
    assert ward.post("/ward/done/", {"number": "1"}).status_code == 400
    assert ward.post("/ward/done/rows.csv", {"number": "1"}).status_code == 302


def test_what_is_done_is_a_file_too_of_the_own_wards_alone(
    cast: Cast, handout: Handout, sign_in: SignIn
) -> None:
    closed, other = scenes.handed_out(cast), scenes.handed_out(cast, ward=cast.eye)
    for row, real, user in (
        (closed, scenes.REAL_WOMAN, cast.wilma),
        (other, scenes.REAL_WOMAN_2, cast.vidar),
    ):
        scenes.replaced(row.pk, real, scenes.now(user))
        notices.file_notice(row.pk, scenes.now(user))
    page = sign_in(cast.wilma).get("/ward/done/")
    assert "/ward/done/rows.csv" in page.content.decode()
    head, *rows = cells(sign_in(cast.wilma).get("/ward/done/rows.csv"))
    assert [(row[0], row[10]) for row in rows] == [(closed.number.value, scenes.REAL_WOMAN)]
    assert len(head) == len(rows[0])
    logged = LogEntry.objects.filter(act="done_csv").values_list("number", flat=True)
    assert list(logged) == [closed.number.value]
    assert len(cells(sign_in(cast.adele).get("/ward/done/rows.csv"))) == 3
    found = sign_in(cast.adele).post("/ward/done/rows.csv", {"number": closed.number.value[-4:]})
    assert [row[0] for row in cells(found)[1:]] == [closed.number.value]
    (drill_head,) = cells(sign_in(cast.wilma).get("/ward/done/rows.csv?drill=1"))
    assert drill_head[0] == "ÖVNING"


def test_a_drill_says_nothing_of_befreg_on_the_page_of_reality(
    ward: Client, cast: Cast, handout: Handout, drill: Outage
) -> None:
    lifecycle.end(handout.outage, scenes.now(cast.tilda))
    page = text_of(ward.get("/ward/"))
    assert page.index("Registrera riktigt nummer") < page.index("Svarar inte Befreg?")
    assert "Behövs ännu ett nummer genast?" not in page
