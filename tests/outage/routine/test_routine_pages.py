"""The routine on pages: who reads it, how it is kept, and that no other page has a copy of it."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from custody.models import Handout
from outage.models import Routine
from outage.routine import text
from outage.routine.text import Moment
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.routine.drafts import LINK, decide, today
from tests.pages import text_of
from tests.served import ROOT

pytestmark = pytest.mark.one_database("words")

ROUTINE, NEW = "/routine/", "/routine/new/"
NEAR = "10.1.2.3"


@pytest.fixture
def near(settings: Any) -> None:
    """The hospital's own network is one from which the routine is read."""
    settings.ROUTINE_NETWORKS = [ip_network("10.0.0.0/8")]


def typed(**changed: Any) -> dict[str, str]:
    """Return the form of a new version, as the page shows it and the administrator fills it in."""
    last = text.latest()
    steps = {
        f"{moment.value}{suffix}": "\n".join(line[at] for line in last.lines(moment))
        for moment in Moment
        for at, suffix in enumerate(("", "_en"))
    }
    head = {
        "shown": str(last.routine.version),
        "responsible": "Verksamhetschefen",
        "decided_by": "Adele",
        "valid_from": str(today()),
        "valid_until": str(today()),
        "raps_link": LINK,
    }
    return steps | head | changed


# --- who reads it ---------------------------------------------------------------------------------


def test_nobody_reads_it_without_signing_in_unless_a_network_is_set(db: None) -> None:
    assert Client().get(ROUTINE, REMOTE_ADDR=NEAR).headers["Location"] == "/sign-in/?next=/routine/"


def test_the_hospitals_own_network_reads_it_without_signing_in(near: None, db: None) -> None:
    page = text_of(Client().get(ROUTINE, REMOTE_ADDR=NEAR))
    assert "Titta i IT-nyheterna på intranätet." in page
    assert "1258" in page
    assert "Alla versioner" not in page


def test_only_who_is_signed_in_learns_who_recorded_it(
    near: None, cast: Cast, sign_in: SignIn
) -> None:
    decide(cast)
    assert "adele" not in text_of(Client().get(ROUTINE, REMOTE_ADDR=NEAR))
    assert "adele" in text_of(sign_in(cast.wilma).get(ROUTINE, REMOTE_ADDR=NEAR))


@pytest.mark.parametrize("address", ["192.0.2.7", "", "::1"])
def test_another_network_must_sign_in(near: None, db: None, address: str) -> None:
    assert Client().get(ROUTINE, REMOTE_ADDR=address).status_code == 302


