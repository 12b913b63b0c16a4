"""A file of many rows is made beside the till: its page says how far it is, and can be left."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from django.test import Client

from befreg_reserv import deadline
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.making import csv_file, files
from befreg_reserv.making.files import Full
from custody.logged import Logged
from custody.models import Handout
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.making.orders import ended, order
from tests.pages import text_of

committed = pytest.mark.django_db(transaction=True)


# --- one after the other, and not too many --------------------------------------------------------


def test_it_says_how_far_it_is() -> None:
    go_on = Event()
    file, other = (files.order_or_join(order("a", "b", address=each, wait=go_on)) for each in "12")
    assert (file.done, file.ended, other.begun) == (0, False, False)
    go_on.set()
    assert ended(file).content == b"ab"
    assert ended(other).done == 2


def test_who_asks_again_comes_back_to_the_same_until_it_was_fetched() -> None:
    file = ended(files.order_or_join(order("a")))
    assert files.order_or_join(order("b")) is file
    assert files.order_or_join(order("b", session="other")) is not file
    file.fetched = True
    assert files.order_or_join(order("b")) is not file


def test_who_asks_later_gets_what_has_come_since(monkeypatch: pytest.MonkeyPatch) -> None:
    file = ended(files.order_or_join(order("a")))
    monkeypatch.setattr(files, "FRESH_SECONDS", 0)
    later = ended(files.order_or_join(order("ab")))
    assert (file.content, later.content) == (b"a", b"ab")


def test_a_burst_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 2)
    first, _second = (files.order_or_join(order("a", session=each)) for each in "12")
    with pytest.raises(Full):
        files.order_or_join(order("a", session="3"))
    files.drop(first)
    files.order_or_join(order("a", session="3"))


def test_one_that_grows_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 3)
    file = ended(files.order_or_join(order("ab", "cd", "ef")))
    assert (file.failed, file.content, file.done) == (True, None, 1)


def test_one_that_nobody_wants_is_not_made_to_its_end() -> None:
    go_on = Event()
    file = files.order_or_join(order("a", "b", wait=go_on))
    files.drop(file)
    go_on.set()
    after = ended(files.order_or_join(order("c")))  # which waits for the first
    assert (file.done, after.content) == (min(file.done, 1), b"c")


def test_it_goes_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    file = ended(files.order_or_join(order("a")))
    assert files.find(file.pk, "one", 1) is file
    monkeypatch.setattr(files, "KEPT_SECONDS", -1)
    assert files.find(file.pk, "one", 1) is None


def test_nor_at_the_moment_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def looked_after(_seconds: float) -> Iterator[None]:
        yield
        files._forget_old()

    monkeypatch.setattr(deadline, "within", looked_after)
    assert not ended(files.order_or_join(order("a"))).dropped


@pytest.mark.parametrize("who", [("other", 1), ("one", 2), (None, 1)])
def test_it_is_one_persons_in_one_session(who: tuple[str | None, int]) -> None:
    assert files.find(files.order_or_join(order("a")).pk, *who) is None


# --- through the pages ----------------------------------------------------------------------------


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one row be too many to wait for."""
    monkeypatch.setattr(csv_file, "MOST_AT_ONCE", 0)


@pytest.fixture
def given(cast: Cast, transactional_db: None) -> Handout:
    scenes.lay_in("Pärm AKM", [scenes.REAL_WOMAN], training=False)
    scenes.begin(cast.tilda)
    return scenes.handed_out(cast)


def ordered(client: Client, handout: Handout) -> str:
    """Ask for the rows; return the address of the page that it leads to, once they are made."""
    page: str = client.get(f"/outage/{handout.outage_id}/rows.csv")["Location"]
    ended(files._files[int(page.split("/")[2])])
    return page


def downloads() -> int:
    count: int = LogEntry.objects.filter(act=Logged.REPORT_CSV.value).count()
    return count


@committed
def test_it_is_fetched_and_was_logged_once(
    cast: Cast, sign_in: SignIn, given: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(cast.adele)
    at_once = client.get(f"/outage/{given.outage_id}/rows.csv").getvalue()
    monkeypatch.setattr(csv_file, "MOST_AT_ONCE", 0)
    page = ordered(client, given)
    assert "Filen är klar" in text_of(client.get(page))
    answers = [client.get(f"{page}fetch/") for _ in range(2)]
    assert [answer.content for answer in answers] == [at_once] * 2
    assert "numm" in answers[0]["Content-Disposition"]
    assert downloads() == 2, "one at once, one made"


@committed
def test_it_does_not_outlive_the_session(
    cast: Cast, sign_in: SignIn, given: Handout, many: None
) -> None:
    client = sign_in(cast.adele)
    page = ordered(client, given)
    files.forget_ended()
    assert client.get(page).status_code == 200
    client.post("/sign-out/")
    files.forget_ended()
    assert not files._files
    assert sign_in(cast.adele).get(f"{page}fetch/").status_code == 404


@committed
def test_they_are_looked_after_as_long_as_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LOOK_SECONDS", 0)
    monkeypatch.setattr(files, "_looks", [True])
    ended(files.order_or_join(order("a", session="of nobody")))
    files._look_after()  # ends by itself
    assert (files._files, files._looks) == ({}, [False])


@committed
def test_nobody_else_may_have_it_nor_who_has_lost_the_right(
    cast: Cast, sign_in: SignIn, given: Handout, many: None
) -> None:
    client = sign_in(cast.adele)
    page = ordered(client, given)
    assert sign_in(cast.gunde).get(f"{page}fetch/").status_code == 404
    assert client.get(f"{page}fetch/").status_code == 200
    cast.gunde.groups.set(cast.adele.groups.all())  # or she would be the last one, who stays
    cast.adele.groups.clear()
    assert client.get(f"{page}fetch/").status_code == 404


@committed
def test_one_can_do_without(cast: Cast, sign_in: SignIn, given: Handout, many: None) -> None:
    client = sign_in(cast.adele)
    page = ordered(client, given)
    answer = client.post(f"{page}stop/")
    assert answer["Location"] == f"/outage/{given.outage_id}/report/"
    assert client.get(page).status_code == 404


@committed
def test_a_burst_is_told_when_to_ask_again(
    cast: Cast, sign_in: SignIn, given: Handout, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 0)
    answer = sign_in(cast.adele).get(f"/outage/{given.outage_id}/rows.csv")
    assert (answer.status_code, answer["Retry-After"]) == (503, "12")
    assert downloads() == 0


@committed
def test_a_fault_is_told(
    cast: Cast, sign_in: SignIn, given: Handout, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAKING_SECONDS", -1)
    client = sign_in(cast.adele)
    page = ordered(client, given)
    assert "Filen gick inte att ta fram" in text_of(client.get(page))
    assert client.get(f"{page}fetch/").status_code == 302
