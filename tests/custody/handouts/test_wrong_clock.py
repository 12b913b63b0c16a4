"""A server with a wrong clock: it is named, it hands out all the same, and the history is right."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from befreg_reserv import clock
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.checks.ahead import no_time_lies_ahead
from custody.handouts import reminders
from custody.models import Binder, Handout, LateRegistration
from outage import lifecycle
from outage.forms.outages import SinceField
from outage.models import Outage, PlanChange, TimelineEntry
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.checks.test_check_custody import damage
from tests.pages import text_of

pytestmark = pytest.mark.one_database("decisions")

MONTH = timedelta(days=30)
MINUTE = timedelta(minutes=1)


@contextmanager
def clock_off_by(difference: timedelta) -> Iterator[None]:
    """Let this process's clock be wrong, as another server's may be; the database's is right."""
    with pytest.MonkeyPatch.context() as patch:
        right = timezone.now
        patch.setattr(timezone, "now", lambda: right() + difference)
        yield


def is_now(at: datetime | None) -> bool:
    return at is not None and abs(at - timezone.now()) < MINUTE


def call_of(outage: Outage) -> dict[str, str]:
    return {
        "outage": str(outage.pk),
        "sex": "K",
        "caller": "wilma",
        "ward": "Anestesikliniken / IVA",
        "callback": "",
        "request_key": str(uuid4()),
    }


def hand_out_on_a_server(cast: Cast, sign_in: SignIn, outage: Outage, off: timedelta) -> Handout:
    """Hand out one number through a server whose clock is wrong."""
    with clock_off_by(off):
        answer = sign_in(cast.tilda).post("/till/hand-out/", call_of(outage))
    assert answer.status_code == 302
    return Handout.objects.latest("pk")


# --- what is recorded -----------------------------------------------------------------------------


def test_one_number_of_a_server_a_month_ahead_does_not_move_the_end(
    cast: Cast, sign_in: SignIn, real_binder: Binder, outage: Outage
) -> None:
    cast.iva.email = "iva@example.org"
    cast.iva.save()
    handout = hand_out_on_a_server(cast, sign_in, outage, MONTH)
    assert is_now(handout.handed_out_at)
    assert is_now(handout.recorded_at)
    sign_in(cast.tilda).post(f"{outage.get_absolute_url()}end/", {"text": ""})
    outage.refresh_from_db()
    assert is_now(outage.ended_at)
    noon = timezone.localtime().replace(hour=12)
    assert any(reminders.letters(noon + timedelta(days=days)) for days in range(2, 14))


@pytest.mark.both_databases
def test_without_the_databases_clock_it_would_stand_there_for_ever(
    cast: Cast,
    sign_in: SignIn,
    real_binder: Binder,
    outage: Outage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Event, "not_ahead_of", lambda event, _clock: event)
    handout = hand_out_on_a_server(cast, sign_in, outage, MONTH)
    assert handout.handed_out_at > timezone.now() + MONTH - MINUTE


@pytest.mark.both_databases
@pytest.mark.parametrize("off", [-MONTH, -3 * MINUTE, MINUTE, 3 * MINUTE, MONTH])
def test_a_handout_is_never_refused_for_a_clock(
    cast: Cast, sign_in: SignIn, real_binder: Binder, outage: Outage, off: timedelta
) -> None:
    handout = hand_out_on_a_server(cast, sign_in, outage, off)
    latest = timezone.now() + clock.TOLERANCE
    assert outage.started_at <= handout.handed_out_at <= handout.recorded_at <= latest


def test_what_was_written_ahead_before_does_not_move_the_end(cast: Cast, handout: Handout) -> None:
    ahead = timezone.now() + MONTH
    damage(handout, handed_out_at=ahead, recorded_at=ahead)
    ended = lifecycle.end(handout.outage, scenes.now(cast.tilda)).row
    assert is_now(ended.ended_at)


@pytest.mark.both_databases
@pytest.mark.parametrize("off", [-MONTH, MONTH])
def test_start_note_and_end_have_the_databases_time(
    cast: Cast, sign_in: SignIn, off: timedelta
) -> None:
    with clock_off_by(off):
        tilda = sign_in(cast.tilda)
        tilda.post("/outage/start/", {"text": ""})
        outage = Outage.objects.get()
        tilda.post(f"{outage.get_absolute_url()}note/", {"act": "noted", "text": "no answer"})
        tilda.post(f"{outage.get_absolute_url()}end/", {"text": ""})
    outage.refresh_from_db()
    assert is_now(outage.started_at)
    assert is_now(outage.ended_at)
    times = TimelineEntry.objects.values_list("at", "recorded_at")
    assert [all(map(is_now, each)) for each in times] == [True] * 3


def test_a_plan_started_on_such_a_server_starts_now(cast: Cast, sign_in: SignIn) -> None:
    plan = scenes.planned(cast, ahead=0)
    with clock_off_by(MONTH):
        sign_in(cast.tilda).post(f"{plan.get_absolute_url()}start/", {"text": ""})
    assert is_now(Outage.objects.get(plan=plan).started_at)
    assert all(map(is_now, PlanChange.objects.values_list("at", flat=True)))


