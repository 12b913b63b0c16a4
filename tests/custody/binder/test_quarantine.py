"""A sheet that isn't in the binder: set aside once, answered once, explained once."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.test import Client

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from custody.binder import quarantine
from custody.binder.refusals import AlreadyExplained, NotMissing
from custody.calls import waiting
from custody.checks import consistency
from custody.handouts import bedside, closing, followup, giving, missing_sheet, read_back
from custody.handouts.bedside import AtBedside
from custody.handouts.refusals import NoneLeft
from custody.ledger.refusals import OutageEnded
from custody.models import Handout, Quarantine, ReserveNumber
from custody.models.states import State
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


def missing(cast: Cast, handout: Handout, **options: Any) -> Handout:
    return missing_sheet.give_next(handout.pk, now(cast.tilda), **options).row


def test_the_next_number_is_given_and_the_missing_one_is_spent(
    cast: Cast, handout: Handout
) -> None:
    successor = missing(cast, handout)
    handout.refresh_from_db()
    assert (successor.number.tab, successor.instead_of) == (3, handout)
    assert (successor.caller, successor.ward) == (handout.caller, handout.ward)
    assert handout.state == State.VOIDED
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at


def test_who_found_it_missing_is_kept(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)
    found = Quarantine.objects.get()
    assert (found.number, found.found_by, found.recorded_by) == (
        handout.number,
        "tilda",
        cast.tilda,
    )
    assert LogEntry.objects.filter(act="create", number=handout.number.value).exists()


def test_pressed_twice_gives_one_number(cast: Cast, handout: Handout) -> None:
    first, again = (missing(cast, handout) for _ in range(2))
    assert first == again
    assert (Handout.objects.count(), Quarantine.objects.count()) == (2, 1)


def test_without_the_key_of_the_first_the_database_still_gives_no_second(
    cast: Cast, handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "uuid5", lambda *_: uuid4())
    missing(cast, handout)
    with pytest.raises(IntegrityError, match="waits again only without a number"):
        missing(cast, handout)


def test_the_next_may_be_missing_too(cast: Cast, handout: Handout) -> None:
    last = missing(cast, missing(cast, handout))
    assert (last.number.tab, Quarantine.objects.count()) == (2, 2)


@pytest.mark.parametrize("ended", ["replaced", "voided"])
def test_a_handout_that_went_on_is_not_missing(cast: Cast, handout: Handout, ended: str) -> None:
    if ended == "replaced":
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    else:
        closing.void(handout.pk, now(cast.wilma), reason="not used")
    with pytest.raises(NotMissing):
        missing(cast, handout)
    assert not Quarantine.objects.exists()


def test_the_last_one_missing_is_set_aside_all_the_same(cast: Cast, handout: Handout) -> None:
    for _ in range(4):
        scenes.handed_out(cast)
    with pytest.raises(NoneLeft):
        missing(cast, handout)
    assert Quarantine.objects.count() == 1
    (patient,) = scenes.who_waits()
    given = waiting.serve(patient.pk, now(cast.tilda), sex="M", other_sex_reason="can't wait").row
    assert (given.instead_of, given.number.sex) == (handout, "M")


def test_after_the_outage_nothing_more_is_given(
    cast: Cast, handout: Handout, outage: Outage
) -> None:
    lifecycle.end(outage, Event.now(cast.tilda, now(cast.tilda).at))
    with pytest.raises(OutageEnded):
        missing(cast, handout)
    assert not Quarantine.objects.exists()


def test_what_was_read_back_stays_open(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    first, again = (missing(cast, handout) for _ in range(2))
    handout.refresh_from_db()
    assert (first, handout.state) == (again, State.HANDED_OUT)
    assert Quarantine.objects.count() == 1
    assert list(consistency.findings()) == []


def test_so_does_what_was_seen_on_a_wrist(cast: Cast, handout: Handout) -> None:
    bedside.confirm(handout.pk, AtBedside("K064"), now(cast.wilma))
    missing(cast, handout)
    handout.refresh_from_db()
    assert handout.state == State.HANDED_OUT
    assert handout in followup.open_for(cast.wilma)


def test_an_other_sex_reason_goes_along(cast: Cast, handout: Handout) -> None:
    for _ in range(4):
        scenes.handed_out(cast)
    other = scenes.handed_out(cast, other_sex_reason="cannot wait")
    successor = missing(cast, other)
    assert (successor.number.sex, successor.other_sex_reason) == ("M", "cannot wait")


def test_the_record_speaks_swedish_whoever_pressed(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)  # the tests speak English
    assert Quarantine.objects.get().reason == "Arket fanns inte i pärmen"


def test_an_explanation_is_given_once(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)
    found = Quarantine.objects.get()
    event, where = now(cast.adele), "behind the printer"
    quarantine.explain(found.pk, event, explanation=where)
    with pytest.raises(AlreadyExplained):
        quarantine.explain(found.pk, event, explanation=where)
    assert quarantine.unexplained(training=False) == []
    assert LogEntry.objects.filter(act="explain_quarantine", actor=cast.adele).count() == 1


def test_an_explained_number_stays_spent(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)
    quarantine.explain(Quarantine.objects.get().pk, now(cast.adele), explanation="found")
    assert scenes.handed_out(cast).number.tab == 2


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"reason": "other"}, "never change"),
        ({"explained_by": "adele"}, "quarantine_explained_by_somebody"),
        ({"recorded_at": scenes.LONG_AGO}, "never change"),
        ({"explained_at": scenes.LONG_AGO, "explained_by": "x", "explanation": "x"}, "in_order"),
    ],
)
def test_the_database_keeps_its_shape(
    cast: Cast, handout: Handout, change: dict[str, Any], rule: str
) -> None:
    missing(cast, handout)
    with pytest.raises(IntegrityError, match=rule):
        Quarantine.objects.update(**change)


@pytest.mark.parametrize(
    "change", [{"explanation": "other"}, {"explained_by": "tilda"}, {"explained_at": None}]
)
def test_an_explanation_stays_as_it_was_written(
    cast: Cast, handout: Handout, change: dict[str, Any]
) -> None:
    missing(cast, handout)
    quarantine.explain(Quarantine.objects.get().pk, now(cast.adele), explanation="found")
    with pytest.raises(IntegrityError, match=r"stays as it was|set once"):
        Quarantine.objects.update(**change)


def test_a_quarantine_is_never_deleted(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)
    with pytest.raises(IntegrityError, match="append-only"):
        Quarantine.objects.all()._raw_delete("default")


def test_a_reason_is_demanded(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)
    twin = Quarantine.objects.get()
    twin.pk, twin.number, twin.reason = None, scenes.handed_out(cast).number, ""
    with pytest.raises(IntegrityError, match="quarantine_has_reason"):
        Quarantine.objects.bulk_create([twin])


def test_a_number_is_in_quarantine_once(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)
    twin = Quarantine.objects.get()
    twin.pk = None
    with pytest.raises(IntegrityError, match=r"quarantined_once|quarantine\.number_id"):
        Quarantine.objects.bulk_create([twin])


def test_a_successor_is_one_from_the_start(cast: Cast, handout: Handout) -> None:
    missing(cast, handout)
    other = scenes.handed_out(cast)
    with pytest.raises(IntegrityError, match="never changes"):
        Handout.objects.filter(pk=other.pk).update(instead_of=handout)


# --- the pages --------------------------------------------------------------------------------


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def test_the_button_leads_to_the_next_number(till: Client, handout: Handout) -> None:
    answer = till.post(f"/till/handouts/{handout.pk}/sheet-missing/", follow=True)
    assert "K106" in text_of(answer)
    assert "K064" in text_of(answer)  # which must not be used
    assert "sheet-missing" not in till.get(f"/till/handouts/{handout.pk}/").content.decode()


def test_when_it_was_the_last_the_page_helps(cast: Cast, till: Client, handout: Handout) -> None:
    for _ in range(4):
        scenes.handed_out(cast)
    address = f"/till/handouts/{handout.pk}/sheet-missing/"
    answer = till.post(address, follow=True)
    assert "K 06 4 ✕ Arket saknas" in text_of(answer)
    serve = f"/till/patients/{handout.patient_id}/serve/"
    assert f'action="{serve}"' in answer.content.decode()
    taken = till.post(serve, {"sex": "M", "other_sex_reason": "cannot wait"}, follow=True)
    assert "M078" in text_of(taken)


def test_the_ward_sees_what_became_of_it(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    missing(cast, handout)
    page = text_of(sign_in(cast.wilma).get(handout.get_absolute_url()))
    assert "arket fanns inte i pärmen. Den som ringde fick K106" in page


@pytest.mark.both_databases
def test_the_administrator_sees_and_explains_it(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    missing(cast, handout)
    adele = sign_in(cast.adele)
    assert "20000101 K 06 4" in text_of(adele.get("/binder/overview/"))
    address = f"/binder/missing/{Quarantine.objects.get().pk}/explain/"
    assert adele.post(address, {"reason": " "}).status_code == 400
    assert adele.post(address, {"reason": "behind the printer"}).status_code == 302
    assert adele.post(address, {"reason": "again"}).status_code == 409
    assert "20000101 K 06 4" not in text_of(adele.get("/binder/overview/"))
