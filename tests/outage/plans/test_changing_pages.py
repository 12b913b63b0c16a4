"""The pages that change a plan, move its end, cancel it or begin its outage."""

from datetime import timedelta

import pytest
from django.utils import timezone

from befreg_reserv.acts.event import Event
from outage.models import Outage, Plan
from outage.plans import needs, planning
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.plans.forms import SURE, hidden, local, page_of, typed
from tests.outage.plans.scenes import announce, change, terms
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")


# --- since when -----------------------------------------------------------------------------------


def test_what_was_planned_may_have_begun_before_it_is_recorded(sign_in: SignIn, cast: Cast) -> None:
    plan, client = announce(cast, begins=timedelta(hours=-2)), sign_in(cast.tilda)
    path = f"/outage/plans/{plan.pk}/start/"
    wrong = client.post(path, {"since": "2999-01-01 10:00"})
    assert (wrong.status_code, set(wrong.context["start_form"].errors)) == (400, {"since"})
    client.post(path, {"since": local(plan.planned_start)})
    assert Outage.objects.get(plan=plan).started_at == plan.planned_start


def test_what_was_understood_is_said(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, begins=timedelta(hours=-2))
    client = sign_in(cast.tilda)
    page = client.post(f"/outage/plans/{plan.pk}/start/", {"since": "nu"}, follow=True)
    assert f"”nu” uppfattades som {local(Outage.objects.get(plan=plan).started_at)}" in text_of(
        page
    )


# --- changing, moving, cancelling, starting -------------------------------------------------------


