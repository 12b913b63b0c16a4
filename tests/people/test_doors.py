"""Each role lands at its own door and sees the tabs it may open."""

import re

import pytest

from befreg_reserv.people.roles import Role
from tests import cast as casting
from tests.cast import Cast
from tests.conftest import SignIn

pytestmark = pytest.mark.one_database("words")

REGISTERS = ["/people/", "/registers/"]
DOORS = {
    "tilda": ("/till/", ["/till/", "/ward/", "/binder/", "/outage/"]),
    "wilma": ("/ward/", ["/ward/", "/outage/"]),
    "adele": (
        "/binder/overview/",
        [
            *(
                "/binder/overview/",
                "/till/",
                "/ward/",
                "/binder/",
                "/outage/",
                "/audit/",
                "/wards/",
            ),
            *REGISTERS,
        ],
    ),
    "gunde": (
        "/audit/",
        [*("/binder/overview/", "/till/", "/ward/", "/binder/", "/outage/", "/audit/"), *REGISTERS],
    ),
}


@pytest.mark.parametrize("name", DOORS)
def test_lands_at_the_door_of_the_role(sign_in: SignIn, cast: Cast, name: str) -> None:
    assert sign_in(getattr(cast, name)).get("/").headers["Location"] == DOORS[name][0]


@pytest.mark.parametrize("name", DOORS)
def test_every_tab_opens(sign_in: SignIn, cast: Cast, name: str) -> None:
    client = sign_in(getattr(cast, name))
    tabs = client.get("/outage/").context["tabs"]
    assert [tab["url"] for tab in tabs] == DOORS[name][1]
    assert {client.get(tab["url"]).status_code for tab in tabs} == {200}


def test_the_present_tab_is_marked(sign_in: SignIn, cast: Cast) -> None:
    for path in ("/outage/", "/binder/", "/binder/overview/"):
        page = sign_in(cast.adele).get(path).content.decode()
        assert re.findall(r'<a href="([^"]+)"\s+aria-current="page"', page) == [path]


def test_who_has_two_roles_has_the_tabs_of_both(sign_in: SignIn, cast: Cast) -> None:
    both = casting.person("berit", Role.WARD, cast.iva)
    both.groups.add(cast.gunde.groups.get())
    response = sign_in(both).get("/outage/")
    assert [tab["url"] for tab in response.context["tabs"]] == DOORS["gunde"][1]


def test_who_has_no_role_has_no_tabs(sign_in: SignIn, cast: Cast) -> None:
    assert sign_in(cast.noone).get("/").context["tabs"] == []
