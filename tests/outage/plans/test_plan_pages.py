"""The page of a planned outage, what wards answer there, and where it is listed."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.acts.event import Event
from outage import lifecycle
from outage.models import Need
from outage.plans import planning
from tests import cast as casting
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.plans.forms import page_of
from tests.outage.plans.scenes import WHY, announce, cancel, change, terms
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")

STARTS = {"tilda": "/till/", "wilma": "/ward/", "adele": "/binder/overview/"}


# --- the plan's page ------------------------------------------------------------------------------


def test_a_plan_is_found_by_those_it_concerns(sign_in: SignIn, cast: Cast) -> None:
    url = announce(cast, cast.iva).get_absolute_url()
    for user in (cast.tilda, cast.wilma, cast.adele, cast.gunde):
        assert WHY in page_of(sign_in(user), url)
    page_of(sign_in(cast.vidar), url, status=404)


def test_a_ward_that_was_taken_out_may_still_read_it(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    change(cast, plan, terms(cast.iva))
    page = page_of(sign_in(cast.vidar), plan.get_absolute_url())
    assert f"/need/{cast.eye.pk}/" not in page


def test_a_drill_wears_its_frame_on_each_of_its_pages(sign_in: SignIn, cast: Cast) -> None:
    real, drill = announce(cast), announce(cast, drill=True)
    client = sign_in(cast.adele)
    for path in ("", "change/", f"need/{cast.iva.pk}/"):
        assert 'class="drill"' in page_of(client, f"{drill.get_absolute_url()}{path}")
        assert 'class="drill"' not in page_of(client, f"{real.get_absolute_url()}{path}")
    cancel(cast, drill)
    refused = client.post(f"{drill.get_absolute_url()}start/")
    assert refused.status_code == 409
    assert 'class="drill"' in refused.content.decode()


def test_what_can_be_done_is_offered_to_who_may(sign_in: SignIn, cast: Cast) -> None:
    url = announce(cast).get_absolute_url()
    offered = {
        user.username: {
            act
            for act in ("start/", "cancel/", "change/", "planned-end/", f"need/{cast.iva.pk}/")
            if f'"{url}{act}"' in page_of(sign_in(user), url)
        }
        for user in (cast.tilda, cast.wilma, cast.adele, cast.gunde)
    }
    assert offered == {
        "tilda": {"start/"},
        "wilma": {f"need/{cast.iva.pk}/"},
        "adele": {"start/", "cancel/", "change/", f"need/{cast.iva.pk}/"},
        "gunde": set(),
    }


def test_once_it_has_begun_only_its_planned_end_moves(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast)
    planning.start(plan.pk, Event.now(cast.tilda, timezone.now()))
    client, url = sign_in(cast.adele), plan.get_absolute_url()
    forms = set(re.findall(rf'action="{url}([^"]+)"', page_of(client, url)))
    assert forms == {"planned-end/"}
    assert page_of(client, f"{url}change/", status=409)


# --- needs ----------------------------------------------------------------------------------------


def test_a_ward_answers_and_the_totals_follow(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    url = f"{plan.get_absolute_url()}need/{cast.iva.pk}/"
    client = sign_in(cast.wilma)
    done = client.post(url, {"women": "3", "men": "", "registers_late": "on"}, follow=True)
    assert done.redirect_chain == [(plan.get_absolute_url(), 302)]
    need = plan.needs.get(ward=cast.iva)
    assert (need.women, need.men, need.registers_late) == (3, 0, True)
    assert done.context["totals"].unanswered == 1
    [(_ward, said, form)] = done.context["own"]
    assert (said, form.initial["women"]) == (need, 3)


def test_no_ward_answers_for_another(sign_in: SignIn, cast: Cast) -> None:
    url = f"{announce(cast).get_absolute_url()}need/"
    for path, fields in ((f"{url}{cast.iva.pk}/", {"women": "1"}), (f"{url}0/", {})):
        assert sign_in(cast.vidar).post(path, fields).status_code == 404
        assert sign_in(cast.vidar).get(path).status_code == 404
    assert not Need.objects.exists()


def test_the_administrator_answers_for_any_ward(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast)
    url = f"{plan.get_absolute_url()}need/{cast.eye.pk}/"
    client = sign_in(cast.adele)
    assert "Ögonkliniken / Ögonmottagning" in page_of(client, url)
    client.post(url, {"men": "2"})
    assert client.get(url).context["form"].initial["men"] == 2


@pytest.mark.parametrize("text", ["-1", "100", "två", "1e9", "9" * 400, "\u0661\x00"])
def test_a_number_that_is_none_is_asked_for_again(sign_in: SignIn, cast: Cast, text: str) -> None:
    url = f"{announce(cast).get_absolute_url()}need/{cast.iva.pk}/"
    response = sign_in(cast.wilma).post(url, {"women": text})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == ["women"]
    assert not Need.objects.exists()


def test_an_answer_too_late_is_refused(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast)
    planning.start(plan.pk, Event.now(cast.tilda, timezone.now()))
    url = f"{plan.get_absolute_url()}need/{cast.iva.pk}/"
    assert sign_in(cast.wilma).post(url, {"women": "1"}).status_code == 409


def test_an_answer_of_a_ward_taken_out_meanwhile_is_refused(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    change(cast, plan, terms(cast.eye))
    url = f"{plan.get_absolute_url()}need/{cast.iva.pk}/"
    assert sign_in(cast.wilma).post(url, {"women": "1"}).status_code == 409


# --- start pages and lists ------------------------------------------------------------------------


@pytest.mark.parametrize("name", STARTS)
def test_it_stands_on_the_start_page_until_it_is_over(
    sign_in: SignIn, cast: Cast, name: str
) -> None:
    client, start = sign_in(getattr(cast, name)), STARTS[name]
    assert "/outage/plans/" not in page_of(client, start)
    plan = announce(cast, cast.iva, begins=timedelta(hours=-5), hours=4)
    url = plan.get_absolute_url()
    page = page_of(client, start)
    assert url in page
    assert f"{timezone.localtime(plan.planned_start):%H:%M}</span>" in page  # overdue since
    outage, _new = planning.start(plan.pk, Event.now(cast.tilda, timezone.now()))
    assert url in page_of(client, start)
    lifecycle.end(outage, Event.now(cast.tilda, timezone.now()))
    assert url not in page_of(client, start)


def test_what_was_changed_and_cancelled_is_told_with_its_reason(
    sign_in: SignIn, cast: Cast
) -> None:
    plan = announce(cast, cast.iva)
    change(cast, plan, terms(cast.iva, hours=9), "tar längre tid")
    client = sign_in(cast.wilma)
    assert "tar längre tid" in page_of(client, "/ward/")
    cancel(cast, plan, "skjuts upp")
    assert "skjuts upp" in page_of(client, "/ward/")
    assert plan.get_absolute_url() not in page_of(sign_in(cast.vidar), "/ward/")


def test_a_ward_is_asked_on_its_start_page_until_it_has_answered(
    sign_in: SignIn, cast: Cast
) -> None:
    plan = announce(cast)
    client, link = sign_in(cast.wilma), f"{plan.get_absolute_url()}#needs-own"
    assert link in page_of(client, "/ward/")
    client.post(f"{plan.get_absolute_url()}need/{cast.iva.pk}/", {})
    assert link not in page_of(client, "/ward/")
    assert "Anestesikliniken / IVA: behöver inga nummer (wilma" in text_of(client.get("/ward/"))
    client.post(f"{plan.get_absolute_url()}need/{cast.iva.pk}/", {"women": "2"})
    answered = text_of(client.get("/ward/"))
    assert "IVA: 2 nummer för kvinnor och 0 för män (wilma" in answered
    # Its form, which holds the same, isn't printed.
    assert "Besvarat 2 nummer för kvinnor" in text_of(client.get(plan.get_absolute_url()))
    assert "IVA: 2" not in text_of(sign_in(cast.vidar).get("/ward/"))


@pytest.mark.one_database("statements")
@pytest.mark.parametrize(
    ("name", "path"), [*STARTS.items(), ("wilma", "/outage/"), ("wilma", "/outage/plans/")]
)
def test_many_plans_cost_as_many_statements_as_one(
    sign_in: SignIn, cast: Cast, name: str, path: str
) -> None:
    client = sign_in(getattr(cast, name))
    announce(cast, cast.iva)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number in range(8):
        plan = announce(cast, cast.iva, cast.eye, reason=f"nummer {number}")
        change(cast, plan, terms(cast.iva, begins=timedelta(days=number + 2)))
    with CaptureQueriesContext(connection) as many:
        page = page_of(client, path)
    assert page.count("nummer ") >= 8
    assert len(many) == len(few)


@pytest.mark.one_database("statements")
def test_the_plans_page_costs_the_same_for_many_wards(sign_in: SignIn, cast: Cast) -> None:
    few = announce(cast, cast.iva)
    wards = [casting.ward("Ortopedkliniken", f"Avd {number}") for number in range(20)]
    many = announce(cast, *wards, begins=timedelta(days=9))
    client = sign_in(cast.adele)
    client.get(few.get_absolute_url())
    with CaptureQueriesContext(connection) as first:
        client.get(few.get_absolute_url())
    with CaptureQueriesContext(connection) as second:
        client.get(many.get_absolute_url())
    assert len(first) == len(second)


def test_every_plan_stands_in_the_list_of_those_it_concerns(sign_in: SignIn, cast: Cast) -> None:
    past, off = announce(cast, cast.iva), announce(cast, cast.iva, reason="annat")
    outage, _new = planning.start(past.pk, Event.now(cast.tilda, timezone.now()))
    lifecycle.end(outage, Event.now(cast.tilda, timezone.now()))
    cancel(cast, off)
    for user, shown in ((cast.wilma, True), (cast.gunde, True), (cast.vidar, False)):
        page = page_of(sign_in(user), "/outage/plans/")
        assert [plan.get_absolute_url() in page for plan in (past, off)] == [shown, shown]
