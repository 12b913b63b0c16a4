"""My account: the person's own sessions with an end to each, and the log of today."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import PersonSession, User
from befreg_reserv.people.signing_in import held
from befreg_reserv.people.signing_in.sessions import SessionStore
from befreg_reserv.people.staff import keeping
from tests import scenes
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.people.signing_in.workstations import acts, browser, type_in, with_password

pytestmark = pytest.mark.both_databases

END = "/account/sessions/end/"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36 Edg/131.0"
AGENTS = {
    EDGE: "Edge · Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1": "Safari · iPhone",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0": "Firefox · Linux",
    "curl/8.5": "",
    "": "",
}


@scene
def tilda(cast: Cast) -> User:
    return with_password(cast.tilda)


def signed_in(user: User, agent: str = EDGE) -> Client:
    client = browser()
    client.defaults["HTTP_USER_AGENT"] = agent
    type_in(client, user.username)
    return client


def row(client: Client) -> PersonSession:
    """Return the row of a browser's session."""
    return PersonSession.objects.get(session_key=client.session.session_key)


def test_a_person_ends_one_session_of_their_own(tilda: User) -> None:
    here, there, third = signed_in(tilda), signed_in(tilda, "curl/8.5"), signed_in(tilda)
    page = text_of(here.get("/account/"))
    assert ("Edge · Windows" in page, "Unknown browser" in page) == (True, True)
    ended = here.post(END, {"session": row(there).pk}, follow=True)
    assert "signed out in 1 other place" in text_of(ended)
    assert [get_user(client).is_anonymous for client in (here, there, third)] == [
        False,
        True,
        False,
    ]
    assert PersonSession.objects.count() == Session.objects.count() == 2
    assert acts(tilda)[-1] == "session_ended"


def test_or_all_but_this_one(tilda: User, cast: Cast) -> None:
    here, there, third = signed_in(tilda), signed_in(tilda), signed_in(tilda)
    wilma = signed_in(with_password(cast.wilma))
    here.post(END)
    assert [get_user(each).is_anonymous for each in (here, there, third, wilma)] == [
        *(False, True, True),
        False,
    ]
    again = here.post(END, follow=True)
    assert "already" in text_of(again)
    assert acts(tilda).count("session_ended") == 1


def test_nobody_ends_somebody_elses(tilda: User, cast: Cast) -> None:
    wilma, here = signed_in(with_password(cast.wilma)), signed_in(tilda)
    here.post(END, {"session": row(wilma).pk})
    assert get_user(wilma) == cast.wilma
    for typed in ("0", "x", "9" * 30, "-1", "²"):
        assert here.post(END, {"session": typed}).status_code == 302
    assert "session_ended" not in acts(tilda)


def test_deactivated_is_out_everywhere_and_stays_so(tilda: User, cast: Cast) -> None:
    client = signed_in(tilda)
    keeping.deactivate([tilda.pk], scenes.now(cast.adele))
    assert (Session.objects.count(), PersonSession.objects.count()) == (0, 0)
    User.objects.filter(pk=tilda.pk).update(is_active=True, password=tilda.password)
    assert get_user(client).is_anonymous


def test_a_request_that_began_before_the_end_brings_nothing_back(tilda: User) -> None:
    there = signed_in(tilda)
    began = SessionStore(there.session.session_key)
    began["seen"] = 1
    held.end_others(tilda, "", scenes.now(tilda))
    with pytest.raises(UpdateError):
        began.save()
    assert not Session.objects.exists()


def test_the_list_follows_lock_change_of_user_and_sign_out(tilda: User, cast: Cast) -> None:
    client = signed_in(tilda)
    began = row(client).began_at
    client.post("/lock/")
    type_in(client, "tilda", page="/locked/")
    assert (row(client).user, row(client).began_at) == (tilda, began)
    client.post("/lock/", {"change": "1"})
    type_in(client, with_password(cast.wilma).username, page="/locked/")
    assert row(client).user == cast.wilma
    assert not tilda.sessions.exists()
    client.post("/sign-out/")
    assert not PersonSession.objects.exists()


def test_what_has_ended_by_itself_is_forgotten(tilda: User) -> None:
    client = signed_in(tilda)
    key = client.session.session_key
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(1))
    assert held.of(tilda, timezone.now()) == []
    SessionStore.clear_expired()
    assert not PersonSession.objects.exists()


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_named_in_words(agent: str) -> None:
    assert held.device(agent) == AGENTS[agent]


def test_the_day_shows_what_others_did_to_the_account_and_nothing_of_yesterday(tilda: User) -> None:
    now = timezone.now()
    kinds = {Logged.ONE_TIME_PASSWORD: now, Logged.PERSON_MOVED: now - timedelta(days=1)}
    adele = User.objects.get(username="adele")
    for kind, at in kinds.items():
        trail.record(tilda, kind, actor=adele, at=at)
    type_in(browser(), "tilda", "wrong")
    trail.record(tilda, Logged.PIN_WRONG, actor=None, at=now)
    client = signed_in(tilda)
    before = LogEntry.objects.count()
    page = text_of(client.get("/account/"))
    told = page[page.index("What the log knows") :]
    assert ["One-time password set" in told, "adele" in told] == [True, True]
    assert ["Sign-in failed" in told, "unknown" in told, "Signed in" in told] == [True] * 3
    assert "Wrong PIN" in told
    assert "Wards of a person" not in told
    assert LogEntry.objects.count() == before
