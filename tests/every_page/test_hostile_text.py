"""Whatever is typed or sent, in every field of every form: never a 500, never live on a page."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from types import ModuleType
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.template import engines
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.review import forms as audit_forms
from befreg_reserv.people import forms as people_forms
from befreg_reserv.people.break_glass import forms as glass_forms
from befreg_reserv.people.disposal import forms as disposal_forms
from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.redacting import forms as redacting_forms
from befreg_reserv.people.resets import forms as reset_forms
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.reviews import forms as review_forms
from befreg_reserv.people.roles import Role
from befreg_reserv.people.sso.claims import forms as claim_forms
from befreg_reserv.people.staff import finding
from befreg_reserv.people.staff import forms as staff_forms
from befreg_reserv.people.vgr_id import normalise
from befreg_reserv.people.wards import forms as ward_forms
from befreg_reserv.people.wards import register
from befreg_reserv.people.wards.changes import changing, details
from befreg_reserv.people.wards.changes import forms as change_forms
from befreg_reserv.people.wards.clinics import changing as clinics
from befreg_reserv.people.wards.clinics import forms as clinic_forms
from befreg_reserv.people.workstations import forms as workstation_forms
from befreg_reserv.text import clean_line
from custody.calls import taking
from custody.forms import afterwards, binder, counts, paper, planned, ward, wrong
from custody.forms import extract as extract_forms
from custody.forms import fields as forms_fields
from custody.forms import switch_list as switch_forms
from custody.forms import till as custody_forms
from custody.handouts import bedside, missing_sheet, notices
from custody.handouts.bedside import AtBedside
from custody.planned import late_registration, prepared
from outage import doubt as first_doubt
from outage import lifecycle, targets
from outage.calling import keeping
from outage.forms import contacts as contact_forms
from outage.forms import doubt
from outage.forms import outages as outage_forms
from outage.forms import past as past_forms
from outage.forms import plans as plan_forms
from outage.forms import targets as target_forms
from outage.models import Contact, Outage
from outage.plans import planning
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.every_page.hostile import ACTS, KEPT
from tests.every_page.hostile.act import REASON, UNKNOWN_SEX, Act
from tests.every_page.hostile.texts import MARKUP, SCRIPT, SHOWN, TEXTS, UNSTORABLE
from tests.ground.scenery import scene
from tests.people.break_glass import scenes as glass

Filling = dict[str, str]  # fields of an act, each with the name of a text
Fillings = Callable[[str], list[Filling]]


def fields_of(act: Act) -> set[str]:
    """Return every field that the form has or its page sends."""
    return {*getattr(act.form, "base_fields", {}), *act.fields}


def forms_of(module: ModuleType) -> set[type[forms.BaseForm]]:
    own = (value for value in vars(module).values() if isinstance(value, type))
    return {
        value
        for value in own
        if issubclass(value, forms.BaseForm) and value.__module__ == module.__name__
    }


@pytest.fixture
def quick_hash(settings: Any) -> None:
    """Hash passwords fast: hundreds are tried here, and Argon2 is slow on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@scene
def outage(cast: Cast) -> Outage:
    """An ongoing real outage that was planned, an hour old."""
    begun, at = scenes.planned(cast, ahead=2), timezone.now() - timedelta(hours=1)
    started, _new = planning.start(begun.pk, Event.now(cast.tilda, at))
    return started


# Of patients who wait: one of unknown sex, and one of whom nobody knows of which outage.
CALLS: list[dict[str, Any]] = [
    *({"sex": "X"}, {"sex": "X", "outage_id": 0}),
    {"sex": "X", "caller": "", "caller_name": "Anna"},
]


