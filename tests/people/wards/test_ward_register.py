"""The administrator's page of wards that were typed in and of people without a ward."""

import inspect
import re
from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.acts.act import Done
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Clinic, Membership, User, Ward, WardChange
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards import register as wards
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.changes.changing import Terms
from custody.models import Binder
from outage.models import Outage
from tests import scenes
from tests.cast import Cast, person, ward
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.races.processes.job import PATIENCE_SECONDS
from tests.races.together import race

SCRIPT = "<script>alert(1)</script>"


def typed_in(name: str) -> Ward:
    return wards.keep_typed_in(wards.typed_in(name))


@scene
def adele(sign_in: SignIn, cast: Cast) -> Client:
    cast.adele.language = "en"
    cast.adele.save()
    return sign_in(cast.adele)


@scene
def ivva(db: None) -> Ward:
    """A ward that somebody mistyped."""
    return typed_in("IVVA")


@scene
def vera(db: None) -> User:
    """A ward's person whom nobody has given a ward."""
    return person("vera", Role.WARD)


def shown(response: Any) -> str:
    # The list of keys has its heading on every page.
    return str(response.content.decode().replace("<h3>Keys</h3>", ""))


def choices(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'name="ward_choice"\s+value="(\d+)"', page)]


def merged(client: Client, ward: Ward, text: str, **more: object) -> Any:
    return client.post(f"/wards/{ward.pk}/merge/", {"ward": text, **more}, follow=True)


def confirmed(client: Client, ward: Ward, **fields: object) -> Any:
    sent = {"name": ward.name, **fields}
    return client.post(f"/wards/{ward.pk}/confirm/", sent, follow=True)


def given(client: Client, user: User, text: str, **more: object) -> Any:
    return client.post(f"/wards/people/{user.pk}/", {"ward": text, **more}, follow=True)


# --- what waits -----------------------------------------------------------------------------


def test_the_page_says_when_nothing_waits(adele: Client) -> None:
    page = shown(adele.get("/wards/"))
    assert "No ward waits." in page
    assert "Everybody with the role of a ward belongs to one." in page


def test_typed_in_wards_wait_the_oldest_first(adele: Client, cast: Cast) -> None:
    for name in ("Zon 2", "Aktivitet", "Settled"):
        typed_in(name)
    wards.merge(Ward.objects.get(name="Settled"), cast.iva, scenes.now(cast.adele))
    page = shown(adele.get("/wards/"))
    assert re.findall(r"<h3>“(.*?)”</h3>", page) == ["Zon 2", "Aktivitet"]


def test_people_without_a_ward_are_listed_and_nobody_else(
    adele: Client, cast: Cast, vera: User
) -> None:
    left = person("vilda", Role.WARD)
    left.is_active = False
    left.save()
    assert re.findall(r"<h3>(\w+)</h3>", shown(adele.get("/wards/"))) == ["vera"]


def test_a_long_list_is_cut_and_says_so(adele: Client) -> None:
    for number in range(51):
        typed_in(f"Tält {number}")
    page = shown(adele.get("/wards/"))
    assert page.count("<h3>") == 50
    assert "There are more." in page


def test_the_registers_are_one_step_away(adele: Client) -> None:
    page = shown(adele.get("/wards/"))
    for register in ("/wards/every/", "/people/"):
        assert f'href="{register}"' in page


@pytest.mark.one_database("statements")
def test_as_many_statements_for_thirty_as_for_one(adele: Client, ivva: Ward, vera: User) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert adele.get(path).status_code == 200
        return len(captured)

    paths = ("/wards/", f"/wards/{ivva.pk}/", f"/wards/people/{vera.pk}/")
    adele.get("/wards/")
    one = [cost(path) for path in paths]
    for number in range(30):
        typed_in(f"Tält {number}")
        person(f"ward{number}", Role.WARD)
        ward(f"IVVA-kliniken {number}", "IVVA-avdelning")
    assert [cost(path) for path in paths] == one


