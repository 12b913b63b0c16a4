"""No address is forgotten: the list comes from the resolver, and each has its guard.

``rights.py`` says who may come where.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.access import ANSWERS_ON, GUARD
from befreg_reserv.people.disposal import agreeing
from befreg_reserv.people.models import Reset, User, Ward
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import passwords, pins
from befreg_reserv.people.wards import aliases
from befreg_reserv.people.wards.changes import changing
from custody.calls import taking
from custody.handouts import bedside, correcting, missing_sheet, notices
from custody.handouts.bedside import AtBedside
from custody.journal import marks
from custody.models import Handout, SwitchItem
from custody.models.journal import JournalFault
from custody.planned import late_registration, prepared
from outage import doubt, lifecycle
from outage.calling import keeping
from outage.models import Contact, Outage
from outage.plans import planning
from tests import cast as casting
from tests import everywhere, scenes
from tests.addresses import VIEWS
from tests.audit.entries import NOON, entry
from tests.cast import Cast
from tests.conftest import SignIn
from tests.every_page.rights import (
    ASKS,
    BY_SCRIPT,
    EVERY_ROLE,
    OF_A_HANDOUT,
    OF_ONES_OWN,
    ONLY_SENT,
    OPEN,
    OPEN_POSTS,
    REVIEWS,
    RIGHTS,
    STRANGER,
    address,
    methods,
)
from tests.ground.scenery import scene
from tests.making.orders import file_of
from tests.outage.plans.scenes import mails_in_vain
from tests.pages import refusing_in_a_word
from tests.people.break_glass import scenes as glass
from tests.people.sso import scenes as sign_on


@scene
def handout(handout: Handout, cast: Cast) -> Handout:
    """A handout, and a planned outage under the key of its outage, so that one key fits all."""
    plan = scenes.planned(cast)
    told = plan.changes.get()
    plan.pk, told.pk, told.plan_id = handout.outage_id, None, handout.outage_id
    plan.save()
    told.save()
    prepared.enter(plan, cast.iva, scenes.REAL_MAN, scenes.now(cast.adele))
    _count_with_key(handout, cast)
    return handout


def _count_with_key(handout: Handout, cast: Cast) -> None:
    """Count the handout's binder under the handout's key."""
    counted = scenes.miscounted(cast, handout).count
    if counted.pk != handout.pk:
        counted.pk, counted.request_key = handout.pk, uuid4()
        counted.save(force_insert=True)


def ask(client: Client, method: str, path: str) -> Any:
    return client.generic(method, path)


def test_every_view_is_guarded_or_open_for_a_reason() -> None:
    unguarded = {route for route, view in VIEWS.items() if not hasattr(view, GUARD)}
    assert unguarded == set(OPEN)


def test_every_guarded_address_has_its_row_here() -> None:
    assert set(VIEWS) - set(OPEN) == set(RIGHTS)


def test_an_address_takes_get_or_post_and_refuses_the_rest() -> None:
    assert {methods(route) for route in RIGHTS} == {
        frozenset({"GET"}),
        frozenset({"POST"}),
        frozenset({"GET", "POST"}),
    }
    wrong = [
        ask(STRANGER, method, address(route, Handout(pk=1, outage_id=1))).status_code
        for route in RIGHTS
        for method in {"GET", "POST", "PATCH", "DELETE"} - methods(route)
    ]
    assert set(wrong) == {405}


def page_of_form(path: str) -> str:
    """Return the page that a form's answer counts as, or the way to a person's own door."""
    match = resolve(path)
    page = getattr(match.func, ANSWERS_ON, None)
    return reverse(page, kwargs=match.kwargs) if page else "/"


def test_a_forms_answer_counts_as_a_page_that_can_be_asked_for(db: None) -> None:
    answered = {route: page_of_form(address(route, Handout(pk=1, outage_id=1))) for route in RIGHTS}
    pages = {page for page in answered.values() if page != "/"}
    assert pages == {
        "/till/call/",
        "/till/drill/call/",
        "/till/handouts/1/",
        "/ward/handouts/1/",
        "/ward/handouts/1/wrong/",
        "/password/",
        "/account/",
        "/colleague/",
        "/colleague/every/",
        "/pin/",
        "/people/1/",
        "/wards/clinics/1/",
        "/wards/every/1/",
        "/registers/contacts/1/",
        "/registers/sign-on/",
        "/registers/break-glass/",
        "/registers/workstations/",
    }
    assert {Client().get(page).status_code for page in pages} == {302}


@pytest.mark.one_database("rights")
def test_a_stranger_is_sent_to_the_sign_in_page(db: None) -> None:
    nothing, stranger = Handout(pk=1, outage_id=1), Client()
    for route in RIGHTS:
        for method in methods(route):
            path = address(route, nothing)
            response = ask(stranger, method, path)
            back = path if method == "GET" else page_of_form(path)
            assert response.headers["Location"] == f"/sign-in/?next={back}", (route, method)


ROLES = [*sorted(EVERY_ROLE), "noone"]


@pytest.fixture
def refused_in_a_word() -> Iterator[None]:
    """Let a refusal be no page."""
    with refusing_in_a_word():
        yield


@pytest.mark.one_database("rights")
@pytest.mark.usefixtures("refused_in_a_word")
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ROLES)
def test_a_role_comes_where_it_may_and_nowhere_else(
    cast: Cast, handout: Handout, name: str, every: int
) -> None:
    """All that it may not; of what it may, in the short form a third, another for each role."""
    may = [route for route, people in RIGHTS.items() if name in people]
    chosen = set(may[ROLES.index(name) % every :: every])
    client = everywhere.client_of(name)
    let_in = set()
    for route in chosen | (RIGHTS.keys() - set(may)):
        asked = [ask(client, method, address(route, handout)) for method in methods(route)]
        if any(answer.status_code != 403 for answer in asked):
            let_in.add(route)
    assert let_in == chosen


@pytest.mark.one_database("rights")
def test_a_refusal_for_the_role_is_a_page_that_says_so(
    sign_in: SignIn, cast: Cast, handout: Handout
) -> None:
    response = sign_in(cast.wilma).get("/till/")
    assert response.templates[0].name == "403.html"


@pytest.mark.one_database("rights")
@pytest.mark.usefixtures("refused_in_a_word")
def test_an_auditor_reads_every_page_and_changes_nothing(
    sign_in: SignIn, cast: Cast, handout: Handout
) -> None:
    client = sign_in(cast.gunde)
    for route in RIGHTS.keys() - OF_ONES_OWN - ASKS - REVIEWS:
        assert client.post(address(route, handout)).status_code in {403, 405}, route
    for route in (
        {route for route, people in RIGHTS.items() if "gunde" in people} - OF_ONES_OWN - ONLY_SENT
    ):
        assert client.get(address(route, handout), follow=True).status_code == 200, route
    changes = LogEntry.objects.filter(actor=cast.gunde).exclude(action=LogEntry.Action.ACCESS)
    assert not changes.exists()


@pytest.mark.both_databases
def test_another_wards_handout_is_not_to_be_found(
    sign_in: SignIn, cast: Cast, handout: Handout
) -> None:
    # With the administrator's and the till's rights to act: the ward alone stops him.
    rights = Permission.objects.filter(codename__in=["undo_handout", "hand_out"])
    Group.objects.get(name="ward").permissions.add(*rights)
    for name, expected in (("vidar", {404}), ("wilma", {200, 302, 400, 409})):
        client = sign_in(getattr(cast, name))
        answers = {
            ask(client, method, address(route, handout)).status_code
            for route in OF_A_HANDOUT
            for method in methods(route)
        }
        assert answers == expected, name


def test_another_wards_handout_is_in_no_list(sign_in: SignIn, cast: Cast, handout: Handout) -> None:
    for path in ("/ward/", "/ward/done/"):
        assert handout.get_absolute_url() not in sign_in(cast.vidar).get(path).content.decode()
    assert handout.get_absolute_url() in sign_in(cast.wilma).get("/ward/").content.decode()


@pytest.mark.one_database("rights")
def test_without_its_token_every_form_is_refused(cast: Cast, handout: Handout) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.adele)
    posts = [route for route in RIGHTS if "POST" in methods(route)]
    for route in {*posts, *OPEN_POSTS, "admin/people/ward/add/"} - {"locked/"}:
        response = client.post(address(route, handout))
        assert response.status_code == 403, route
        assert response.templates[0].name == "csrf.html", route


def forms(response: Any) -> list[str]:
    """Return the page's forms that are sent with POST."""
    found = re.findall(r"<form\b.*?</form>", response.content.decode(), re.DOTALL)
    return [form for form in found if 'method="post"' in form.partition(">")[0]]