@scene
def places(cast: Cast, real_binder: object, outage: Outage) -> dict[str, Any]:
    """A handout in each state, and the outage."""
    first, second, third = (scenes.handed_out(cast) for _ in range(3))
    for number, each in ((scenes.REAL_WOMAN, second), (scenes.REAL_WOMAN_2, third)):
        scenes.replaced(each.pk, number, scenes.now(cast.wilma))
    notices.file_notice(third.pk, scenes.now(cast.wilma))
    waiting = [
        taking.take(scenes.call(cast, **call), scenes.now(cast.tilda)).row.call for call in CALLS
    ]
    away = scenes.handed_out(cast)
    missing_sheet.give_next(away.pk, scenes.now(cast.tilda))
    opened = first_doubt.tick(["support"], scenes.now(cast.tilda), drill=True).row
    keys = {
        "doubt": opened.pk,
        "missing": away.number.quarantines.get().pk,
        "handed_out": first.pk,
        "unknown": waiting[2].pk,
        "waits": waiting[0].patients.get().pk,
        "waits_for_none": waiting[1].patients.get().pk,
        "replaced": second.pk,
        "closed": third.pk,
    }
    typed_in = register.keep_typed_in(register.typed_in("Tältet"))
    lost = casting.person("vera", Role.WARD)
    plan = scenes.planned(cast)
    assert outage.plan_id
    plans = {"plan": plan.pk, "begun": outage.plan_id, "ward": cast.iva.pk}
    entered = prepared.enter(plan, cast.iva, UNKNOWN_SEX, scenes.now(cast.adele)).row
    plans |= {"prepared": entered[0].pk, "late": scenes.treated_without(cast, outage).pk}
    done = scenes.treated_without(cast, outage, place="Sal 4")
    late_registration.register(done.pk, "191212121212", scenes.now(cast.wilma))
    plans["registered"] = done.pk
    # A drill without a binder: once it has ended nothing is left to do.
    past = lifecycle.end(scenes.begin(cast.tilda, drill=True), scenes.now(cast.tilda)).row
    plans["past"] = past.pk
    surplus = scenes.miscounted(cast, third, "K999")
    theo = casting.person("theo", Role.TILL)
    keys["reset"] = resetting.begin(cast.vidar, scenes.now(theo), request_key=uuid4()).row.pk
    keys |= glass.laid_out(cast)
    keys["uncounted"] = scenes.handed_out(cast, sex="M").pk
    worn = scenes.handed_out(cast, sex="M")
    bedside.confirm(worn.pk, AtBedside(worn.number.value), scenes.now(cast.wilma))
    keys["confirmed"] = worn.pk
    keys |= {"foreign": surplus.count.foreign_sheets.get().pk}
    keys |= {"surplus": surplus.pk, "number": third.number_id, "binder": third.number.binder_id}
    return {
        **keys,
        **plans,
        "outage": outage.pk,
        "typed_in": typed_in.pk,
        "lost": lost.pk,
        "contact": Contact.objects.get(purpose="till").pk,
        "contact_mark": keeping.mark(Contact.objects.get(purpose="till")),
        "targets_mark": targets.mark(targets.present()),
        "lost_mark": finding.shown(lost).mark,
        "closed_ward": _closed_ward(cast).pk,
        "ward_mark": details.Details.of(cast.iva).mark,
        "clinic": cast.iva.clinic_id,
        "other_clinic": cast.eye.clinic_id,
        "clinic_mark": clinics.spelled(Clinic.objects.get(wards=cast.iva)),
    }


def _closed_ward(cast: Cast) -> Ward:
    closed = casting.ward("Hudkliniken", "Hudmottagningen")
    terms = changing.Terms(changing.Kind.CLOSED, timezone.localdate(), "x")
    changing.change(closed, terms, scenes.now(cast.adele))
    return closed


def send(client: Client, act: Act, fields: dict[str, str | bytes]) -> tuple[Any, str]:
    """Send a form as bytes; return the answer, and its page or the one that it leads to."""
    body = urlencode(fields)
    if act.method == "GET":
        answer = client.get(f"{act.path}?{body}")
    else:
        kind = "application/x-www-form-urlencoded"
        answer = client.post(act.path, data=body, content_type=kind)
    shown = client.get(answer.headers["Location"]) if answer.status_code == 302 else answer
    return answer, shown.content.decode()


