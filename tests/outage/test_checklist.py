"""The checklist on the till's board and on the outages' page, and whom to call beside it."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User
from outage import doubt, lifecycle
from outage.calling import contacts
from outage.calling.contacts import Answer, ContactLine
from outage.forms.outages import SinceField
from outage.models import Contact, Doubt, Outage, Plan, Tick
from outage.plans import planning
from outage.templatetags.calls import when
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.outage.plans.scenes import announce, cancel
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")

TICK = {"news": "on", "drill": "False", "text": "nothing there", "next": "/till/"}


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    """The till, in the source's language."""
    User.objects.update(language="en")
    return sign_in(cast.tilda)


# --- ticking --------------------------------------------------------------------------------------


def test_a_tick_comes_back_and_shows_who_and_when(till: Client) -> None:
    answer = till.post("/outage/doubt/tick/", TICK, follow=True)
    assert answer.redirect_chain == [("/till/", 302)]
    shown = text_of(answer)
    at = timezone.localtime(Tick.objects.get().at)
    assert f"Ticked {at:%H:%M}, tilda: “nothing there”" in shown.replace("\xa0", " ")


def test_a_ticked_point_is_not_sent_again(till: Client) -> None:
    for sent in (1, 0):
        assert till.get("/till/").content.decode().count('name="news"') == sent
        till.post("/outage/doubt/tick/", TICK)


def test_the_points_come_in_the_routines_order(till: Client) -> None:
    page = till.get("/till/").content.decode()
    points = re.findall(r'id="real-start_(local|news|support)"', page)
    assert points == ["local", "news", "support"]


@pytest.mark.parametrize(
    ("changes", "field"), [({"text": "x" * 501}, "text"), ({"news": "", "text": ""}, "__all__")]
)
def test_a_wrong_tick_shows_the_checklist_again(
    till: Client, changes: dict[str, str], field: str
) -> None:
    answer = till.post("/outage/doubt/tick/", TICK | changes)
    assert answer.status_code == 400
    assert list(answer.context["wrong"].errors) == [field]
    assert answer.content.decode().count('action="/outage/doubt/tick/"') == 1
    assert not Doubt.objects.exists()


def test_a_wrong_tick_of_a_drill_is_on_a_page_that_says_so(till: Client) -> None:
    answer = till.post("/outage/doubt/tick/", TICK | {"drill": "True", "text": "x" * 501})
    assert '<body class="drill"' in answer.content.decode()


def test_a_tick_that_comes_too_late_is_told_and_its_note_kept(till: Client, outage: Outage) -> None:
    answer = till.post("/outage/doubt/tick/", TICK, follow=True)
    assert answer.redirect_chain == [(outage.get_absolute_url(), 302)]
    assert "What you ticked or wrote is in its timeline." in text_of(answer)
    assert outage.timeline.get(act="noted").text == "Ticked: Look in the IT news; nothing there"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "till", ""])
def test_a_tick_never_leads_elsewhere(till: Client, target: str) -> None:
    answer = till.post("/outage/doubt/tick/", TICK | {"next": target})
    assert answer.headers["Location"] == "/"


@pytest.mark.both_databases
def test_one_form_ticks_all_its_points_and_starts(till: Client) -> None:
    sent = {"local": "on", "support": "on", "drill": "False", "text": "nobody knows"}
    till.post("/outage/start/", sent | {"since": ""})
    outage = Outage.objects.get()
    found = {tick.item: tick.skipped for tick in outage.doubt.ticks.all()}
    assert found == {"local": False, "news": True, "support": False}
    assert outage.timeline.get(act="started").text == "nobody knows"


def test_since_when_is_still_there_after_a_note_is_saved(till: Client) -> None:
    page = till.post("/outage/doubt/tick/", TICK | {"since": "03:10"})
    assert page.status_code == 200
    assert 'value="03:10"' in page.content.decode()


def test_points_of_who_comes_second_are_in_the_timeline(till: Client, outage: Outage) -> None:
    till.post("/outage/start/", {"news": "on", "drill": "False", "text": "nothing there"})
    said = outage.timeline.get(act="also_reported").text
    assert said == "Ticked: Look in the IT news; nothing there"