@pytest.mark.parametrize("name", ["tilda", "wilma", "gunde", "noone"])
def test_nobody_else_settles_anything(
    sign_in: SignIn, cast: Cast, ivva: Ward, vera: User, name: str
) -> None:
    client = sign_in(getattr(cast, name))
    answers = (
        client.get("/wards/"),
        merged(client, ivva, str(cast.iva)),
        confirmed(client, ivva, clinic=cast.iva.clinic_id),
        given(client, vera, str(cast.iva)),
    )
    assert {answer.status_code for answer in answers} == {403}
    assert list(wards.waiting()) == [ivva]
    assert list(wards.people_without()) == [vera]


# --- it is a known ward ---------------------------------------------------------------------


def test_a_mistyped_ward_is_the_one_that_was_meant(adele: Client, cast: Cast, ivva: Ward) -> None:
    answer = merged(adele, ivva, "anestesikliniken / iva")
    assert answer.redirect_chain == [("/wards/", 302)]
    assert "“IVVA” is Anestesikliniken / IVA." in shown(answer)
    assert Ward.objects.get(pk=ivva.pk).same_as == cast.iva
    assert not wards.waiting().exists()


def test_its_people_see_what_was_handed_out_in_its_name(
    adele: Client, cast: Cast, sign_in: SignIn, real_binder: Binder, outage: Outage
) -> None:
    handout = scenes.handed_out(cast, ward=wards.typed_in("IVVA"))
    address = f"/ward/handouts/{handout.pk}/"
    assert sign_in(cast.wilma).get(address).status_code == 404
    merged(adele, handout.ward, "IVA")
    assert sign_in(cast.wilma).get(address).status_code == 200
    assert sign_in(cast.vidar).get(address).status_code == 404


def test_the_audit_log_says_who_settled_it(adele: Client, cast: Cast, ivva: Ward) -> None:
    merged(adele, ivva, "IVA")
    entry = LogEntry.objects.filter(object_pk=ivva.pk, content_type__model="ward").latest("id")
    assert entry.actor == cast.adele
    assert entry.changes == {"same_as": ["None", str(cast.iva.pk)]}


def test_its_own_page_offers_what_resembles_it(adele: Client, cast: Cast) -> None:
    page = shown(adele.get(f"/wards/{typed_in('Ögonmott').pk}/"))
    assert choices(page) == [cast.eye.pk]


def test_a_part_of_a_name_is_asked_about_and_then_chosen(
    adele: Client, cast: Cast, ivva: Ward
) -> None:
    asked = merged(adele, ivva, "anest")
    assert asked.status_code == 400
    assert choices(shown(asked)) == [cast.iva.pk]
    merged(adele, ivva, "anest", ward_asked="anest", ward_choice=cast.iva.pk)
    assert Ward.objects.get(pk=ivva.pk).same_as == cast.iva


def test_a_choice_is_void_when_something_else_is_written(
    adele: Client, cast: Cast, ivva: Ward
) -> None:
    merged(adele, ivva, str(cast.eye), ward_asked="anest", ward_choice=cast.iva.pk)
    assert Ward.objects.get(pk=ivva.pk).same_as == cast.eye


def test_a_name_of_several_clinics_is_asked_about(adele: Client, cast: Cast, ivva: Ward) -> None:
    other = ward("Kirurgkliniken", "IVA")
    asked = merged(adele, ivva, "IVA")
    assert asked.status_code == 400
    assert asked.context["known_form"].candidates == [cast.iva, other]


@pytest.mark.parametrize("text", ["", "   ", "Nowhere", "IVVA", "å" * 10_000, "\x00", "%", SCRIPT])
def test_what_names_no_known_ward_is_refused_beside_the_field(
    adele: Client, ivva: Ward, text: str
) -> None:
    answer = merged(adele, ivva, text)
    assert answer.status_code == 400
    assert 'id="known_ward_error"' in shown(answer)
    assert SCRIPT not in shown(answer)
    assert list(wards.waiting()) == [ivva]


@pytest.mark.parametrize("choice", ["0", "-1", "9" * 30, "x", "\x00", SCRIPT, ""])
def test_a_forged_choice_settles_nothing(adele: Client, ivva: Ward, choice: str) -> None:
    answer = merged(adele, ivva, "anest", ward_asked="anest", ward_choice=choice)
    assert answer.status_code == 400
    assert list(wards.waiting()) == [ivva]