def test_every_form_of_ours_is_tried() -> None:
    modules = (
        audit_forms,
        disposal_forms,
        redacting_forms,
        extract_forms,
        review_forms,
        people_forms,
        claim_forms,
        glass_forms,
        staff_forms,
        reset_forms,
        contact_forms,
        target_forms,
        switch_forms,
        ward_forms,
        change_forms,
        clinic_forms,
        workstation_forms,
        custody_forms,
        forms_fields,
        ward,
        binder,
        outage_forms,
        paper,
        past_forms,
        doubt,
        plan_forms,
        planned,
        counts,
        afterwards,
        wrong,
    )
    ours = set().union(*map(forms_of, modules))
    assert {act.form for act in ACTS.values()} == ours | {forms.Form}


def at(act: Act, places: Mapping[str, object]) -> Act:
    """Return the act with its addresses, keys and the time filled in."""
    places = {**places, "now": f"{timezone.localtime():%Y-%m-%d %H:%M}"}
    fields = {key.format(**places): value.format(**places) for key, value in act.fields.items()}
    shown_on = tuple(path.format(**places) for path in act.shown_on)
    return replace(act, path=act.path.format(**places), fields=fields, shown_on=shown_on)


def as_shown(text: str | bytes, tried: str) -> str:
    """Return how a page shows a kept text: cleaned, and escaped as Django does."""
    clean = normalise(str(text)) if tried in {"caller", "by", "witness"} else clean_line(str(text))
    return escape(clean)


def is_shown(name: str, tried: str, kind: str) -> bool:
    """Tell whether that field of the act keeps this text, so that a page must show it."""
    return kind in SHOWN and tried in KEPT.get(name, [])


def texts(name: str, filling: Filling) -> dict[str, str | bytes]:
    """Return the texts; those that must be shown are numbered, so that a page tells them apart."""
    return {
        tried: f"{KEPT[name].index(tried)}{TEXTS[kind]!s}"
        if is_shown(name, tried, kind)
        else TEXTS[kind]
        for tried, kind in filling.items()
    }


def together(name: str) -> list[Filling]:
    """Return a filling of all fields.

    With which text a field begins goes round from act to act, so that forms meet each of them.
    PostgreSQL gets those that it refuses to store: the others come no further there than on SQLite.
    """
    kinds = [*TEXTS] if connection.vendor == "sqlite" else [*UNSTORABLE]
    return [_in_turn(name, sorted(fields_of(ACTS[name])), kinds)]


def to_be_shown(name: str) -> list[Filling]:
    """Return a filling of the fields that keep their text, with what a page must show of them."""
    return [_in_turn(name, KEPT[name], [*SHOWN])] if name in KEPT else []


def _in_turn(name: str, fields: list[str], kinds: list[str]) -> Filling:
    turn = [*ACTS].index(name)
    return {tried: kinds[(row + turn) % len(kinds)] for row, tried in enumerate(fields)}


def one_by_one(name: str) -> list[Filling]:
    """Return every field with every text, beside what is right."""
    return [{tried: kind} for tried, kind in product(sorted(fields_of(ACTS[name])), TEXTS)]


def faulty(answer: Any) -> set[str]:
    """Return the fields that a form of the page finds fault with."""
    layers = [layer for context in answer.context or () for layer in context]
    shown = [each for layer in layers if isinstance(layer, dict) for each in layer.values()]
    return {name for form in shown if isinstance(form, forms.BaseForm) for name in form.errors}


def tried_out(client: Client, name: str, places: dict[str, Any], filling: Filling) -> list[Filling]:
    """Send an act so filled, check what comes of it, and take it back; return what to try next.

    That is the same without what a form found fault with, so that the act meets all that is let
    pass; or every field alone, where nothing was done and no form said why.
    """
    act, sent = at(ACTS[name], places), texts(name, filling)
    with transaction.atomic():
        changed = {tried.format(**places): text for tried, text in sent.items()}
        answer, page = send(client, act, {**act.fields, **changed})
        assert answer.status_code in {200, 204, 302, 400, 409}, (name, filling)
        if all(is_shown(name, tried, kind) for tried, kind in filling.items()):
            assert answer.status_code in {204, act.done}, (name, filling)
            page += "".join(client.get(path).content.decode() for path in act.shown_on)
            lost = {tried for tried in sent if as_shown(sent[tried], tried) not in page}
            assert not lost, (name, filling)
        transaction.set_rollback(True)
    assert SCRIPT not in page, (name, filling)
    assert MARKUP not in page, (name, filling)
    left = {tried: kind for tried, kind in filling.items() if tried not in faulty(answer)}
    if answer.status_code == 302 or len(filling) == 1 or not left:
        return []
    return [left] if left != filling else [{tried: kind} for tried, kind in filling.items()]


