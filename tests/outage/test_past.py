"""An outage that began and ended while the application couldn't be used."""

from contextlib import nullcontext
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from outage import lifecycle
from outage.forms.past import PastForm
from outage.models import Outage
from outage.plans import planning
from outage.refusals import NotPast, PlanCancelled, PlanOver, TooLongAgo
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.plans.scenes import announce, cancel
from tests.races.together import race

pytestmark = pytest.mark.one_database("decisions")

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DAY = datetime.now(STOCKHOLM).date() - timedelta(days=200)
START = datetime.combine(DAY, time(11), STOCKHOLM).astimezone(UTC)
END = START + timedelta(hours=2)
FORM = {
    "kind": "unplanned",
    "started_at": f"{DAY} 11:00",
    "ended_at": f"{DAY} 13:00",
    "by": "Vera1",
    "text": "no power",
}


def past(cast: Cast, **changes: Any) -> Outage:
    return entered(cast, **changes).row


def entered(cast: Cast, **changes: Any) -> Done[Outage]:
    fields: dict[str, Any] = {
        "kind": Outage.Kind.UNPLANNED,
        "drill": False,
        "started_at": START,
        "ended_at": END,
        "by": "vera1",
        "text": "no power",
    }
    at = changes.pop("recorded_at", timezone.now())
    told = lifecycle.Past(**(fields | changes))
    return planning.enter_past(told, Event.now(cast.adele, at))


# --- the act --------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_it_is_over_at_once_and_says_who_ran_it_and_who_entered_it(cast: Cast) -> None:
    outage = past(cast, kind=Outage.Kind.PLANNED)
    told = outage.timeline.values_list("act", "at", "by", "recorded_by__username", "text")
    assert (outage.kind, outage.ongoing, outage.plan) == ("planned", False, None)
    assert list(told) == [
        ("started", START, "vera1", "adele", "no power"),
        ("ended", END, "vera1", "adele", ""),
    ]
    assert {entry.recorded_at > END for entry in outage.timeline.all()} == {True}


def test_it_is_in_the_log(cast: Cast) -> None:
    outage = past(cast)
    entries = LogEntry.objects.filter(object_id=outage.pk, actor=cast.adele)
    acts = set(entries.exclude(act="").values_list("act", flat=True))
    assert {"outage_started", "outage_ended"} <= acts


@pytest.mark.parametrize(
    ("start", "end"),
    [(END, START), (START, timedelta(minutes=5)), (timedelta(minutes=5), timedelta(minutes=6))],
)
def test_what_is_not_over_or_ends_before_it_begins(cast: Cast, start: Any, end: Any) -> None:
    now = timezone.now()
    times = [now + at if isinstance(at, timedelta) else at for at in (start, end)]
    with pytest.raises(NotPast):
        past(cast, started_at=times[0], ended_at=times[1], recorded_at=now)
    assert not Outage.objects.exists()


@pytest.mark.both_databases
@pytest.mark.parametrize(("days", "refused"), [(2 * 366, False), (2 * 366 + 1, True)])
def test_what_began_more_than_two_years_ago_is_mistyped(
    cast: Cast, days: int, *, refused: bool
) -> None:
    now = timezone.now()
    with pytest.raises(TooLongAgo) if refused else nullcontext():
        past(cast, started_at=now - timedelta(days=days), recorded_at=now)
    assert Outage.objects.exists() is not refused


def test_the_same_window_twice_is_entered_once(cast: Cast) -> None:
    first = past(cast)
    assert entered(cast, kind=Outage.Kind.PLANNED, by="tilda") == (first, False)
    assert Outage.objects.get() == first


def test_a_drill_of_the_same_window_is_another(cast: Cast) -> None:
    assert past(cast) != past(cast, drill=True)


def test_an_ongoing_one_is_left_alone(cast: Cast, outage: Outage) -> None:
    past(cast)
    outage.refresh_from_db()
    assert outage.ongoing


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [(-60, 0, False), (-60, 1, True), (30, 60, True), (119, 180, True), (120, 180, False)],
)
def test_others_in_the_same_time_are_found(
    cast: Cast, start: int, end: int, *, overlaps: bool
) -> None:
    outage = past(cast)
    other = past(
        cast,
        started_at=START + timedelta(minutes=start),
        ended_at=START + timedelta(minutes=end),
    )
    past(cast, drill=True)
    assert lifecycle.overlapping(outage) == ([other] if overlaps else [])
    assert lifecycle.overlapping(other) == ([outage] if overlaps else [])


@pytest.mark.both_databases
def test_an_ongoing_one_lies_in_the_time_of_one_that_ended_after_it_began(
    cast: Cast, outage: Outage
) -> None:
    before = past(cast)
    during = past(cast, ended_at=outage.started_at + timedelta(minutes=1))
    assert lifecycle.overlapping(outage) == [during]
    assert outage not in lifecycle.overlapping(before)


@pytest.mark.django_db(transaction=True)
def test_a_double_press_enters_it_once(cast: Cast) -> None:
    for meeting in range(10):
        end = END + timedelta(minutes=meeting)
        outcomes = race(*[partial(entered, cast, ended_at=end)] * 2)
        outage = Outage.objects.get(ended_at=end)
        assert set(outcomes) == {(outage, True), (outage, False)}
    assert Outage.objects.count() == 10


# --- what had been planned ------------------------------------------------------------------------


def test_it_can_be_what_was_planned(cast: Cast) -> None:
    plan = announce(cast, begins=timedelta(hours=-9))
    outage = past(cast, kind=Outage.Kind.PLANNED, plan=plan)
    plan.refresh_from_db()
    assert planning.outage_of(plan) == outage
    assert planning.state_of(plan, timezone.now()) == planning.PlanState.ENDED
    with pytest.raises(PlanOver):
        past(cast, kind=Outage.Kind.PLANNED, plan=plan, ended_at=END + timedelta(hours=1))