@pytest.mark.both_databases
def test_nor_do_the_other_acts_believe_it(
    cast: Cast, sign_in: SignIn, handout: Handout, outage: Outage
) -> None:
    at_till, on_ward = f"/till/handouts/{handout.pk}/", f"/ward/handouts/{handout.pk}/"
    late = {"place": "Sal 3", "treated_at": f"{timezone.localtime():%Y-%m-%d %H:%M}"}
    late |= {"ward": str(cast.iva.pk), "request_key": str(uuid4())}
    with clock_off_by(MONTH):
        tilda, wilma = sign_in(cast.tilda), sign_in(cast.wilma)
        tilda.post(f"{at_till}read-back/", {"typed": handout.number.last_four})
        found = {"wristband": handout.number.last_four, "searched": "on"}
        wilma.post(f"{on_ward}replace/", {"number": scenes.REAL_WOMAN, **found})
        wilma.post(f"{on_ward}notice/", {"reference": ""})
        wilma.post(f"{outage.get_absolute_url()}late/list/", late)
    handout.refresh_from_db()
    assert (is_now(handout.read_back_at), is_now(handout.closed_at)) == (True, True)
    assert is_now(LateRegistration.objects.get().recorded_at)
    assert {each.split()[0] for each in no_time_lies_ahead()} <= {"logentry", "user"}


# --- what the database refuses --------------------------------------------------------------------


@pytest.mark.parametrize("columns", [{"started_at": MONTH}, {"started_at": 3 * MINUTE},
                                     {"started_at": -MONTH, "ended_at": 3 * MINUTE}])  # fmt: skip
def test_no_outage_starts_or_ends_in_the_future(db: None, columns: dict[str, timedelta]) -> None:
    times = {name: timezone.now() + ahead for name, ahead in columns.items()}
    with pytest.raises(IntegrityError, match="in the future"), transaction.atomic():
        Outage.objects.create(kind="unplanned", drill=False, **times)


def test_nor_is_one_ended_then(outage: Outage) -> None:
    ending = Outage.objects.filter(pk=outage.pk)
    with pytest.raises(IntegrityError, match="in the future"), transaction.atomic():
        ending.update(ended_at=timezone.now() + 3 * MINUTE)
    assert ending.update(ended_at=timezone.now() + MINUTE)


def test_one_that_had_been_started_ahead_can_be_ended(cast: Cast, outage: Outage) -> None:
    damage(outage, started_at=timezone.now() + MONTH)
    outage.refresh_from_db()
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    assert ended.ended_at == outage.started_at


# --- who says so ----------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize("off", [-MONTH, -3 * MINUTE, 3 * MINUTE, MONTH])
def test_ready_names_it(db: None, client: Client, off: timedelta) -> None:
    with clock_off_by(off):
        answer = client.get("/ready")
    shown = f"{timezone.now() + off:%Y-%m-%dT%H:}"
    assert answer.status_code == 503
    assert answer.json()["failing"]["clock"].startswith(f"this server's clock shows {shown}")


@pytest.mark.parametrize("off", [-MINUTE, MINUTE])
def test_clocks_never_agree_quite(db: None, client: Client, off: timedelta) -> None:
    with clock_off_by(off):
        assert client.get("/ready").status_code == 200


@pytest.mark.parametrize(("who", "url"), [("tilda", "/till/"), ("tilda", "/till/live/"),
                                          ("adele", "/binder/overview/")])  # fmt: skip
def test_board_and_overview_say_so_in_words(
    cast: Cast, sign_in: SignIn, real_binder: Binder, who: str, url: str
) -> None:
    person = User.objects.get(username=who)
    frame = {"frame": sign_in(person).get("/till/").context["frame"]} if "live" in url else {}
    assert "En klocka går fel" not in text_of(sign_in(person).get(url, frame))
    with clock_off_by(timedelta(minutes=10)):
        text = text_of(sign_in(person).get(url, frame))
    assert "En klocka går fel" in text
    for at in (clock.database_now(), clock.database_now() + timedelta(minutes=10)):
        assert f"{timezone.localtime(at):%Y-%m-%d %H:}" in text


def test_sqlite_sees_one_that_was_set_back(cast: Cast, client: Client, outage: Outage) -> None:
    damage(LogEntry.objects.latest("pk"), timestamp=timezone.now() + timedelta(hours=1))
    status = client.get("/ready").status_code
    # PostgreSQL has a clock of its own, so that another server's entry accuses nobody.
    assert status == (503 if connection.vendor == "sqlite" else 200)


@pytest.mark.both_databases
def test_check_custody_names_every_time_that_lies_ahead(cast: Cast, handout: Handout) -> None:
    ahead = timezone.now() + MONTH
    damage(handout, handed_out_at=ahead, recorded_at=ahead)
    damage(handout.steps.get(), at=ahead, recorded_at=ahead)
    damage(handout.outage, ended_at=ahead)
    at = f"lies ahead, {ahead:%Y-%m-%d %H:%M} UTC"
    assert sorted(no_time_lies_ahead()) == [
        f"handout {handout.pk}: handed_out_at {at}",
        f"handout {handout.pk}: recorded_at {at}",
        f"handoutstep {handout.steps.get().pk}: at {at}",
        f"handoutstep {handout.steps.get().pk}: recorded_at {at}",
        f"outage {handout.outage_id}: ended_at {at}",
    ]


def test_what_is_announced_may_lie_ahead(cast: Cast, outage: Outage) -> None:
    scenes.planned(cast)
    assert list(no_time_lies_ahead()) == []


# --- what people type -----------------------------------------------------------------------------


def test_a_clock_on_the_wall_that_is_a_minute_ahead_means_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.localtime().replace(hour=14, minute=5, second=30)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert SinceField().clean("14:06") == now.replace(minute=6, second=0, microsecond=0)
    with pytest.raises(ValidationError, match="Write the day too"):  # almost a day ago, or to come
        SinceField().clean("14:09")


def test_and_begins_it_now(cast: Cast) -> None:
    now = timezone.now()
    outage, _new = lifecycle.start(Event.now(cast.tilda, now), since=now + MINUTE)
    assert outage.started_at == now


def test_a_handout_in_order_is_left_as_it_is(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    event = Event.now(cast.tilda, timezone.now() + MINUTE)
    assert scenes.hand_out(scenes.call(cast), event).handed_out_at == event.at
