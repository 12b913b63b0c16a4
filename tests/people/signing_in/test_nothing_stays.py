"""Nothing of a person stays in the browser of a shared workstation."""

import pytest
from django.contrib.auth import get_user
from django.test import Client

from tests.cast import Cast
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import (
    JUST_IDLE,
    TILL_SECONDS,
    browser,
    leave_alone,
    type_in,
    with_password,
)

pytestmark = pytest.mark.one_database("sign-in")

CLEARED = '"cache", "storage"'


@scene
def till(cast: Cast) -> Client:
    with_password(cast.tilda)
    with_password(cast.wilma)
    client = browser()
    type_in(client, "tilda")
    return client


def test_sign_out_clears(till: Client) -> None:
    assert till.post("/sign-out/").headers["Clear-Site-Data"] == CLEARED


def test_so_does_the_sign_out_of_the_registers(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.adele)
    answer = client.post("/admin/logout/")
    assert answer.headers["Clear-Site-Data"] == CLEARED


@pytest.mark.parametrize("fields", [{}, {"change": "1"}])
def test_locking_clears(till: Client, fields: dict[str, str]) -> None:
    assert till.post("/lock/", fields).headers["Clear-Site-Data"] == CLEARED


def test_locking_by_itself_clears_at_that_moment(till: Client) -> None:
    leave_alone(till, TILL_SECONDS + JUST_IDLE + 1)
    answers = [till.get("/till/live/"), till.get("/outage/"), till.get("/locked/")]
    cleared = [answer.headers.get("Clear-Site-Data") for answer in answers]
    assert cleared == [CLEARED, None, None]


def test_the_sign_in_of_another_clears_and_going_on_doesnt(till: Client) -> None:
    till.post("/lock/")
    answer = type_in(till, "tilda", page="/locked/")
    assert "Clear-Site-Data" not in answer.headers
    till.post("/lock/")
    answer = type_in(till, "wilma", page="/locked/")
    assert answer.headers["Clear-Site-Data"] == CLEARED


def test_where_nobody_was_style_sheets_and_scripts_stay(till: Client) -> None:
    till.post("/sign-out/")
    assert type_in(till, "wilma").headers["Clear-Site-Data"] == '"storage"'


def test_whoever_types_the_password_is_signed_in_and_not_who_was(till: Client, cast: Cast) -> None:
    session = till.session
    session["of"] = "tilda"
    session.save()
    assert type_in(till, "wilma").headers["Clear-Site-Data"] == CLEARED
    assert get_user(till) == cast.wilma
    assert "of" not in till.session


def test_a_wrong_password_clears_nothing(till: Client) -> None:
    till.post("/lock/")
    answer = type_in(till, "wilma", "wrong", page="/locked/")
    assert "Clear-Site-Data" not in answer.headers


def test_no_page_of_a_lock_is_kept(till: Client) -> None:
    for answer in (till.post("/lock/"), till.get("/locked/"), till.get("/till/")):
        assert "no-store" in answer.headers["Cache-Control"]