def test_a_ward_that_waits_is_no_answer_for_another(adele: Client, ivva: Ward, cast: Cast) -> None:
    other = typed_in("Tältet")
    answer = merged(adele, ivva, "", ward_asked="", ward_choice=other.pk)
    assert answer.status_code == 400
    with pytest.raises(wards.NotConfirmed):
        wards.merge(ivva, other, scenes.now(cast.adele))
    with pytest.raises(wards.NotConfirmed):
        wards.merge(ivva, ivva, scenes.now(cast.adele))
    assert list(wards.waiting()) == [ivva, other]


def test_who_comes_second_is_told_what_the_first_said(
    adele: Client, cast: Cast, ivva: Ward
) -> None:
    wards.merge(ivva, cast.iva, scenes.now(cast.adele))
    for answer in (
        merged(adele, ivva, str(cast.eye)),
        confirmed(adele, ivva, clinic=cast.eye.clinic_id),
        adele.get(f"/wards/{ivva.pk}/", follow=True),
    ):
        assert "Somebody was here before you: “IVVA” is Anestesikliniken / IVA." in shown(answer)
    assert Ward.objects.get(pk=ivva.pk).same_as == cast.iva


def test_a_known_ward_cannot_be_made_another(adele: Client, cast: Cast) -> None:
    merged(adele, cast.eye, str(cast.iva))
    assert Ward.objects.get(pk=cast.eye.pk).same_as is None


@pytest.mark.parametrize("key", ["0", "99999999999999999999", "2147483648"])
def test_what_is_not_there_is_not_found(adele: Client, key: str) -> None:
    for path in ("/wards/{}/merge/", "/wards/{}/confirm/", "/wards/people/{}/"):
        assert adele.post(path.format(key), {"ward": "IVA"}).status_code == 404, path
    assert adele.get(f"/wards/{key}/").status_code == 404


# --- it is a new ward -----------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_new_ward_of_a_known_clinic(adele: Client, cast: Cast, ivva: Ward) -> None:
    answer = confirmed(adele, ivva, clinic=cast.iva.clinic_id, name=" IVA  väst ")
    assert "Anestesikliniken / IVA väst stands in the register now." in shown(answer)
    assert wards.find("Anestesikliniken / IVA väst") == ivva
    assert wards.search("vast", confirmed_only=True) == [ivva]


def test_a_new_ward_of_a_new_clinic(adele: Client, ivva: Ward) -> None:
    confirmed(adele, ivva, new_clinic="Fältsjukhuset")
    assert str(Ward.objects.get(pk=ivva.pk)) == "Fältsjukhuset / IVVA"
    models = LogEntry.objects.filter(actor__username="adele").values_list("content_type__model")
    assert {"clinic", "ward"} <= {model for (model,) in models}
    # It opens as on its own page.
    clinic = Clinic.objects.get(name="Fältsjukhuset")
    for opens, name in ((clinic, "clinic"), (clinic.wards.get(), "ward")):
        (opened,) = opens.changes.all()
        today = timezone.localdate()
        assert (opens.opened_on, opened.day, opened.by) == (today, today, "adele")
        assert opened.kind == "opened"
        entries = LogEntry.objects.filter(content_type__model=name, object_pk=opens.pk)
        assert entries.latest("pk").act == f"{name}_opened"


@pytest.mark.one_database("decisions")
def test_a_name_that_a_closed_ward_had_is_asked_about_once(
    adele: Client, cast: Cast, ivva: Ward
) -> None:
    terms = Terms(WardChange.Kind.CLOSED, timezone.localdate(), "moved")
    changing.change(cast.iva, terms, scenes.now(cast.adele))
    asked = confirmed(adele, ivva, clinic=cast.iva.clinic_id, name="IVA")
    assert (asked.status_code, list(wards.waiting())) == (400, [ivva])
    assert "no ward took over" in shown(asked)
    done = confirmed(adele, ivva, clinic=cast.iva.clinic_id, name="IVA", again="on")
    assert (done.status_code, wards.find("IVA")) == (200, ivva)


