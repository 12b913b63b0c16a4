"""The administrator's pages of people."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.staff import keeping
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import hidden

pytestmark = pytest.mark.one_database("words")
PASSWORD = re.compile(r"<code[^>]*>([a-z0-9-]{14})</code>")


@scene
def adele(sign_in: SignIn, cast: Cast) -> Client:
    cast.adele.language = "en"
    cast.adele.save()
    return sign_in(cast.adele)


def on_page(client: Client, user: User, act: str, **fields: str) -> Any:
    path = f"/people/{user.pk}/"
    return client.post(f"{path}{act}/", hidden(client, path, f"{path}{act}/") | fields)


def names(client: Client, query: str) -> list[str]:
    return [each.user.username for each, _box in client.get(f"/people/{query}").context["listed"]]


def ticked(client: Client, *people: User) -> dict[str, str]:
    """Return the boxes of these people as the list has them."""
    page = client.get("/people/?which=all").content.decode()
    boxes = dict(re.findall(r'name="(person-\d+)"\s+value="(\w+)"', page))
    return {name: boxes[name] for name in (f"person-{user.pk}" for user in people)}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=WIL", ["wilma"]),
        ("?q=ogon", ["vidar"]),
        ("?role=till", ["tilda"]),
        ("?which=lacking", ["noone", "vera1"]),
        ("?which=deactivated", ["gone1"]),
        ("?q=gone1", []),
        (
            "?q=%00&role=nonsense&page=x",
            ["adele", "gunde", "noone", "tilda", "vera1", "vidar", "wilma"],
        ),
    ],
)
def test_people_are_found(adele: Client, cast: Cast, query: str, found: list[str]) -> None:
    casting.person("vera1", Role.WARD)
    gone = casting.person("gone1", Role.TILL)
    keeping.deactivate([gone.pk], scenes.now(cast.adele))
    assert names(adele, query) == found


def test_somebody_is_added_and_the_password_is_shown_once(adele: Client) -> None:
    fields = {**hidden(adele, "/people/new/", "/people/new/"), "vgr_id": "Nyare1"}
    fields |= {"role-ward": "on", "ward": "IVA"}
    answers = [adele.post("/people/new/", fields).content.decode() for _ in range(2)]
    (password,) = set(PASSWORD.findall("".join(answers)))
    user = User.objects.get(username="nyare1")
    assert (user.check_password(password), user.wards.count()) == (True, 1)
    assert password not in adele.get(f"/people/{user.pk}/").content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"vgr_id": ""},
        {"vgr_id": "<b>"},
        {"vgr_id": "tilda"},
        {"vgr_id": "nyare1", "ward": "Nowhere"},
        {"vgr_id": "nyare1", "email": "x"},
        {"vgr_id": "nyare1", "request_key": "x"},
        {"vgr_id": "x" * 500},
    ],
)
def test_what_is_wrong_is_said_and_nobody_added(adele: Client, fields: dict[str, str]) -> None:
    before = User.objects.count()
    sent = hidden(adele, "/people/new/", "/people/new/") | fields
    assert adele.post("/people/new/", sent).status_code == 400
    assert User.objects.count() == before


@pytest.mark.both_databases
def test_a_persons_page_changes_them(adele: Client, cast: Cast) -> None:
    on_page(adele, cast.noone, "change", **{"role-till": "on", "email": "n@example.org"})
    on_page(adele, cast.noone, "move", ward="IVA")
    given = on_page(adele, cast.noone, "one-time")
    user = User.objects.get(username="noone")
    assert [group.name for group in user.groups.all()] == ["till"]
    assert (user.email, [*user.wards.all()]) == ("n@example.org", [cast.iva])
    assert user.check_password(PASSWORD.findall(given.content.decode())[0])
    on_page(adele, cast.noone, "deactivate")
    assert not User.objects.get(username="noone").is_active
    on_page(adele, cast.noone, "reactivate")
    assert User.objects.get(username="noone").is_active


def test_an_empty_box_leaves_the_ward(adele: Client, cast: Cast) -> None:
    stays = {f"stays-{cast.iva.pk}": "on"}
    on_page(adele, cast.wilma, "move", ward=str(cast.eye), **stays)
    assert cast.wilma.wards.count() == 2
    on_page(adele, cast.wilma, "move", **stays)
    assert [*cast.wilma.wards.all()] == [cast.iva]


def test_an_old_page_is_refused_with_the_way_to_the_new_one(adele: Client, cast: Cast) -> None:
    path = f"/people/{cast.wilma.pk}/"
    old = hidden(adele, path, f"{path}move/")
    keeping.move(cast.wilma, (), [cast.eye], scenes.now(cast.adele))
    answer = adele.post(f"{path}move/", old)
    assert (answer.status_code, path in answer.content.decode()) == (409, True)
    assert cast.wilma.wards.count() == 2


def test_the_last_administrator_is_told_why(adele: Client, cast: Cast) -> None:
    answer = on_page(adele, cast.adele, "change")
    assert answer.status_code == 409
    assert escape("is the only active administrator") in answer.content.decode()


@pytest.mark.parametrize(
    ("what", "status"), [("deactivate", 302), ("passwords", 200), ("join", 302)]
)
def test_those_ticked_get_the_same(adele: Client, cast: Cast, what: str, status: int) -> None:
    both = ticked(adele, cast.tilda, cast.wilma)
    sent = hidden(adele, "/people/", "/people/several/") | both | {"what": what, "ward": "IVA"}
    before = [*User.objects.values()]
    checked = adele.post("/people/several/", sent)
    assert (checked.status_code, [*User.objects.values()]) == (200, before)
    answer = adele.post("/people/several/", sent_on(checked))
    assert answer.status_code == status
    people = User.objects.filter(username__in=["tilda", "wilma"])
    asked = {
        "deactivate": people.filter(is_active=False),
        "passwords": people.exclude(one_time_at=None),
        "join": people.filter(wards=cast.iva),
    }
    assert asked[what].count() == 2
    assert not User.objects.filter(username="vidar").exclude(one_time_at=None).exists()


def sent_on(checked: Any) -> dict[str, str]:
    """Return what the form of a check page sends."""
    page = checked.content.decode()
    form = page[page.index('action="/people/several/"') :].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', form))


def test_a_check_page_says_who_is_left_out_and_why(adele: Client, cast: Cast) -> None:
    gone = casting.gone(cast, "gone1")
    sent = hidden(adele, "/people/", "/people/several/") | {"what": "deactivate"}
    sent |= {f"person-{user.pk}": "1" for user in (cast.adele, cast.tilda, gone)}
    checked = adele.post("/people/several/", sent)
    assert escape("You can't deactivate yourself.") in checked.content.decode()
    assert [each.user for each in checked.context["same"]] == [gone]
    assert adele.post("/people/several/", sent_on(checked)).status_code == 302
    left = User.objects.filter(is_active=True, username__in=["adele", "tilda", "gone1"])
    assert [user.username for user in left] == ["adele"]


@pytest.mark.parametrize("what", ["deactivate", "join"])
def test_an_old_check_page_does_nothing_to_anybody(adele: Client, cast: Cast, what: str) -> None:
    sent = hidden(adele, "/people/", "/people/several/") | {"what": what, "ward": "IVA"}
    sent |= ticked(adele, cast.tilda, cast.vidar)
    checked = adele.post("/people/several/", sent)
    keeping.change(cast.vidar, frozenset({Role.TILL}), "", scenes.now(cast.adele))
    assert adele.post("/people/several/", sent_on(checked)).status_code == 409
    tilda = User.objects.get(username="tilda")
    assert (tilda.is_active, tilda.wards.exists()) == (True, False)


@pytest.mark.parametrize("what", ["passwords", "reactivate"])
def test_an_old_list_brings_no_password_back(adele: Client, cast: Cast, what: str) -> None:
    event = scenes.now(cast.adele)
    if what == "reactivate":
        keeping.deactivate([cast.tilda.pk], event)
    sent = hidden(adele, "/people/", "/people/several/") | {"what": what, "confirmed": "1"}
    sent |= ticked(adele, cast.tilda)
    given = adele.post("/people/several/", sent)
    assert PASSWORD.findall(given.content.decode())
    passwords.choose(User.objects.get(username="tilda"), "Korrekt häst, batteri", event)
    if what == "reactivate":
        keeping.deactivate([cast.tilda.pk], event)
    answer = adele.post("/people/several/", sent)  # the page of passwords is loaded again
    tilda = User.objects.get(username="tilda")
    assert (answer.status_code, tilda.must_change_password) == (409, False)
    assert tilda.is_active == (what == "passwords")


def test_an_old_page_brings_no_account_back(adele: Client, cast: Cast) -> None:
    event, path = scenes.now(cast.adele), f"/people/{cast.noone.pk}/"
    keeping.deactivate([cast.noone.pk], event)
    sent = hidden(adele, path, f"{path}reactivate/")
    assert adele.post(f"{path}reactivate/", sent).status_code == 200
    keeping.deactivate([cast.noone.pk], event)
    assert adele.post(f"{path}reactivate/", sent).status_code == 409
    assert not User.objects.get(username="noone").is_active


@pytest.mark.parametrize(
    "fields", [{}, {"what": "join"}, {"what": "delete"}, {"person-x": "1"}, {"person-²": "1"}]
)
def test_several_need_somebody_and_something(
    adele: Client, cast: Cast, fields: dict[str, str]
) -> None:
    one = {f"person-{cast.tilda.pk}": "1"} if "what" in fields else {"what": "deactivate"}
    sent = hidden(adele, "/people/", "/people/several/") | one | fields
    assert adele.post("/people/several/", sent).status_code == 400
    assert User.objects.get(username="tilda").is_active


def test_a_file_is_seen_first_and_its_passwords_are_shown(adele: Client) -> None:
    text = "vgr-id;roll;avdelning\nnyare1;ward;IVA\nnyare2;till;\n"
    sent = hidden(adele, "/people/file/", "/people/file/") | {"text": text}
    page = adele.post("/people/file/", sent)
    assert not User.objects.filter(username="nyare1").exists()
    sent |= {"seen": page.context["foreseen"].mark, "confirmed": "1"}
    answers = [adele.post("/people/file/", sent) for _ in range(2)]
    shown = [PASSWORD.findall(answer.content.decode()) for answer in answers]
    assert (len(shown[0]), shown[0]) == (2, shown[1])
    assert User.objects.get(username="nyare2").check_password(shown[0][1])


def test_a_faulty_file_is_refused_with_its_lines(adele: Client) -> None:
    sent = hidden(adele, "/people/file/", "/people/file/")
    answer = adele.post("/people/file/", sent | {"text": "vgr-id;avd\nnyare1;Nowhere\n"})
    assert (answer.status_code, "Nowhere" in answer.content.decode()) == (400, True)


def test_an_auditor_looks_and_changes_nothing(cast: Cast, sign_in: SignIn) -> None:
    gunde = sign_in(cast.gunde)
    for path in ("/people/", f"/people/{cast.tilda.pk}/"):
        page = gunde.get(path).content.decode()
        assert 'action="/people/' not in page
    assert gunde.post(f"/people/{cast.tilda.pk}/deactivate/").status_code == 403


@pytest.mark.one_database("statements")
def test_many_cost_as_few_statements_as_one(
    adele: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    def cost() -> int:
        with django_assert_max_num_queries(30) as captured:
            adele.get("/people/")
        return len(captured)

    cost()
    few = cost()
    for number in range(5):
        casting.person(f"vera{number}", Role.WARD, cast.iva, cast.eye)
    assert cost() == few