def test_what_a_client_says_of_its_address_is_not_believed(near: None, db: None) -> None:
    client = Client(headers={"X-Forwarded-For": NEAR})
    assert client.get(ROUTINE, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_a_locked_session_reads_it_and_is_nobody_there(
    near: None, cast: Cast, sign_in: SignIn
) -> None:
    client = sign_in(cast.wilma)
    client.post("/lock/")
    page = client.get(ROUTINE, REMOTE_ADDR=NEAR)
    assert page.status_code == 200
    assert "wilma" not in text_of(page)


@pytest.mark.parametrize("path", ["/sign-in/", "/locked/"])
def test_sign_in_and_lock_lead_to_it_where_it_may_be_read(
    near: None, cast: Cast, sign_in: SignIn, path: str
) -> None:
    client = Client() if path == "/sign-in/" else sign_in(cast.wilma)
    client.post("/lock/", {"next": "/ward/"})
    assert 'href="/routine/"' in client.get(path, REMOTE_ADDR=NEAR).content.decode()
    assert 'href="/routine/"' not in client.get(path).content.decode()


@pytest.mark.parametrize("name", ["tilda", "wilma", "gunde", "noone"])
def test_whoever_is_signed_in_reads_it(cast: Cast, sign_in: SignIn, name: str) -> None:
    assert sign_in(getattr(cast, name)).get(ROUTINE).status_code == 200


# --- how it is kept -------------------------------------------------------------------------------


def test_the_form_begins_with_what_the_last_version_says(cast: Cast, sign_in: SignIn) -> None:
    decide(cast, news="Fråga en kollega.")
    form = sign_in(cast.adele).get(NEW).context["form"]
    assert (form["shown"].value(), form["news"].value()) == (2, "Fråga en kollega.")


def test_a_preview_shows_the_ward_in_both_languages_and_stores_nothing(
    cast: Cast, sign_in: SignIn
) -> None:
    draft = typed(news="Fråga en kollega.", news_en="Ask a colleague.")
    page = text_of(sign_in(cast.adele).post(NEW, draft))
    assert page.count("Fråga en kollega.") == page.count("Ask a colleague.") == 2
    assert Routine.objects.count() == 1


def hidden(page: Any) -> dict[str, str]:
    """Return what the preview's form sends."""
    form = page.context["form"]
    return {field.html_name: field.value() for field in form} | {"decided": "1"}


def test_what_was_previewed_is_what_is_decided(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.adele)
    draft = typed(close="Ett\nTvå", close_en="One\nTwo")
    answer = client.post(NEW, hidden(client.post(NEW, draft)), follow=True)
    assert answer.redirect_chain == [("/routine/versions/2/", 302)]
    assert text.of_version(2).lines("close") == [("Ett", "One"), ("Två", "Two")]
    assert text.of_version(2).routine.recorded_by == cast.adele


def test_it_can_be_changed_after_the_preview(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.adele).post(NEW, typed(news="Nytt") | {"again": "1"})
    assert (page.status_code, page.context["form"]["news"].value()) == (200, "Nytt")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"news": "Ett\nTvå"}, "news"),
        ({"close": "Ett", "close_en": "One\nTwo"}, "close_en"),
        ({"slip": "x" * 41, "slip_en": "x"}, "slip"),
        ({"say_en": " "}, "say_en"),
        ({"valid_until": "2000-01-01"}, "valid_until"),
        ({"raps_link": "ftp://insidan.example/raps"}, "raps_link"),
        ({"decided_by": ""}, "decided_by"),
    ],
)
def test_what_can_not_be_right_is_said_beside_its_field(
    cast: Cast, sign_in: SignIn, changed: Mapping[str, str], field: str
) -> None:
    page = sign_in(cast.adele).post(NEW, typed(**changed) | {"decided": "1"})
    assert (page.status_code, set(page.context["form"].errors)) == (400, {field})
    assert Routine.objects.count() == 1


def test_a_draft_on_an_older_version_is_refused(cast: Cast, sign_in: SignIn) -> None:
    draft = typed(news="Nytt") | {"decided": "1"}
    decide(cast)
    assert sign_in(cast.adele).post(NEW, draft).status_code == 409


def test_every_older_version_is_read(cast: Cast, sign_in: SignIn) -> None:
    decide(cast, news="Fråga en kollega.")
    client = sign_in(cast.wilma)
    assert "/routine/versions/1/" in client.get("/routine/versions/").content.decode()
    assert "Titta i IT-nyheterna" in text_of(client.get("/routine/versions/1/"))
    assert client.get("/routine/versions/9/").status_code == 404


# --- where it is shown ----------------------------------------------------------------------------


def test_the_ward_the_till_and_a_slip_say_what_the_version_in_force_says(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    decide(cast, urgent="Spring till kassan.", news="Läs tidningen.", slip="Byt numret")
    slip = sign_in(cast.tilda).get(f"/till/handouts/{handout.pk}/slip/")
    assert "Byt numret" in text_of(slip)
    assert "Spring till kassan." in text_of(sign_in(cast.wilma).get("/ward/"))


def test_the_tills_points_are_the_routines(cast: Cast, sign_in: SignIn) -> None:
    decide(cast, news="Läs tidningen.")
    assert "Läs tidningen." in text_of(sign_in(cast.tilda).get("/till/"))
    assert "Läs tidningen." in text_of(sign_in(cast.wilma).get("/ward/"))


def test_no_template_has_a_copy_of_a_step(db: None) -> None:
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    written = " ".join(re.sub(r"\s+", " ", path.read_text("utf-8")) for path in sources)
    with translation.override("en"):
        steps = [step.shown for step in text.in_force(today()).steps]
    assert [step for step in steps if step in written] == []
    assert "Only for a very urgent need" in " ".join(steps)