def _of_an_old_year(cast: Cast, sign_in: SignIn) -> list[Any]:
    """Return the page of the log's years before and after one is proposed."""
    entry(begin=datetime(2015, 6, 1, tzinfo=UTC))
    before = sign_in(cast.adele).get("/log-years/")
    agreeing.propose(2015, scenes.now(cast.adele), reason="x")
    second = casting.person("adam1", Role.ADMINISTRATOR)
    return [before, sign_in(second).get("/log-years/")]


@scene
def handout_in_each_state(cast: Cast, real_binder: object, outage: Outage) -> list[Handout]:
    first, second, third = (scenes.handed_out(cast) for _ in range(3))
    for number, each in ((scenes.REAL_WOMAN, second), (scenes.REAL_WOMAN_2, third)):
        scenes.replaced(each.pk, number, scenes.now(cast.wilma))
    notices.file_notice(third.pk, scenes.now(cast.wilma))
    return [first, second, third]


def doubted(till: Client, handout: Handout) -> Any:
    """Return the page of a number while a journal can't be relied on."""
    marks.doubt(settings.CUSTODY_JOURNAL, JournalFault.MISSING, None)
    return till.get(f"/till/handouts/{handout.pk}/")


def _left(cast: Cast, handout: Handout) -> Ward:
    """Return a ward that closed without a successor, and left this handout."""
    left = casting.ward("Hudkliniken", "Hudmottagningen")
    correcting.transfer(handout.pk, left, scenes.now(cast.adele), reason="x")
    terms = changing.Terms(changing.Kind.CLOSED, timezone.localdate(), "x")
    changing.change(left, terms, scenes.now(cast.adele))
    return left