def test_a_clinic_that_exists_is_not_made_again(adele: Client, cast: Cast, ivva: Ward) -> None:
    confirmed(adele, ivva, new_clinic="ANESTESIKLINIKEN")
    assert Ward.objects.get(pk=ivva.pk).clinic == cast.iva.clinic
    assert Clinic.objects.count() == 2


@pytest.mark.both_databases
def test_a_name_that_the_clinic_has_is_refused_and_nothing_kept(
    adele: Client, cast: Cast, ivva: Ward
) -> None:
    answer = confirmed(adele, ivva, clinic=cast.iva.clinic_id, name="iva")
    assert answer.status_code == 400
    assert 'id="new_name_error"' in shown(answer)
    assert "already has the ward" in shown(answer)
    assert list(wards.waiting()) == [ivva]
    assert not LogEntry.objects.filter(object_pk=ivva.pk, action=LogEntry.Action.UPDATE).exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "clinic"),
        ({"new_clinic": "  \u200b "}, "clinic"),
        ({"clinic": "9" * 30}, "clinic"),
        ({"clinic": SCRIPT}, "clinic"),
        ({"new_clinic": "å" * 121}, "new_clinic"),
        ({"new_clinic": "Fält", "name": ""}, "name"),
        ({"new_clinic": "Fält", "name": "\x00\u202e"}, "name"),
        ({"new_clinic": "Fält", "name": "å" * 121}, "name"),
    ],
)
def test_what_cannot_stand_in_the_register_is_refused_beside_its_field(
    adele: Client, ivva: Ward, fields: dict[str, str], field: str
) -> None:
    answer = confirmed(adele, ivva, **fields)
    assert answer.status_code == 400
    assert list(answer.context["new_form"].errors) == [field]
    assert f'id="new_{field}_error"' in shown(answer)
    assert SCRIPT not in shown(answer)
    assert list(wards.waiting()) == [ivva]


def test_two_clinics_are_one_too_many(adele: Client, cast: Cast, ivva: Ward) -> None:
    answer = confirmed(adele, ivva, clinic=cast.iva.clinic_id, new_clinic="Fält")
    assert answer.status_code == 400
    assert not Clinic.objects.filter(name="Fält").exists()


def test_a_name_typed_in_comes_alive_nowhere(adele: Client, vera: User) -> None:
    evil = typed_in(SCRIPT)
    for path in ("/wards/", f"/wards/{evil.pk}/"):
        assert SCRIPT not in shown(adele.get(path))
    assert SCRIPT not in shown(confirmed(adele, evil, new_clinic=SCRIPT))


# --- who belongs nowhere --------------------------------------------------------------------


def test_a_person_is_given_a_ward(adele: Client, cast: Cast, vera: User) -> None:
    answer = given(adele, vera, "Anestesikliniken / IVA")
    assert "vera belongs to Anestesikliniken / IVA and sees its numbers." in shown(answer)
    assert list(vera.wards.all()) == [cast.iva]
    made = Membership.objects.get(user=vera)
    entry = LogEntry.objects.get(content_type__model="membership", object_pk=made.pk)
    assert (entry.actor, entry.action) == (cast.adele, LogEntry.Action.CREATE)


def test_a_ward_that_was_only_typed_in_can_have_no_people(
    adele: Client, vera: User, ivva: Ward, cast: Cast
) -> None:
    assert given(adele, vera, "IVVA").status_code == 400
    with pytest.raises(wards.NotConfirmed):
        wards.add_member(vera, ivva, scenes.now(cast.adele))
    assert not vera.wards.exists()


def test_a_part_of_a_wards_name_is_asked_about(adele: Client, cast: Cast, vera: User) -> None:
    asked = given(adele, vera, "anest")
    assert asked.status_code == 400
    assert 'id="member_ward_choice_error"' in shown(asked)
    given(adele, vera, "anest", ward_asked="anest", ward_choice=cast.iva.pk)
    assert list(vera.wards.all()) == [cast.iva]


