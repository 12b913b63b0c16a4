"""A one-time password lets in once, for a day, and the log says who else knew it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event, Unattended
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import PersonSession, User
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.signing_in.passwords import OneTimeExpired, OneTimeUsed
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.people.signing_in.workstations import acts, browser, type_in
from tests.races.together import race, row_of

ONE_TIME = "kmpt-3h7n-xs8r"
OWN = "fyra gula ankor flyger"
DAY = timedelta(hours=24)


def given(user: User, ago: timedelta = timedelta(0)) -> User:
    """Let an administrator have set the person's password so long ago."""
    passwords.set_one_time(user, ONE_TIME, Unattended(timezone.now() - ago, "adele"))
    return user


@scene
def newcomer(cast: Cast) -> User:
    return given(cast.tilda)


def use(user: User, at: Any = None) -> Any:
    """Use the password of a person as they are now, by the act below the page."""
    fresh = User.objects.get(pk=user.pk)
    return passwords.use_one_time(fresh, Event.now(fresh, at or timezone.now()))


# --- the page -------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_lets_in_once_and_then_says_so_kindly(newcomer: User) -> None:
    first, second = browser(), browser()
    assert type_in(first, "tilda", ONE_TIME).status_code == 302
    answer = type_in(second, "tilda", ONE_TIME)
    assert answer.status_code == 400
    assert "works once only" in text_of(answer)
    assert "Ask the system administrator" in text_of(answer)
    assert (get_user(first), get_user(second).is_anonymous) == (newcomer, True)
    assert acts(newcomer)[-1] == "one_time_refused"


@pytest.mark.one_database("sign-in")
def test_without_its_act_who_read_it_too_would_come_in(
    newcomer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "use_one_time", lambda user, _event: user)
    for client in (browser(), browser()):
        assert type_in(client, "tilda", ONE_TIME).status_code == 302


@pytest.mark.one_database("sign-in")
def test_before_an_own_one_is_chosen_the_routine_opens_all_the_same(newcomer: User) -> None:
    client = browser()
    type_in(client, "tilda", ONE_TIME)
    assert "/routine/" in client.get("/password/").content.decode()
    assert client.get("/routine/").status_code == 200
    assert client.get("/account/").headers["Location"].startswith("/password/")


@pytest.mark.one_database("sign-in")
def test_after_a_day_it_lets_nobody_in_and_says_so(cast: Cast) -> None:
    given(cast.tilda, DAY + timedelta(seconds=1))
    client = browser()
    answer = type_in(client, "tilda", ONE_TIME)
    assert (answer.status_code, get_user(client).is_anonymous) == (400, True)
    assert "was valid until" in text_of(answer)


@pytest.mark.one_database("sign-in")
def test_whoever_types_a_wrong_one_learns_nothing_of_it(cast: Cast) -> None:
    given(cast.tilda, DAY * 2)
    assert "wrong" in text_of(type_in(browser(), "tilda", "kmpt-3h7n-xs8s"))


@pytest.mark.one_database("sign-in")
def test_the_same_browser_goes_on_after_the_lock(newcomer: User) -> None:
    client = browser()
    type_in(client, "tilda", ONE_TIME)
    client.post("/lock/")
    assert type_in(client, "tilda", ONE_TIME, "/locked/").status_code == 302
    client.post("/password/", {"new_password1": OWN, "new_password2": OWN})
    newcomer.refresh_from_db()
    assert not newcomer.must_change_password
    assert newcomer.one_time_used_at is None


@pytest.mark.one_database("sign-in")
def test_the_log_says_that_somebody_came_in_by_it_and_who_had_set_it(newcomer: User) -> None:
    type_in(browser(), "tilda", ONE_TIME)
    assert acts(newcomer)[-2:] == ["one_time_used", "sign_in"]
    entry = LogEntry.objects.filter(act="one_time_used").get()
    assert (entry.actor, entry.changes) == (newcomer, {"one_time_by": ["None", "adele"]})
    assert ONE_TIME not in str(list(LogEntry.objects.values()))


# --- the act --------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "refused"), [(timedelta(seconds=-1), None), (timedelta(0), 1)])
def test_a_day_is_a_day(newcomer: User, late: timedelta, refused: int | None) -> None:
    until = newcomer.one_time_until
    assert until is not None
    if refused:
        with pytest.raises(OneTimeExpired):
            use(newcomer, until + late)
    else:
        use(newcomer, until + late)
    newcomer.refresh_from_db()
    assert (newcomer.one_time_used_at is None) == bool(refused)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_it_at_once_one_comes_in(cast: Cast) -> None:
    for _turn in range(5):
        user = given(cast.tilda)
        by = Event.now(user, timezone.now())
        two = [row_of(passwords.use_one_time, User.objects.get(pk=user.pk), by) for _ in range(2)]
        outcomes = race(*two)
        assert [type(outcome) for outcome in outcomes if outcome != user] == [OneTimeUsed]


def test_one_that_was_set_meanwhile_isnt_used_up_by_the_former(newcomer: User) -> None:
    former = User.objects.get(pk=newcomer.pk)
    passwords.set_one_time(newcomer, "another-one-here", Unattended(timezone.now(), "adele"))
    with pytest.raises(passwords.ChangedMeanwhile):
        passwords.use_one_time(former, Event.now(former, timezone.now()))
    newcomer.refresh_from_db()
    assert newcomer.one_time_used_at is None


# --- the database, past the Python ----------------------------------------------------------

LATER = timezone.now() + timedelta(days=30)
REFUSED: dict[str, dict[str, Any]] = {
    "its own": {"one_time_at": None, "one_time_by": "", "one_time_until": None},
    "for longer": {"one_time_until": LATER},
    "by another": {"one_time_by": "gunde"},
    "without an end": {"one_time_until": None},
    "used too late": {"one_time_used_at": LATER},
}


@pytest.mark.parametrize("change", REFUSED)
def test_the_database_keeps_it_what_it_is(newcomer: User, change: str) -> None:
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=newcomer.pk).update(**REFUSED[change])


@pytest.mark.parametrize("again", [None, timezone.now()])
def test_the_database_keeps_that_it_was_used(newcomer: User, again: Any) -> None:
    use(newcomer)
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=newcomer.pk).update(one_time_used_at=again)


def test_another_password_begins_anew(newcomer: User) -> None:
    use(newcomer)
    given(newcomer)
    use(newcomer)
    empty = dict(passwords.NO_ONE_TIME)
    User.objects.filter(pk=newcomer.pk).update(password=make_password(OWN), **empty)


# --- sessions -------------------------------------------------------------------------------


def signed_in(vgr_id: str, password: str) -> Client:
    client = browser()
    type_in(client, vgr_id, password)
    return client


def keys() -> set[str]:
    """Return the keys of all sessions that somebody has."""
    return set(PersonSession.objects.values_list("session_key", flat=True))


@pytest.mark.both_databases
def test_a_new_one_deletes_the_persons_sessions_and_ones_own_the_others(newcomer: User) -> None:
    client = signed_in("tilda", ONE_TIME)
    client.post("/password/", {"new_password1": OWN, "new_password2": OWN})
    other = signed_in("tilda", OWN)
    assert keys() == {client.session.session_key, other.session.session_key}
    another = "fem gula ankor flyger"
    fields = {"old_password": OWN, "new_password1": another, "new_password2": another}
    assert client.post("/password/", fields).status_code == 302
    assert keys() == {client.session.session_key}
    assert not Session.objects.filter(session_key=other.cookies["sessionid"].value).exists()
    given(newcomer)
    assert (keys(), Session.objects.count()) == (set(), 0)