def _pin_page(cast: Cast, sign_in: SignIn) -> Any:
    pins.choose(cast.tilda, "", scenes.now(cast.tilda))
    return sign_in(cast.tilda).get("/pin/")


@pytest.mark.one_database("rights")
def test_every_form_is_on_a_page_and_carries_its_token(
    sign_in: SignIn, cast: Cast, handout_in_each_state: list[Handout]
) -> None:
    typed_in = Ward.objects.create(name="Tältet", confirmed=False)
    entry()  # of a month that is over
    casting.person("vera", Role.WARD)
    aliases.add(cast.iva, "akv", scenes.now(cast.adele))
    missing_sheet.give_next(scenes.handed_out(cast).pk, scenes.now(cast.tilda))
    doubt.tick(["local"], scenes.now(cast.tilda), drill=True)
    before_the_drill = sign_in(cast.tilda).get("/outage/?drill=1")
    plan, begun = scenes.planned(cast), scenes.planned(cast, drill=True)
    mails_in_vain(plan, cast.eye)
    planning.start(begun.pk, scenes.now(cast.tilda))
    prepared.enter(plan, cast.iva, scenes.REAL_MAN, scenes.now(cast.adele))
    outage = handout_in_each_state[0].outage
    scenes.treated_without(cast, outage)
    done = scenes.treated_without(cast, outage)
    late_registration.register(done.pk, "191212121212", scenes.now(cast.wilma))
    number = plan.prepared.get()
    afterwards = [f"/outage/{outage.pk}/late/", f"{plan.get_absolute_url()}numbers/"]
    afterwards.append(f"/outage/prepared/{number.pk}/move/")
    paper = f"/outage/{outage.pk}/late-entries/"
    plans = [plan.get_absolute_url(), begun.get_absolute_url(), "/outage/plans/new/"]
    surplus = scenes.miscounted(cast, handout_in_each_state[2], "K999")
    counts = [surplus.count.get_absolute_url(), f"/binder/{surplus.count.binder_id}/count/"]
    unknown = scenes.call(cast, outage_id=0, caller="", caller_name="Anna")
    call = taking.take(unknown, scenes.now(cast.tilda)).row.call
    shown = [
        *(sign_in(user).get(call.get_absolute_url()) for user in (cast.tilda, cast.adele)),
        *(sign_in(cast.adele).get(path) for path in counts),
        before_the_drill,
        *(sign_in(cast.adele).get(path) for path in (*plans, f"{plans[0]}change/")),
        sign_in(cast.wilma).get(plans[0]),
        *(sign_in(cast.adele).get(path) for path in afterwards),
        *(sign_in(cast.adele).get(path) for path in (paper, f"{paper}batch/", "/outage/past/")),
        sign_in(cast.wilma).get("/ward/done/"),
        sign_in(cast.wilma).post("/ward/done/", {"number": handout_in_each_state[2].number.value}),
        *(sign_in(cast.tilda).get(f"/till/handouts/{handout_in_each_state[0].pk}/"),),
        *(sign_in(cast.tilda).get(f"/ward/handouts/{handout_in_each_state[0].pk}/wrong/"),),
        *(sign_in(cast.adele).get(each.get_absolute_url()) for each in handout_in_each_state),
        *(
            sign_in(cast.tilda).get(path)
            for path in ("/till/call/?new=1", "/till/drill/call/", "/outage/")
        ),
        sign_in(cast.adele).get(handout_in_each_state[0].outage.get_absolute_url()),
        *(sign_in(cast.adele).get(f"/binder/{path}") for path in ("", "load/", "overview/")),
        doubted(sign_in(cast.tilda), handout_in_each_state[0]),
        *(sign_in(cast.adele).get(path) for path in ("/wards/", f"/wards/{typed_in.pk}/")),
        *(sign_in(cast.adele).get(f"/wards/{page}/") for page in ("file", "names", "every/new")),
        *(
            sign_in(cast.adele).get(f"/wards/every/{cast.eye.pk}/{page}")
            for page in ("", "close/", "merge/", "rename/", "split/")
        ),
        *(
            sign_in(cast.adele).get(f"/wards/clinics/{page}")
            for page in (
                "new/",
                *(f"{cast.iva.clinic_id}/{page}" for page in ("", "close/", "rename/")),
            )
        ),
        sign_in(cast.adele).get(
            f"/wards/every/{_left(cast, handout_in_each_state[1]).pk}/move-on/"
        ),
        *(sign_in(cast.adele).get(f"/people/{page}") for page in ("", "new/", "file/")),
        *(sign_in(cast.adele).get(f"/registers/{page}") for page in kept_pages(cast)),
        *(
            sign_in(cast.adele).get(user.get_absolute_url())
            for user in (cast.tilda, casting.gone(cast, "gone1"))
        ),
        *(
            sign_in(cast.adele).get(f"/audit/{page}")
            for page in ("extract/", f"reviews/month/?month={NOON:%Y-%m}")
        ),
        Client().get("/sign-in/"),
        behind_broken_glass(),
        sign_in(cast.tilda).get("/password/"),
        signed_in_thrice(cast),
        sign_in(cast.adele).get("/masked/new/"),
        *_of_an_old_year(cast, sign_in),
        *resets_of(cast, sign_in),
        _pin_page(cast, sign_in),
    ]
    for page in ("/till/call/", "/till/drill/call/"):
        sign_in(cast.tilda).post("/still-here/", {"draft_path": page, "caller": "wilma"})
        shown.append(sign_in(cast.tilda).get(f"{page}?new=1"))
    worn = handout_in_each_state[0]
    bedside.confirm(worn.pk, AtBedside(worn.number.value), scenes.now(cast.wilma))
    shown.append(sign_in(cast.wilma).get(worn.get_absolute_url()))
    lifecycle.end(outage, scenes.now(cast.tilda))
    shown.append(sign_in(cast.adele).get(call.get_absolute_url()))  # settled when Befreg answers
    client = sign_in(cast.adele)
    with file_of(client, cast.adele) as page:
        shown.append(client.get(page))
    found = [form for response in shown for form in forms(response)]
    assert all("csrfmiddlewaretoken" in form for form in found)
    actions = {re.sub(r"\d+", "<int:pk>", part) for form in found for part in action(form)}
    posts = {
        "/" + re.sub(r"<int:\w+>", "<int:pk>", route)
        for route in RIGHTS
        if "POST" in methods(route)
    } - BY_SCRIPT
    # A form without an action is sent to its own page.
    own = {
        "/audit/reviews/month/",
        "/binder/load/",
        "/binder/doubled/<int:pk>/",
        "/outage/<int:pk>/sign-off/",
        "/routine/new/",
    }
    assert actions | own == posts | {"/sign-out/", "/language/", "/lock/"}


