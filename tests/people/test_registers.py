"""Django's admin: plain registers are kept there, history is only shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.read_only import ReadOnlyAdmin
from befreg_reserv.people.models import Clinic, User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards import register as wards
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import missing_sheet
from custody.models import (
    Binder,
    Count,
    CountLine,
    ForeignSheet,
    Handout,
    LateRegistration,
    PreparedNumber,
    Quarantine,
    Reminder,
    ReserveNumber,
    SignOff,
    SwitchItem,
)
from custody.planned import prepared
from outage.models import (
    Contact,
    Doubt,
    DrillTargets,
    Need,
    NewsItem,
    Outage,
    Plan,
    Reading,
)
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import refusing_in_a_word

pytestmark = pytest.mark.one_database("words")

HISTORY = [
    Binder, ReserveNumber, Handout, Quarantine, Count, CountLine, ForeignSheet, PreparedNumber,
    LateRegistration, SignOff, Reminder, Outage, Doubt, Plan, Need, Reading, NewsItem, User,
    Contact, DrillTargets, SwitchItem,
]  # fmt: skip
PLAIN = [Clinic, Ward]


def page(model: type[Model], act: str, *key: object) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{act}", args=key)


@scene
def adele(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.adele)


@scene
def root(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(superuser())


def superuser() -> User:
    user = casting.person("root1")
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
    return user


@contextmanager
def rolled_back() -> Iterator[Cast]:
    """Begin with the cast alone, and leave no trace: what is read here, a process reads once."""
    with transaction.atomic():
        yield casting.assemble()
        transaction.set_rollback(True)


# --- who comes in ---------------------------------------------------------------------------


def test_a_stranger_comes_to_our_own_sign_in_page(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1] == ("/sign-in/?next=/admin/", 302)


@pytest.mark.parametrize("name", ["tilda", "wilma", "noone"])
def test_the_other_roles_are_refused(sign_in: SignIn, cast: Cast, name: str) -> None:
    for path in ("/admin/", page(User, "changelist"), page(Handout, "changelist")):
        response = sign_in(getattr(cast, name)).get(path, follow=True)
        assert response.status_code == 403, path


def test_an_administrator_sees_every_register_and_no_more(adele: Client) -> None:
    apps = adele.get("/admin/").context["app_list"]
    shown = {model["model"] for app in apps for model in app["models"]}
    assert shown == {*PLAIN, *HISTORY}


@scene
def history(cast: Cast, handout: Handout) -> Handout:
    """A row in every register of history."""
    around(cast, handout.outage, 1)
    return missing_sheet.give_next(handout.pk, scenes.now(cast.tilda)).row


def around(cast: Cast, outage: Outage, day: int, ward: Ward | None = None) -> None:
    """Write a row of all that comes before and after an outage; ``day`` tells it from others."""
    ward = ward or cast.iva
    at = timezone.now()
    plan = scenes.planned(cast, wards=[ward], ahead=day)
    prepared.enter(plan, ward, scenes.many_numbers(37)[-day], Event.now(cast.adele, at))
    binder = Binder.objects.get(training=False)
    lying = binder.numbers.filter(taken_at=None).values_list("pk", flat=True)
    found = Found(at, frozenset(lying), ("K999",))
    event = scenes.now(cast.tilda)
    count.count_binder(binder.pk, found, event, request_key=uuid4(), reason="looked twice")
    scenes.treated_without(cast, outage, ward=ward)
    over = Outage.objects.create(kind="unplanned", drill=False, started_at=at, ended_at=at)
    SignOff.objects.create(outage=over, at=at, by=cast.adele)
    Reminder.objects.create(
        outage=outage, ward=ward, sequence=day, day=at.date(), handouts=1, claimed_at=at
    )
    Reading.objects.create(target="befreg", at=at, result="timeout", milliseconds=10)
    NewsItem.objects.create(uid=str(day), title="Befreg", first_seen_at=at, last_seen_at=at)


def test_an_auditor_sees_every_register_and_changes_none(
    cast: Cast, sign_in: SignIn, history: Handout
) -> None:
    gunde = sign_in(cast.gunde)
    for model in (*PLAIN, *HISTORY):
        row = model._base_manager.first()
        assert row
        assert gunde.get(page(model, "changelist")).status_code == 200
        assert gunde.post(page(model, "change", row.pk), {"name": "x"}).status_code == 403


def test_a_mistyped_ward_is_told_to_be_the_one_that_was_meant(
    adele: Client, cast: Cast, sign_in: SignIn, real_binder: Binder, outage: Outage
) -> None:
    typed = wards.typed_in("IVVA")
    handout = scenes.handed_out(cast, ward=typed)
    address = f"/ward/handouts/{handout.pk}/"
    assert sign_in(cast.wilma).get(address).status_code == 404
    adele.post(page(Ward, "change", handout.ward_id), {"name": "IVVA", "same_as": cast.iva.pk})
    assert sign_in(cast.wilma).get(address).status_code == 200
    assert sign_in(cast.vidar).get(address).status_code == 404


def test_only_what_was_listed_is_registered() -> None:
    names = {model.__name__ for model in admin.site._registry}
    assert names == {"Group", *(model.__name__ for model in (*PLAIN, *HISTORY))}


# --- people ---------------------------------------------------------------------------------


def test_people_are_only_looked_at_here(adele: Client, root: Client, cast: Cast) -> None:
    for client in (adele, root):
        shown = client.get(page(User, "change", cast.tilda.pk))
        assert (shown.status_code, b"argon2" in shown.content) == (200, False)
        assert client.post(page(User, "add"), {"username": "nyare"}).status_code == 403


def test_the_addresses_for_reminders_are_kept_in_the_registers(adele: Client, cast: Cast) -> None:
    ward = {"name": "IVA", "clinic": cast.iva.clinic_id, "confirmed": "on"}
    for email in ("iva@example.org", "iva"):  # the second is none
        adele.post(page(Ward, "change", cast.iva.pk), ward | {"email": email})
        assert Ward.objects.get(pk=cast.iva.pk).email == "iva@example.org"


def test_a_right_given_past_the_page_counts_for_nothing(sign_in: SignIn, cast: Cast) -> None:
    cast.wilma.user_permissions.add(Permission.objects.get(codename="hand_out"))
    assert sign_in(cast.wilma).post("/till/hand-out/").status_code == 403


def test_an_administrator_gives_roles_and_not_rights(adele: Client, root: Client) -> None:
    assert adele.get(page(Group, "changelist")).status_code == 403
    assert root.get(page(Group, "changelist")).status_code == 200
    assert root.get(page(Group, "add")).status_code == 403


# --- clinics and wards ----------------------------------------------------------------------


def ward_form(ward: Ward, **changes: Any) -> dict[str, Any]:
    fields = {"clinic": ward.clinic_id or "", "name": ward.name, "hsa_id": "", "telephone": ""}
    return fields | changes


def test_a_typed_in_ward_is_filtered_out_and_confirmed(adele: Client, cast: Cast) -> None:
    typed = Ward.objects.create(name="Tältet", confirmed=False)
    found = adele.get(page(Ward, "changelist") + "?confirmed__exact=0").context["cl"]
    assert list(found.result_list) == [typed]
    fields = ward_form(typed, clinic=cast.iva.clinic_id, confirmed="on")
    adele.post(page(Ward, "change", typed.pk), fields)
    typed.refresh_from_db()
    assert str(typed) == "Anestesikliniken / Tältet"
    assert typed.confirmed


def test_a_confirmed_ward_needs_its_clinic(adele: Client) -> None:
    typed = Ward.objects.create(name="Tältet", confirmed=False)
    answer = adele.post(page(Ward, "change", typed.pk), ward_form(typed, confirmed="on"))
    assert answer.context["adminform"].form.non_field_errors()


def test_a_second_ward_of_the_same_name_is_refused_in_words(adele: Client, cast: Cast) -> None:
    answer = adele.post(page(Ward, "add"), ward_form(cast.iva, name="iva", confirmed="on"))
    assert answer.context["adminform"].form.non_field_errors()
    # Clinics have pages of their own.
    assert adele.post(page(Clinic, "add"), {"name": "Hudkliniken"}).status_code == 403


@pytest.mark.both_databases
def test_wards_are_found_by_swedish_letters_in_any_case(adele: Client, cast: Cast) -> None:
    found = adele.get(page(Ward, "changelist"), {"q": "ÖGONMOTT"}).context["cl"]
    assert list(found.result_list) == [cast.eye]


@pytest.mark.parametrize("model", [Clinic, Ward])
def test_neither_is_deleted(root: Client, cast: Cast, model: type[Model]) -> None:
    key = model._default_manager.latest("pk").pk
    assert root.post(page(model, "delete", key), {"post": "yes"}).status_code == 403


# --- history --------------------------------------------------------------------------------


@cache
def touched() -> dict[type[Model], list[int]]:
    """Look at each register of history and try to change it, as both who may most; leave no trace.

    Returns the answers: two looks and three tries, of each person.
    """
    answers: dict[type[Model], list[int]] = {}
    with refusing_in_a_word(), rolled_back() as cast:
        scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
        outage = scenes.begin(cast.tilda)
        handout = scenes.handed_out(cast)
        around(cast, outage, 1)
        missing_sheet.give_next(handout.pk, scenes.now(cast.tilda))
        clients = [SignIn()(cast.adele), SignIn()(superuser())]
        for model, client in product(HISTORY, clients):
            key = model._default_manager.latest("pk").pk
            shown = (page(model, "changelist"), page(model, "change", key))
            tried = (page(model, "add"), page(model, "change", key), page(model, "delete", key))
            found = [client.get(path).status_code for path in shown]
            found += [client.post(path, {"post": "yes"}).status_code for path in tried]
            answers.setdefault(model, []).extend(found)
    return answers


@pytest.mark.parametrize("model", HISTORY)
def test_history_is_shown_and_never_touched(db: None, model: type[Model]) -> None:
    assert touched()[model] == [200, 200, 403, 403, 403] * 2


@pytest.mark.parametrize("model", HISTORY)
def test_no_action_is_offered_on_it(rf: Any, cast: Cast, model: type[Model]) -> None:
    register = admin.site._registry[model]
    request = rf.get("/")
    request.user = cast.adele
    assert isinstance(register, ReadOnlyAdmin)
    assert register.get_actions(request) == {}


def test_who_looks_at_a_number_is_written_down(adele: Client, cast: Cast, handout: Handout) -> None:
    adele.get(page(Handout, "change", handout.pk))
    looked = LogEntry.objects.get(actor=cast.adele, act="access")
    assert (looked.number, looked.unit) == (handout.number.value, str(cast.iva))


@pytest.mark.parametrize(
    "model", [ReserveNumber, Handout, Quarantine, CountLine, ForeignSheet, PreparedNumber]
)
@pytest.mark.parametrize("act", ["changelist", "change"])
def test_every_register_that_shows_a_number_logs_which(
    adele: Client, cast: Cast, history: Handout, model: type[Model], act: str
) -> None:
    rows = list(model._default_manager.all())
    if act == "change":
        rows = rows[:1]
    adele.get(page(model, act, *(row.pk for row in rows if act == "change")))
    looked = LogEntry.objects.filter(actor=cast.adele, act="access")
    numbers = [getattr(row, "value", None) or row.number.value for row in rows]  # type: ignore[attr-defined]
    assert sorted(looked.values_list("number", flat=True)) == sorted(numbers)


def test_the_handouts_page_shows_its_steps_and_who_took_them(
    adele: Client, handout: Handout
) -> None:
    response = adele.get(page(Handout, "change", handout.pk))
    steps, notices = response.context["inline_admin_formsets"]
    assert [form.instance.by for form in steps.forms] == ["tilda"]
    assert not notices.forms


# --- as many statements for many rows as for one ---------------------------------------------


def more_rows(cast: Cast) -> None:
    for number in range(3):
        ward = casting.ward(f"Klinik {number}", "Avdelning")
        casting.person(f"vera{number}", Role.WARD, ward, cast.iva)
        handout = scenes.handed_out(cast, ward=ward)
        around(cast, handout.outage, number + 2, ward)


LISTED = [Clinic, Ward, *HISTORY]


@cache
def costs() -> tuple[dict[type[Model], int], dict[type[Model], int]]:
    """Return how many statements each list takes with a row or few, and with more."""
    with rolled_back() as cast:
        scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
        outage = scenes.begin(cast.tilda)
        scenes.handed_out(cast)
        around(cast, outage, 1)
        client = SignIn()(cast.adele)
        ContentType.objects.get_for_models(*apps.get_models())  # a process reads them once
        few = costs_of_lists(client)
        more_rows(cast)
        scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)
        return few, costs_of_lists(client)


def costs_of_lists(client: Client) -> dict[type[Model], int]:
    found = {}
    for model in LISTED:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(model, "changelist")).status_code == 200
        found[model] = len(captured)
    return found


@pytest.mark.parametrize("model", LISTED)
def test_a_list_of_many_costs_no_more_than_a_list_of_one(db: None, model: type[Model]) -> None:
    few, many = costs()
    assert many[model] == few[model] <= 30


@pytest.mark.both_databases
@pytest.mark.parametrize("typed", ["avd 13", "ögonkliniken 136", "OGON avd136"])
def test_a_ward_is_found_by_any_part_in_the_register(adele: Client, cast: Cast, typed: str) -> None:
    casting.ward("Ögonkliniken", "Avdelning 136")
    answer = adele.get(page(Ward, "changelist"), {"q": typed})
    assert [ward.name for ward in answer.context["cl"].result_list] == ["Avdelning 136"]