def test_a_box_ticked_on_the_board_gives_its_points_alone(till: Client) -> None:
    answer = till.post("/outage/doubt/tick/", TICK, headers={"HX-Request": "true"})
    assert "<form" not in answer.content.decode()
    assert "nothing there" in text_of(answer)


def test_in_a_drill_no_key_starts_the_real_outage(cast: Cast, till: Client) -> None:
    scenes.begin(cast.tilda, drill=True)
    assert "data-begun" in till.get("/till/").content.decode()
    assert "data-begun" not in till.get("/till/drill/").content.decode()


def test_a_box_ticked_once_an_outage_goes_on_gives_the_board_anew(
    till: Client, outage: Outage
) -> None:
    answer = till.post("/outage/doubt/tick/", TICK, headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert outage.timeline.get(act="noted").text == "Ticked: Look in the IT news; nothing there"


@pytest.mark.both_databases
def test_what_is_sent_along_with_the_end_of_the_doubt_is_kept(cast: Cast, till: Client) -> None:
    opened = doubt.tick(["local"], scenes.now(cast.adele), drill=False).row
    till.post(f"/outage/doubt/{opened.pk}/clear/", {"news": "on", "text": "it was the switch"})
    assert opened.ticks.get(item="news").text == "it was the switch"


# --- clearing -------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_only_a_doubt_can_be_cleared_and_once(till: Client) -> None:
    assert "/clear/" not in till.get("/till/").content.decode()
    till.post("/outage/doubt/tick/", TICK)
    clear = f"/outage/doubt/{Doubt.objects.get().pk}/clear/"
    assert clear in till.get("/till/").content.decode()
    said = [text_of(till.post(clear, {"next": "/till/"}, follow=True)) for _ in range(2)]
    assert "Noted: Befreg works." in said[0]
    assert "closed already" in said[1]
    assert "Ticked" not in said[1]


def test_what_lapsed_is_not_shown(cast: Cast, till: Client) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    doubt.tick(["news"], Event.now(cast.tilda, long_ago), drill=False)
    page = till.get("/till/")
    assert "Ticked" not in text_of(page)
    assert "/clear/" not in page.content.decode()


def test_no_doubt_of_that_key(till: Client) -> None:
    assert till.post("/outage/doubt/99999999999999999999/clear/").status_code == 404


# --- starting -------------------------------------------------------------------------------------


def test_in_a_hurry_the_page_says_that_skipping_is_all_right(cast: Cast, till: Client) -> None:
    assert "recorded as skipped, and that is quite all right" in text_of(till.get("/till/"))
    for item in Tick.Item.values:
        doubt.tick([item], scenes.now(cast.tilda), drill=False)
    assert "recorded as skipped" not in text_of(till.get("/till/"))


def test_the_board_starts_the_real_outage_alone(till: Client) -> None:
    drills = re.findall(r'name="drill" value="(\w+)"', till.get("/till/").content.decode())
    assert set(drills) == {"False"}
    till.post("/outage/start/", {"drill": "False", "text": ""})
    assert not Outage.objects.get().drill


@pytest.mark.parametrize(
    ("begins", "hours", "offered"),
    [(0.75, 2, False), (0.4, 2, True), (-1, 2, True), (-48, 2, True)],
)
def test_the_board_offers_a_planned_outage_that_is_due_before_all_else(
    cast: Cast, till: Client, begins: float, hours: float, *, offered: bool
) -> None:
    plan = announce(cast, begins=timedelta(hours=begins), hours=hours)
    address = f'action="/outage/plans/{plan.pk}/start/"'
    pages = [till.get(path).content.decode() for path in ("/till/", "/outage/")]
    assert [address in page for page in pages] == [offered] * 2
    if offered:
        assert pages[0].index(address) < pages[0].index('action="/outage/start/"')
        assert 'id="announced"' not in pages[0]  # it stands above
        response = till.post(f"/outage/plans/{plan.pk}/start/", {"next": "/till/"}, follow=True)
        assert response.redirect_chain == [("/till/", 302)]
        assert Outage.objects.get().plan == plan


def test_drills_cancelled_and_begun_ones_are_not_offered(cast: Cast, till: Client) -> None:
    announce(cast, begins=timedelta(0), drill=True)
    cancel(cast, announce(cast, begins=timedelta(0)))
    assert "/start/" not in till.get("/till/").content.decode().replace("/outage/start/", "")


def test_who_may_not_start_is_offered_no_plan(cast: Cast, sign_in: SignIn) -> None:
    announce(cast, begins=timedelta(0))
    page = sign_in(cast.gunde).get("/till/").content.decode()
    assert "/start/" not in page
    assert 'id="announced"' in page


def test_a_plan_that_comes_due_gives_the_board_anew(
    cast: Cast, till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = timezone.now() + timedelta(minutes=2)
    announce(cast, begins=timedelta(minutes=32))
    monkeypatch.setattr(contacts, "ask", lambda at: Answer(TECHNICIAN))
    address = live(till)
    assert "HX-Refresh" not in till.get(address).headers
    monkeypatch.setattr(timezone, "now", lambda: soon)
    assert till.get(address).headers["HX-Refresh"] == "true"


def test_since_when_may_be_typed(till: Client) -> None:
    began = timezone.now() - timedelta(minutes=90)
    typed = {"drill": "False", "since": f"{timezone.localtime(began):%H.%M}"}
    till.post("/outage/start/", typed)
    assert Outage.objects.get().started_at == began.replace(second=0, microsecond=0)


@pytest.mark.parametrize("typed", ["2999-01-01 10:00", "1026-11-22 14:05", "25:00", "soon"])
def test_a_wrong_time_is_said_beside_the_field(till: Client, typed: str) -> None:
    response = till.post("/outage/start/", {"drill": "False", "since": typed})
    assert response.status_code == 400
    assert set(response.context["wrong"].errors) == {"since"}
    assert "<details open>" in response.content.decode()
    assert not Outage.objects.exists()


@pytest.mark.parametrize(
    ("typed", "began"),
    [
        ("", None),
        ("14:05", datetime(2026, 11, 22, 13, 5, tzinfo=UTC)),
        ("0:10", datetime(2026, 11, 22, 23, 10, tzinfo=UTC)),
        ("2026-11-20 14:05", datetime(2026, 11, 20, 13, 5, tzinfo=UTC)),
    ],
)
def test_a_clock_alone_is_the_last_time_it_stood_so(
    monkeypatch: pytest.MonkeyPatch, typed: str, began: datetime | None
) -> None:
    midnight = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # 00:30 on the 23rd
    monkeypatch.setattr(timezone, "now", lambda: midnight)
    assert SinceField().clean(typed) == began


def test_also_the_night_the_clock_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ten_past_two_again = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: ten_past_two_again)
    assert SinceField().clean("02:50") == ten_past_two_again - timedelta(minutes=20)


def test_the_outages_page_has_a_checklist_for_each(cast: Cast, till: Client) -> None:
    doubt.tick(["news"], scenes.now(cast.tilda), drill=True)
    for address, drill in (("/outage/", "False"), ("/outage/?drill=1", "True")):
        page = till.get(address).content.decode()
        assert re.findall(r'name="drill" value="(\w+)"', page) == [drill]
    till.post("/outage/start/", {"drill": "True"})
    assert [tick.skipped for tick in Outage.objects.get(drill=True).doubt.ticks.all()] == [
        False,
        True,
        True,
    ]


def test_what_is_ongoing_is_not_offered_again(till: Client, outage: Outage) -> None:
    def offered() -> set[str]:
        pages = (till.get(path).content.decode() for path in ("/outage/", "/outage/?drill=1"))
        return {
            drill for page in pages for drill in re.findall(r'name="drill" value="(\w+)"', page)
        }

    assert offered() == {"True"}
    lifecycle.end(outage, scenes.now(User.objects.get(username="tilda")))
    scenes.begin(User.objects.get(username="tilda"), drill=True)
    assert offered() == {"False"}


@pytest.mark.parametrize("name", ["wilma", "gunde"])
def test_who_may_not_start_is_offered_nothing(sign_in: SignIn, cast: Cast, name: str) -> None:
    page = sign_in(getattr(cast, name)).get("/outage/").content.decode()
    assert "/outage/start/" not in page
    assert "/outage/doubt/" not in page


def test_an_auditor_reads_the_checklist_on_the_board(sign_in: SignIn, cast: Cast) -> None:
    doubt.tick(["news"], scenes.now(cast.tilda), drill=False, text="nothing there")
    page = sign_in(cast.gunde).get("/till/").content.decode()
    assert "nothing there" in page
    assert "/outage/doubt/" not in page


# --- whom to call ---------------------------------------------------------------------------------

SUPPORT = ContactLine("3010", "User support", "choice 2")
TECHNICIAN = ContactLine("09", "On-call technician")
SOON = datetime.fromisoformat("2026-11-23T16:30+01:00")


def piece(answer: Answer) -> str:
    return " ".join(render_to_string("outage/_whom_to_call.html", {"call": answer}).split())


def plain(answer: Answer) -> str:
    return " ".join(re.sub("<[^>]*>", "", html.unescape(piece(answer))).split())


def at(monkeypatch: pytest.MonkeyPatch, text: str) -> datetime:
    """Let it be this time for pages."""
    moment = datetime.fromisoformat(text).astimezone()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


def test_number_hint_and_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-23T12:00+01:00")
    said = plain(Answer(SUPPORT, SOON, TECHNICIAN))
    assert said == "User support: 3010 (choice 2) Until 16:30, then 09 (On-call technician)."


def test_another_day_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-20T18:00+01:00")
    said = plain(Answer(TECHNICIAN, SOON - timedelta(hours=9), SUPPORT))
    assert "Until Monday 2026-11-23 07:30, then 3010 (User support)." in said


def test_who_always_answers_needs_no_time() -> None:
    assert plain(Answer(TECHNICIAN)) == "On-call technician: 09"


def test_nobody_after_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-23T12:00+01:00")
    said = plain(Answer(SUPPORT, SOON))
    assert "Until 16:30. Nobody in the register answers after that." in said


def test_nobody_now_says_who_then_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-11-23T12:00+01:00")
    said = plain(Answer(None, SOON, TECHNICIAN))
    assert "Nobody in the register answers now. From 16:30: 09 (On-call technician)." in said
    assert "switchboard" in said
    assert "From" not in plain(Answer(None))


def test_a_number_is_dialled_and_one_without_digits_is_not() -> None:
    assert 'href="tel:3010"' in piece(Answer(SUPPORT))
    assert "tel:" not in piece(Answer(ContactLine("växeln", "Ask")))


def test_a_hostile_number_stays_text() -> None:
    said = piece(Answer(ContactLine('"><script>3010', "<b>", "<i>")))
    assert "<script>" not in said
    assert "<b>" not in said
    assert 'href="tel:3010"' in said


@pytest.mark.parametrize("drill", [False, True])
def test_the_board_says_whom_to_call_once_at_rest_and_during(
    cast: Cast, till: Client, *, drill: bool
) -> None:
    assert till.get("/till/").content.decode().count("call-now") == 1
    scenes.begin(cast.tilda, drill=drill)
    assert till.get("/till/").content.decode().count("call-now") == 1


def test_a_ward_is_told_the_tills_number_and_what_to_say_there(cast: Cast, sign_in: SignIn) -> None:
    wilma = sign_in(cast.wilma)
    for _ in ("at rest", "while Befreg is down"):
        answer = wilma.get("/ward/")
        assert "tel:1258" in answer.content.decode()
        assert "wilma, Anestesikliniken / IVA" in text_of(answer)
        scenes.begin(cast.tilda)
    Contact.objects.update(active=False)
    assert wilma.get("/ward/").status_code == 200


def test_at_rest_a_ward_is_told_whom_to_call_about_befreg_and_until_when(
    cast: Cast, sign_in: SignIn
) -> None:
    answer = sign_in(cast.wilma).get("/ward/")
    whom = contacts.ask(timezone.now())
    assert whom.line
    assert whom.until
    assert f'href="tel:{whom.line.number}"' in answer.content.decode()
    with translation.override("sv"):
        assert f"{when(whom.until)}, " in text_of(answer)


def test_an_empty_register_breaks_no_page(till: Client) -> None:
    Contact.objects.update(active=False)
    for path in ("/till/", "/outage/"):
        assert "Nobody in the register answers now" in text_of(till.get(path))


# --- the board keeps up ---------------------------------------------------------------------------


def live(till: Client) -> str:
    """Return the address that the board asks for what is new."""
    page = till.get("/till/").content.decode()
    return html.unescape(re.search(r'hx-get="([^"]+)"', page)[1])  # type: ignore[index]


def test_another_persons_tick_comes_to_the_board_by_itself(cast: Cast, till: Client) -> None:
    address = live(till) + "&shown=" + mark(till)
    assert "real-points" not in till.get(address).content.decode()
    doubt.tick(["news"], scenes.now(cast.adele), drill=False)
    answer = till.get(address)
    assert "HX-Refresh" not in answer.headers
    assert answer.content.decode().count('hx-swap-oob="') == 2
    assert "adele" in text_of(answer)
    doubt.clear(Doubt.objects.get(), scenes.now(cast.adele))
    assert "real-points" not in till.get(address).content.decode()


def mark(till: Client) -> str:
    """Return what the board knows of the checklist."""
    page = till.get("/till/").content.decode()
    return re.search(r'name="shown" value="([^"]+)"', page)[1]  # type: ignore[index]


def test_when_the_support_closes_the_board_at_rest_comes_anew(
    till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "ask", lambda at: Answer(SUPPORT, SOON, TECHNICIAN))
    address = live(till)
    assert "HX-Refresh" not in till.get(address).headers
    monkeypatch.setattr(contacts, "ask", lambda at: Answer(TECHNICIAN))
    assert till.get(address).headers["HX-Refresh"] == "true"


def test_during_an_outage_the_live_part_itself_changes(
    cast: Cast, till: Client, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = live(till)
    for line in (SUPPORT, TECHNICIAN):
        monkeypatch.setattr(contacts, "ask", lambda at, line=line: Answer(line))
        answer = till.get(address)
        assert "HX-Refresh" not in answer.headers
        assert f"tel:{line.number}" in answer.content.decode()


def test_a_planned_end_that_moves_or_passes_gives_the_board_anew(
    cast: Cast, till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, now = scenes.planned(cast, ahead=0), timezone.now()
    lifecycle.start(Event.now(cast.tilda, now), plan=plan)
    address = live(till)
    assert "HX-Refresh" not in till.get(address).headers
    soon = plan.planned_start + timedelta(minutes=1)
    planning.move_end(plan.pk, soon, Event.now(cast.adele, now), reason="quick")
    assert till.get(address).headers["HX-Refresh"] == "true"
    address = live(till)
    assert "HX-Refresh" not in till.get(address).headers
    monkeypatch.setattr(timezone, "now", lambda: soon)
    assert till.get(address).headers["HX-Refresh"] == "true"


# --- planned end ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends_in", "said", "unsaid"),
    [
        (timedelta(hours=1), "planned end", "overdue"),
        (timedelta(hours=-1), "overdue: the end was planned for", "planned end"),
    ],
)
def test_the_planned_end_is_told_on_every_page(
    cast: Cast, till: Client, ends_in: timedelta, said: str, unsaid: str
) -> None:
    now = timezone.now()
    plan = scenes.planned(cast)
    begun = now - timedelta(hours=2)
    Plan.objects.update(planned_start=begun, planned_end=now + ends_in)
    lifecycle.start(Event.now(cast.tilda, begun), plan=plan)
    for path in ("/till/", "/outage/"):
        strip = text_of(till.get(path)).partition("Befreg is down since")[2][:200]
        assert said in strip
        assert unsaid not in strip


def test_an_unplanned_one_has_no_planned_end(till: Client, outage: Outage) -> None:
    assert "planned end" not in text_of(till.get("/till/"))