@pytest.mark.usefixtures("quick_hash")
@pytest.mark.parametrize(
    "fillings",
    [together, pytest.param(to_be_shown, marks=pytest.mark.one_database("words"))],
)
@pytest.mark.parametrize("who", sorted({act.who for act in ACTS.values()}))
def test_no_text_in_any_field_breaks_or_comes_alive(
    cast: Cast, places: dict[str, Any], who: str, fillings: Fillings
) -> None:
    """Of one person's acts, each taken back: all begin at the same places."""
    client = SignIn()(getattr(cast, who)) if who else Client()
    for name in (name for name, act in ACTS.items() if act.who == who):
        waiting = fillings(name)
        while waiting:
            waiting += tried_out(client, name, places, waiting.pop())


@pytest.mark.long
@pytest.mark.usefixtures("quick_hash")
@pytest.mark.parametrize("name", ACTS)
def test_nor_does_one_in_a_field_by_itself(cast: Cast, places: dict[str, Any], name: str) -> None:
    who = ACTS[name].who
    client = SignIn()(getattr(cast, who)) if who else Client()
    for filling in one_by_one(name):
        assert not tried_out(client, name, places, filling)


def test_without_escaping_it_would_come_alive() -> None:
    page = engines["django"].from_string("{{ text }}{{ text|safe }}").render({"text": SCRIPT})
    assert page == escape(SCRIPT) + SCRIPT


NUMBERS = [
    "9" * 400,
    "-1",
    "\u0661",
    "1e9",
    "0001-01-01 00:00",
    "9999-12-31 23:59",
    "2026-03-29 02:30",
]


@pytest.mark.parametrize(
    ("name", "tried"),
    [
        ("call", "outage"),
        ("call", "request_key"),
        ("replace", "at"),
        ("announce", "planned_start"),
        ("need", "women"),
        ("audit log", "since"),
        ("from paper", "at"),
        ("past", "started_at"),
    ],
)
def test_no_number_and_no_time_breaks_a_field(
    sign_in: SignIn, cast: Cast, places: dict[str, Any], name: str, tried: str
) -> None:
    act = at(ACTS[name], places)
    client = sign_in(getattr(cast, act.who))
    for text in NUMBERS:
        with transaction.atomic():
            answer, _page = send(client, act, {**act.fields, tried: text})
            transaction.set_rollback(True)
        assert answer.status_code in {200, 302, 400, 409}, text


@pytest.mark.both_databases
@pytest.mark.parametrize("content", [b"", b"\x00" * 99, b"\xff\xfe\x00\x01", b'"' * 9_999, b"\r"])
def test_no_file_breaks_the_preview(sign_in: SignIn, cast: Cast, content: bytes) -> None:
    file = SimpleUploadedFile(f"{SCRIPT}\x00.csv", content)
    response = sign_in(cast.adele).post("/binder/load/", {"name": "B", "file": file})
    assert response.status_code == 400
    assert SCRIPT not in response.content.decode()


PAGES = [
    "/binder/counts/",
    "/till/",
    "/till/live/",
    "/till/drill/",
    "/ward/",
    "/ward/done/",
    "/binder/",
    "/outage/",
    "/outage/{outage}/",
    "/outage/{outage}/report/",
    "/outage/plans/",
    "/outage/plans/{plan}/",
    "/outage/plans/{plan}/numbers/",
    "/outage/{outage}/late/",
    "/audit/",
]
# Which parameters a page reads. What it doesn't know it doesn't look at.
READ = {
    "/binder/counts/": ["page", "differing"],
    "/ward/": ["page", "ward"],
    "/outage/{outage}/": ["page", "order"],
    "/outage/{outage}/late/": ["page", "ward"],
    "/audit/": ["newer", "older"],
}
JUNK = ["0", "-1", "9" * 25, "9" * 5_000, "x", "%00", "%FF%ED%A0%80", SCRIPT]


