"""The pages of late registration."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from custody.models import LateRegistration
from custody.planned import late_registration
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.scenes import now

PERSONNUMMER = "191212121212"
listed = scenes.treated_without


@scene
def row(cast: Cast, outage: Outage) -> LateRegistration:
    return listed(cast, outage)


def page_of(outage: Outage) -> str:
    return f"/outage/{outage.pk}/late/"


def typed(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def lists(client: Client, outage: Outage, **changes: str) -> Any:
    fields = {
        "place": "Sal 3",
        "treated_at": typed(outage.started_at + timedelta(minutes=5)),
        "request_key": str(uuid4()),
    }
    return client.post(f"{page_of(outage)}list/", fields | changes)


def test_the_ward_lists_a_patient(cast: Cast, outage: Outage, sign_in: SignIn) -> None:
    client = sign_in(cast.wilma)
    assert client.get(page_of(outage)).status_code == 200
    response = lists(client, outage, ward=str(cast.iva.pk))
    assert response.headers["Location"] == page_of(outage)
    assert LateRegistration.objects.get().ward == cast.iva
    assert "Sal 3" in client.get(page_of(outage)).content.decode()


def test_a_clock_alone_is_enough_in_an_outage_that_had_it_once(
    cast: Cast, outage: Outage, sign_in: SignIn
) -> None:
    clock = timezone.localtime(outage.started_at + timedelta(minutes=5))
    client = sign_in(cast.wilma)
    response = lists(client, outage, ward=str(cast.iva.pk), treated_at=f"{clock:%H.%M}")
    assert response.status_code == 302
    assert typed(LateRegistration.objects.get().treated_at) == typed(clock)


def test_who_has_one_ward_neednt_choose_it(cast: Cast, outage: Outage, sign_in: SignIn) -> None:
    page = sign_in(cast.wilma).get(page_of(outage)).content.decode()
    assert f'<option value="{cast.iva.pk}" selected>' in page
    assert str(cast.eye) not in page


def test_another_ward_cant_be_chosen(cast: Cast, outage: Outage, sign_in: SignIn) -> None:
    response = lists(sign_in(cast.wilma), outage, ward=str(cast.eye.pk))
    assert response.status_code == 400
    assert not LateRegistration.objects.exists()


def test_the_administrator_names_any_ward(cast: Cast, outage: Outage, sign_in: SignIn) -> None:
    client = sign_in(cast.adele)
    assert lists(client, outage, ward="Ögonmottagning").status_code == 302
    assert LateRegistration.objects.get().ward == cast.eye
    assert lists(client, outage, ward="nowhere").status_code == 400


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("place", "121212-1212"),
        ("place", ""),
        ("treated_at", "2020-01-01 00:00"),
        ("treated_at", ""),
    ],
)
def test_a_fault_is_said_beside_its_field(
    cast: Cast, outage: Outage, sign_in: SignIn, field: str, text: str
) -> None:
    response = lists(sign_in(cast.wilma), outage, ward=str(cast.iva.pk), **{field: text})
    assert response.status_code == 400
    assert f'id="late_{field}_error"' in response.content.decode()
    assert not LateRegistration.objects.exists()


def test_a_form_used_before_is_told(cast: Cast, outage: Outage, sign_in: SignIn) -> None:
    row = listed(cast, outage)
    client = sign_in(cast.wilma)
    key = str(row.request_key)
    response = lists(client, outage, ward=str(cast.iva.pk), request_key=key)
    assert response.status_code == 409
    assert page_of(outage) in response.content.decode()


def test_what_is_open_comes_first_and_others_arent_seen(
    cast: Cast, outage: Outage, sign_in: SignIn
) -> None:
    done = listed(cast, outage, place="Säng Ett")
    scenes.treated_without(
        cast, outage, place="Säng Två", treated_at=outage.started_at + timedelta(minutes=9)
    )
    listed(cast, outage, place="Ögonbänken", ward=cast.eye)
    late_registration.register(done.pk, scenes.REAL_WOMAN, now(cast.wilma))
    page = sign_in(cast.wilma).get(page_of(outage)).content.decode()
    assert page.index("Säng Två") < page.index("Säng Ett")
    assert "Ögonbänken" not in page
    everything = sign_in(cast.gunde).get(page_of(outage)).content.decode()
    assert "Ögonbänken" in everything
    assert "/register/" not in everything
    one = sign_in(cast.gunde).get(f"{page_of(outage)}?ward={cast.eye.pk}").content.decode()
    assert "Ögonbänken" in one
    assert "Säng Ett" not in one
    looked = LogEntry.objects.filter(actor=cast.wilma, act="access", number=scenes.REAL_WOMAN)
    assert looked.count() == 1


@pytest.mark.both_databases
def test_the_ward_registers_and_comes_back_to_the_row(
    cast: Cast, row: LateRegistration, sign_in: SignIn
) -> None:
    client = sign_in(cast.wilma)
    response = client.post(f"/outage/late/{row.pk}/register/", {"number": scenes.REAL_WOMAN})
    assert response.headers["Location"] == f"{page_of(row.outage)}#late-{row.pk}"
    assert "19450829 K 08 8" in client.get(page_of(row.outage)).content.decode()
    again = client.post(f"/outage/late/{row.pk}/register/", {"number": scenes.REAL_MAN})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": "x"}, "register_form_number"),
        ({}, "register_form_number"),
        ({"number": scenes.REAL_WOMAN, "at": "2020-01-01 00:00"}, "register_form_at"),
    ],
)
def test_a_wrong_registration_is_said_beside_its_field(
    cast: Cast, row: LateRegistration, sign_in: SignIn, fields: dict[str, str], field: str
) -> None:
    response = sign_in(cast.wilma).post(f"/outage/late/{row.pk}/register/", fields)
    assert response.status_code == 400
    assert f'id="{field}_error"' in response.content.decode()


def test_asking_for_anothers_number_is_logged(
    cast: Cast, row: LateRegistration, sign_in: SignIn
) -> None:
    late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    other = listed(cast, row.outage, ward=cast.eye)
    fields = {"number": scenes.REAL_WOMAN}
    sign_in(cast.vidar).post(f"/outage/late/{other.pk}/register/", fields)
    entry = LogEntry.objects.get(act="number_checked", actor=cast.vidar)
    assert (entry.number, entry.unit) == (scenes.REAL_WOMAN, str(cast.iva))


def test_the_ward_strikes_a_row(cast: Cast, row: LateRegistration, sign_in: SignIn) -> None:
    client = sign_in(cast.wilma)
    strike = f"/outage/late/{row.pk}/strike/"
    assert client.post(strike, {}).status_code == 400
    assert client.post(strike, {"reason": "listed twice"}).status_code == 302
    assert "listed twice" in client.get(page_of(row.outage)).content.decode()
    assert client.post(strike, {"reason": "again"}).status_code == 409


def test_another_wards_row_isnt_found(cast: Cast, row: LateRegistration, sign_in: SignIn) -> None:
    for act in ("register", "strike"):
        path = f"/outage/late/{row.pk}/{act}/"
        fields = {"number": scenes.REAL_WOMAN, "reason": "x"}
        assert sign_in(cast.vidar).post(path, fields).status_code == 404
        assert sign_in(cast.tilda).post(path, fields).status_code == 403
    row.refresh_from_db()
    assert (row.number, row.struck_at) == (None, None)


def test_a_drills_pages_wear_its_frame(cast: Cast, drill: Outage, sign_in: SignIn) -> None:
    row = listed(cast, drill)
    client = sign_in(cast.wilma)
    page = client.get(page_of(drill)).content.decode()
    assert 'class="drill"' in page
    assert late_registration.training_number(row)[-4:-1] in page.replace("\xa0", "")
    failed = client.post(f"/outage/late/{row.pk}/register/", {})
    assert 'class="drill"' in failed.content.decode()


def test_the_wards_start_page_says_what_is_owed(
    cast: Cast, row: LateRegistration, sign_in: SignIn
) -> None:
    lifecycle.end(row.outage, scenes.now(cast.tilda))
    assert page_of(row.outage) in sign_in(cast.wilma).get("/ward/").content.decode()
    assert page_of(row.outage) not in sign_in(cast.vidar).get("/ward/").content.decode()
    late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    assert page_of(row.outage) not in sign_in(cast.wilma).get("/ward/").content.decode()


def test_not_all_is_done_while_a_patient_is_owed(
    cast: Cast, row: LateRegistration, sign_in: SignIn
) -> None:
    wilma = sign_in(cast.wilma)
    assert "Allt är klart" not in wilma.get("/ward/").content.decode()
    late_registration.register(row.pk, PERSONNUMMER, now(cast.wilma))
    assert "Allt är klart" in wilma.get("/ward/").content.decode()


def test_a_mistyped_wards_patients_are_the_wards_own(cast: Cast, outage: Outage) -> None:
    mistyped = Ward.objects.create(name="Iwa", confirmed=False, same_as=cast.iva)
    listed(cast, outage, ward=mistyped)
    assert late_registration.visible_to(cast.wilma).count() == 1
    assert late_registration.visible_to(cast.vidar).count() == 0


@pytest.mark.one_database("statements")
def test_the_pages_cost_the_same_however_many_there_are(
    cast: Cast, row: LateRegistration, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = sign_in(cast.wilma)
    for path in (page_of(row.outage), "/ward/"):
        client.get(path)
        with django_assert_max_num_queries(100) as few:
            client.get(path)
        for _more in range(5):
            listed(cast, row.outage)
        with django_assert_max_num_queries(len(few)):
            client.get(path)