def test_not_what_was_called_off(cast: Cast) -> None:
    plan = announce(cast)
    cancel(cast, plan)
    with pytest.raises(PlanCancelled):
        past(cast, kind=Outage.Kind.PLANNED, plan=plan)
    assert not Outage.objects.exists()


# --- the form -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2025-10-26 02:50", "2025-10-26 02:10", 20 / 60),  # over the second 02:00
        ("2025-10-26 01:30", "2025-10-26 03:30", 3),
        ("2026-03-29 01:30", "2026-03-29 03:30", 1),
    ],
)
@pytest.mark.django_db
def test_the_nights_when_the_clock_is_moved(start: str, end: str, hours: float) -> None:
    form = PastForm(FORM | {"started_at": start, "ended_at": end}, now=timezone.now())
    assert form.is_valid(), form.errors
    window = form.cleaned_data["ended_at"] - form.cleaned_data["started_at"]
    assert window == timedelta(hours=hours)


# --- the page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tilda", "adele"])
def test_it_leads_to_what_was_handed_out_on_paper(sign_in: SignIn, cast: Cast, name: str) -> None:
    response = sign_in(getattr(cast, name)).post("/outage/past/", FORM, follow=True)
    outage = Outage.objects.get()
    assert response.redirect_chain == [(f"/outage/{outage.pk}/late-entries/", 302)]
    assert (outage.started_at, outage.ended_at) == (START, END)
    assert {entry.by for entry in outage.timeline.all()} == {"vera1"}
    assert not list(response.context["messages"])


@pytest.mark.parametrize("name", ["wilma", "gunde"])
def test_ward_and_auditor_may_not(sign_in: SignIn, cast: Cast, name: str) -> None:
    client = sign_in(getattr(cast, name))
    assert client.get("/outage/past/").status_code == 403
    assert client.post("/outage/past/", FORM).status_code == 403
    assert not Outage.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"started_at": ""}, "started_at"),
        ({"ended_at": "soon"}, "ended_at"),
        ({"started_at": "1026-11-22 14:05"}, "started_at"),
        ({"ended_at": f"{DAY} 10:00"}, "ended_at"),
        ({"ended_at": "2999-01-01 10:00"}, "ended_at"),
        ({"started_at": "2026-03-29 02:30"}, "started_at"),
        ({"by": " \u200b"}, "by"),
        ({"kind": "x"}, "kind"),
        ({"text": "x" * 501}, "text"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    sign_in: SignIn, cast: Cast, change: dict[str, str], field: str
) -> None:
    response = sign_in(cast.tilda).post("/outage/past/", FORM | change)
    assert response.status_code == 400
    assert set(response.context["form"].errors) == {field}
    assert not Outage.objects.exists()


def test_a_plan_that_waits_can_be_named(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, begins=timedelta(hours=-9))
    cancel(cast, announce(cast, begins=timedelta(hours=-9), reason="Inställd"))
    to_come = announce(cast)
    client = sign_in(cast.tilda)
    offered = client.get("/outage/past/").context["form"].fields["plan"].queryset
    assert list(offered) == [plan]
    early = client.post("/outage/past/", FORM | {"kind": "planned", "plan": str(to_come.pk)})
    assert list(early.context["form"].errors) == ["plan"]
    client.post("/outage/past/", FORM | {"kind": "planned", "plan": str(plan.pk)})
    assert Outage.objects.get().plan == plan
    assert not client.get("/outage/past/").context["form"].fields["plan"].queryset


@pytest.mark.parametrize(
    ("change", "field"), [({"kind": "unplanned"}, "kind"), ({"drill": "on"}, "plan")]
)
def test_it_is_of_the_kind_that_was_announced(
    sign_in: SignIn, cast: Cast, change: dict[str, str], field: str
) -> None:
    named = {"kind": "planned", "plan": str(announce(cast, begins=timedelta(hours=-9)).pk)}
    response = sign_in(cast.tilda).post("/outage/past/", FORM | named | change)
    assert set(response.context["form"].errors) == {field}
    assert not Outage.objects.exists()


def test_sent_twice_it_comes_to_the_first(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.tilda)
    addresses = {client.post("/outage/past/", FORM).headers["Location"] for _ in range(2)}
    assert addresses == {f"/outage/{Outage.objects.get().pk}/late-entries/"}


def test_another_in_the_same_time_is_pointed_out(sign_in: SignIn, cast: Cast) -> None:
    past(cast, ended_at=END + timedelta(minutes=1))
    response = sign_in(cast.tilda).post("/outage/past/", FORM, follow=True)
    assert f"{DAY} 11:00" in str(next(iter(response.context["messages"])))
    assert Outage.objects.count() == 2


def test_a_drill_wears_its_frame_when_it_is_asked_for_again(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.tilda)
    wrong = client.post("/outage/past/", FORM | {"drill": "on", "by": ""})
    assert 'class="drill"' in wrong.content.decode()
    client.post("/outage/past/", FORM | {"drill": "on"})
    assert Outage.objects.get().drill


def test_the_list_of_outages_leads_there(sign_in: SignIn, cast: Cast) -> None:
    scenes.begin(cast.tilda)
    pages = {name: sign_in(getattr(cast, name)).get("/outage/") for name in ("tilda", "wilma")}
    shown = {name: "/outage/past/" in page.content.decode() for name, page in pages.items()}
    assert shown == {"tilda": True, "wilma": False}