@pytest.mark.both_databases
@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.long)])
def test_no_query_breaks_a_page(
    sign_in: SignIn, cast: Cast, places: dict[str, Any], every: int
) -> None:
    """All parameters, each with all that is junk; in the short form with one of it."""
    client = sign_in(cast.gunde)
    asked = [
        f"{path.format(**places)}?{name}={junk}"
        for row, path in enumerate(PAGES)
        for name in READ.get(path, ["page"])
        for junk in JUNK[row % every :: every]
    ]
    for address in asked:
        response = client.get(address)
        assert response.status_code == 200, address
        assert SCRIPT not in response.content.decode(), address


HUGE = ["99999999999999999999", "9223372036854775808", "9" * 5_000, "2147483648", "0", "-1", "%00"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "path",
    [
        "/till/handouts/{}/",
        "/ward/handouts/{}/",
        "/outage/{}/",
        "/outage/plans/{}/",
        "/outage/{}/open/",
        "/outage/{}/late/",
        "/outage/plans/{}/numbers/",
        "/binder/counts/{}/",
        "/routine/versions/{}/",
    ],
)
def test_a_key_that_no_database_holds_is_not_found(sign_in: SignIn, cast: Cast, path: str) -> None:
    client = sign_in(cast.adele)
    found = {key[:20]: client.get(path.format(key)).status_code for key in HUGE}
    assert set(found.values()) == {404}, found


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("tilda", "/till/patients/{}/serve/"),
        ("tilda", "/till/handouts/{}/read-back/"),
        ("wilma", "/ward/handouts/{}/replace/"),
        ("wilma", "/ward/handouts/{}/bedside/"),
        ("wilma", "/ward/handouts/{}/switches/"),
        ("wilma", "/ward/handouts/{}/witness/"),
        ("wilma", "/ward/handouts/{}/notice/"),
        ("adele", "/ward/handouts/{}/undo/"),
        ("tilda", "/binder/{}/count/"),
        ("adele", "/binder/count-lines/{}/destroyed/"),
        ("adele", "/binder/foreign-sheets/{}/explain/"),
        ("tilda", "/outage/{}/note/"),
        ("tilda", "/outage/{}/end/"),
        ("tilda", "/outage/{}/late-entries/"),
        ("tilda", "/outage/{}/late-entries/batch/"),
        ("tilda", "/outage/plans/{}/start/"),
        ("adele", "/outage/plans/{}/cancel/"),
        ("adele", "/outage/plans/{}/numbers/enter/"),
        ("wilma", "/outage/prepared/{}/mark/"),
        ("adele", "/outage/prepared/{}/move/"),
        ("wilma", "/outage/{}/late/list/"),
        ("wilma", "/outage/late/{}/register/"),
        ("wilma", "/outage/late/{}/withdraw/"),
        ("wilma", "/outage/late/{}/strike/"),
    ],
)
def test_nor_is_it_acted_on(sign_in: SignIn, cast: Cast, who: str, path: str) -> None:
    client = sign_in(getattr(cast, who))
    found = {key[:20]: client.post(path.format(key), REASON).status_code for key in HUGE}
    assert set(found.values()) == {404}, found


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "path", ["/%00", "/%FF", "/%ED%A0%80", f"/{SCRIPT}", "/admin/people/ward/%00/change/", "/" * 9]
)
def test_no_address_breaks_anything(sign_in: SignIn, cast: Cast, path: str) -> None:
    response = sign_in(cast.adele).get(path, follow=True)
    assert response.status_code in {200, 404}
    assert SCRIPT not in response.content.decode()


@pytest.mark.parametrize("header", ["x_forwarded_for", "user_agent", "referer", "cookie", "accept"])
def test_no_header_breaks_a_page(db: None, client: Client, header: str) -> None:
    for junk in ("\x00", "\xff\xfe", "x" * 10_000, SCRIPT, "sessionid=\x00; csrftoken=\x00"):
        response = client.get("/sign-in/", headers={header: junk})
        assert response.status_code == 200, junk[:30]
        assert SCRIPT not in response.content.decode()