def resets_of(cast: Cast, sign_in: SignIn) -> list[Any]:
    """Return the pages of resets by two: one waits for its second person, one for a look."""
    theo = casting.person("theo", Role.TILL)
    for somebody in (cast.wilma, cast.vidar):
        resetting.begin(somebody, scenes.now(theo), request_key=uuid4())
    given, password = Reset.objects.latest("pk"), passwords.one_time(uuid4(), "vidar")
    resetting.confirm(given, scenes.now(cast.tilda), password=password)
    return [sign_in(cast.tilda).get("/colleague/"), sign_in(cast.adele).get("/colleague/every/")]


def signed_in_thrice(cast: Cast) -> Any:
    """Return the account of somebody who is signed in elsewhere too."""
    clients = [Client() for _ in range(3)]
    for client in clients:
        client.force_login(cast.tilda)
    return clients[0].get("/account/")


def kept_pages(cast: Cast) -> list[str]:
    """Return the pages of registers that have forms, a single day among them."""
    till = Contact.objects.get(purpose="till")
    day = timezone.localdate() + timedelta(days=9)
    keeping.add_day(till, day, None, "utbildning", scenes.now(cast.adele))
    item = SwitchItem.objects.latest("pk").pk
    sign_on.laid_out(cast, cast.noone)
    glass.laid_out(cast)
    contacts = ("contacts/new/", f"contacts/{till.pk}/")
    scenes.enrolled(cast)
    lists = ("switch-list/new/", f"switch-list/{item}/", "workstations/")
    return [*contacts, *lists, "targets/", "sign-on/", "break-glass/"]


def behind_broken_glass() -> Any:
    """Return a page of an account that is open for some hours."""
    client = Client()
    client.force_login(User.objects.get(username="glas-2"))
    return client.get("/till/")


def action(form: str) -> list[str]:
    """Return the addresses that a form is sent to, by itself or by a button of its own."""
    buttons = re.findall(r'\bformaction="([^"]+)"', form)
    return re.findall(r'\baction="([^"]+)"', form.partition(">")[0]) + buttons