def test_the_form_for_a_change_shows_what_was_announced(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    client, url = sign_in(cast.adele), f"{plan.get_absolute_url()}change/"
    page = page_of(client, url)
    assert f'value="{local(plan.planned_start)}"' in page
    form = client.get(url).context["form"]
    assert [row.ticked for clinic in form.clinics for row in clinic.wards] == [True, True]
    shown = form.initial
    same = {
        "planned_start": local(shown["planned_start"]),
        "planned_end": local(shown["planned_end"]),
        "reason": "x",
    } | dict.fromkeys(shown["ticked"], "on")
    client.post(url, same)
    assert plan.changes.count() == 1  # nothing was different


@pytest.mark.parametrize(("wards", "said"), [("", True), ("IVA", False)])
def test_a_change_to_every_ward_is_said(
    sign_in: SignIn, cast: Cast, wards: str, said: bool
) -> None:
    url = announce(cast, cast.iva, cast.eye).get_absolute_url()
    fields = typed(wards, reason="x")
    del fields["confirmed"]
    answer = sign_in(cast.adele).post(f"{url}change/", fields)
    assert ("Ingen avdelning är vald längre" in text_of(answer)) is said


def test_nothing_is_changed_before_it_was_looked_at(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    client, url = sign_in(cast.adele), f"{plan.get_absolute_url()}change/"
    event = Event.now(cast.wilma, timezone.now())
    needs.state_need(plan.pk, cast.iva, event, women=1, men=0, registers_late=False)
    fields = typed("Ögonmottagning", hours=7, reason="tar längre tid")
    del fields["confirmed"]
    answer = client.post(url, fields)
    assert (answer.status_code, plan.changes.count()) == (200, 1)
    page = text_of(answer)
    for shown in (
        "7 tim 0 min",
        "tar längre tid",
        "tillkommer Ögonkliniken / Ögonmottagning",
        "inte längre berörs Anestesikliniken / IVA 1 av dem har redan svarat",
    ):
        assert shown in page
    client.post(url, hidden(answer) | SURE)
    assert list(needs.concerned(plan)) == [cast.eye]


def test_a_change_that_somebody_else_made_meanwhile_is_looked_at_first(
    sign_in: SignIn, cast: Cast
) -> None:
    plan = announce(cast, cast.iva)
    client, url = sign_in(cast.adele), f"{plan.get_absolute_url()}change/"
    fields = typed("IVA", hours=7)
    del fields["confirmed"]
    sent = hidden(client.post(url, fields)) | SURE
    change(cast, plan, terms(cast.iva, cast.eye))
    answer = client.post(url, sent)
    assert answer.status_code == 400
    assert "Kontrollera igen" in text_of(answer)
    assert plan.changes.count() == 2


def test_a_change_confirmed_twice_is_one(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    client, url = sign_in(cast.adele), f"{plan.get_absolute_url()}change/"
    fields = typed("IVA", hours=7)
    del fields["confirmed"]
    sent = hidden(client.post(url, fields)) | SURE
    assert [client.post(url, sent).status_code for _press in range(2)] == [302, 302]
    assert plan.changes.count() == 2


def test_a_change_is_shown_with_its_reason(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast)
    url = plan.get_absolute_url()
    fields = typed("IVA", hours=7, reason="tar längre tid")
    response = sign_in(cast.adele).post(f"{url}change/", fields, follow=True)
    assert response.redirect_chain == [(url, 302)]
    assert "tar längre tid" in response.content.decode()
    assert local(Plan.objects.get().planned_end) == fields["planned_end"]


@pytest.mark.parametrize("fields", [{"reason": ""}, {"planned_end": "2020-01-01 00:00"}])
def test_a_wrong_change_is_asked_for_again(
    sign_in: SignIn, cast: Cast, fields: dict[str, str]
) -> None:
    plan = announce(cast)
    response = sign_in(cast.adele).post(f"{plan.get_absolute_url()}change/", typed() | fields)
    assert response.status_code == 400
    assert list(response.context["form"].errors) == list(fields)


@pytest.mark.both_databases
def test_the_planned_end_is_moved_on_the_plans_page(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast)
    planning.start(plan.pk, Event.now(cast.tilda, timezone.now()))
    client, url = sign_in(cast.adele), f"{plan.get_absolute_url()}planned-end/"
    later = local(plan.planned_end + timedelta(hours=2))
    assert client.post(url, {"planned_end": later, "reason": ""}).status_code == 400
    early = client.post(url, {"planned_end": "2020-01-01 00:00", "reason": "x"})
    assert list(early.context["move_end_form"].errors) == ["planned_end"]
    assert client.post(url, {"planned_end": later, "reason": "x"}).status_code == 302
    assert local(Plan.objects.get().planned_end) == later


@pytest.mark.both_databases
def test_cancelling_takes_a_reason_and_shows_it(sign_in: SignIn, cast: Cast) -> None:
    client, url = sign_in(cast.adele), announce(cast).get_absolute_url()
    asked = client.post(f"{url}cancel/", {"reason": " "})
    assert asked.status_code == 400
    assert asked.context["cancel_form"].errors
    done = client.post(f"{url}cancel/", {"reason": "skjuts upp"}, follow=True)
    assert "skjuts upp" in done.content.decode()
    again = client.post(f"{url}cancel/", {"reason": "skjuts upp"})
    assert (again.status_code, again.templates[0].name) == (409, "refused.html")


def test_a_start_leads_to_the_outage_and_a_second_one_too(sign_in: SignIn, cast: Cast) -> None:
    url = announce(cast).get_absolute_url()
    first = sign_in(cast.tilda).post(f"{url}start/", {"text": "nere"})
    outage = Outage.objects.get()
    assert first.headers["Location"] == outage.get_absolute_url()
    again = sign_in(cast.adele).post(f"{url}start/", {}, follow=True)
    assert again.redirect_chain == [(outage.get_absolute_url(), 302)]
    assert len(again.context["messages"]) == 1
    assert outage.get_absolute_url() in page_of(sign_in(cast.wilma), url)


def test_another_outage_in_the_way_is_told(sign_in: SignIn, cast: Cast, outage: Outage) -> None:
    url = announce(cast).get_absolute_url()
    response = sign_in(cast.tilda).post(f"{url}start/", {"text": "nere"}, follow=True)
    assert response.redirect_chain == [(url, 302)]
    assert len(response.context["messages"]) == 1
    assert f'"{url}start/"' in response.content.decode()


def test_a_long_word_about_the_start_is_asked_for_again(sign_in: SignIn, cast: Cast) -> None:
    url = announce(cast).get_absolute_url()
    response = sign_in(cast.tilda).post(f"{url}start/", {"text": "x" * 501})
    assert response.status_code == 400
    assert not Outage.objects.exists()