def test_the_form_has_a_page_of_its_own(adele: Client, vera: User) -> None:
    assert "Which ward does vera belong to?" in shown(adele.get(f"/wards/people/{vera.pk}/"))
    assert adele.post(f"/wards/people/{vera.pk}/").status_code == 400


def test_who_was_given_a_ward_meanwhile_keeps_it(adele: Client, cast: Cast, vera: User) -> None:
    wards.add_member(vera, cast.iva, scenes.now(cast.adele))
    answer = given(adele, vera, str(cast.eye))
    expected = "Somebody was here before you: vera belongs to Anestesikliniken / IVA."
    assert expected in shown(answer)
    assert list(vera.wards.all()) == [cast.iva]


def test_who_left_is_given_no_ward(adele: Client, cast: Cast, vera: User) -> None:
    vera.is_active = False
    vera.save()
    assert given(adele, vera, "IVA").status_code == 404
    with pytest.raises(wards.AlreadySettled, match="deactivated"):
        wards.add_member(vera, cast.iva, scenes.now(cast.adele))


@pytest.mark.parametrize("name", ["tilda", "adele", "noone"])
def test_only_people_of_wards_are_given_one(adele: Client, cast: Cast, name: str) -> None:
    user = getattr(cast, name)
    assert given(adele, user, "IVA").status_code == 404
    assert not user.wards.exists()


# --- two at once ----------------------------------------------------------------------------

MEETINGS = range(5)


def outcomes(*acts: Callable[[], object]) -> list[str]:
    rows = (each.row if isinstance(each, Done) else each for each in race(*acts))
    return sorted(type(row).__name__ for row in rows)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_settle_a_ward_one_is_told(cast: Cast) -> None:
    for meeting in MEETINGS:
        ward = typed_in(f"Tält {meeting}")
        assert outcomes(
            partial(wards.merge, ward, cast.iva, scenes.now(cast.adele)),
            partial(wards.merge, ward, cast.eye, scenes.now(cast.adele)),
        ) == ["AlreadySettled", "Ward"]


@pytest.mark.django_db(transaction=True)
def test_without_transaction_and_lock_nobody_would_be_told(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    naive, look = inspect.unwrap(wards.merge), wards.check_waits
    both_have_looked = Barrier(2, timeout=PATIENCE_SECONDS)

    def look_together(ward: Ward) -> None:
        look(ward)
        both_have_looked.wait()

    monkeypatch.setattr(wards, "check_waits", look_together)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_how: rows)
    ward = typed_in("Tältet")
    told = outcomes(
        partial(naive, ward, cast.iva, scenes.now(cast.adele)),
        partial(naive, ward, cast.eye, scenes.now(cast.adele)),
    )
    assert told == ["Ward", "Ward"]


@pytest.mark.django_db(transaction=True)
def test_a_ward_is_known_or_new_but_not_both(cast: Cast) -> None:
    for meeting in MEETINGS:
        ward = typed_in(f"Tält {meeting}")
        told = outcomes(
            partial(wards.merge, ward, cast.iva, scenes.now(cast.adele)),
            partial(changing.confirm, ward, "Fältsjukhuset", ward.name, scenes.now(cast.adele)),
        )
        assert told == ["AlreadySettled", "Ward"]
        ward.refresh_from_db()
        assert ward.confirmed == (ward.same_as is None)


@pytest.mark.django_db(transaction=True)
def test_two_new_wards_of_one_name_are_one(cast: Cast) -> None:
    for meeting in MEETINGS:
        told = outcomes(
            *(
                partial(
                    changing.confirm,
                    typed_in(f"{name} {meeting}"),
                    "Fält",
                    f"Tält {meeting}",
                    scenes.now(cast.adele),
                )
                for name in ("A", "B")
            )
        )
        assert told == ["NameTaken", "Ward"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_a_person_a_ward_one_is_told(cast: Cast) -> None:
    for meeting in MEETINGS:
        user = person(f"vera{meeting}", Role.WARD)
        told = outcomes(
            partial(wards.add_member, user, cast.iva, scenes.now(cast.adele)),
            partial(wards.add_member, user, cast.eye, scenes.now(cast.adele)),
        )
        assert told == ["AlreadySettled", "Membership"]
        assert user.wards.count() == 1
