"""The pages of planned outages, and what of them stands on the start pages."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from befreg_reserv.people.wards.clinics import changing as clinics
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from befreg_reserv.times import PATTERN
from outage import lifecycle
from outage.forms.wards import MOST_WARDS, TickedWardsField, rows, ticks_for
from outage.models import Need, Outage, Plan
from outage.plans import needs, planning
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.plans.scenes import WHY, announce, cancel, change, terms
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")

NEW = "/outage/plans/new/"
SURE = {"confirmed": "1"}
STARTS = {"tilda": "/till/", "wilma": "/ward/", "adele": "/binder/overview/"}


def local(moment: Any) -> str:
    return timezone.localtime(moment).strftime(PATTERN)


def typed(wards: str = "", hours: float = 4, **more: str) -> dict[str, str]:
    """Return the form as somebody fills it in."""
    wanted = terms(hours=hours)
    times = {"planned_start": local(wanted.start), "planned_end": local(wanted.end)}
    return times | {"wards": wards, "reason": WHY} | SURE | more


def hidden(answer: Any) -> dict[str, Any]:
    """Return what the check page sends back unseen when its button is pressed."""
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', answer.text.partition('id="check"')[2]):
        name, value = (re.search(f'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name:
            sent.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    return {name: values for name, values in sent.items() if any(values)}


def page_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


# --- since when -----------------------------------------------------------------------------------


def test_what_was_planned_may_have_begun_before_it_is_recorded(sign_in: SignIn, cast: Cast) -> None:
    plan, client = announce(cast, begins=timedelta(hours=-2)), sign_in(cast.tilda)
    path = f"/outage/plans/{plan.pk}/start/"
    wrong = client.post(path, {"since": "2999-01-01 10:00"})
    assert (wrong.status_code, set(wrong.context["start_form"].errors)) == (400, {"since"})
    client.post(path, {"since": local(plan.planned_start)})
    assert Outage.objects.get(plan=plan).started_at == plan.planned_start


# --- announcing -----------------------------------------------------------------------------------


def test_an_announcement_from_the_form_to_its_page(sign_in: SignIn, cast: Cast) -> None:
    fields = typed("iva\n\n Ögonkliniken / Ögonmottagning \niva", drill="on")
    response = sign_in(cast.adele).post(NEW, fields, follow=True)
    plan = Plan.objects.get()
    assert response.redirect_chain == [(plan.get_absolute_url(), 302)]
    assert local(plan.planned_start) == fields["planned_start"]
    assert (plan.drill, plan.all_wards, plan.needs.count()) == (True, False, 2)
    assert len(response.context["messages"]) == 1


def test_nothing_is_announced_before_it_was_looked_at(sign_in: SignIn, cast: Cast) -> None:
    fields = typed("IVA") | {f"clinic-{cast.eye.clinic_id}": "on"}
    del fields["confirmed"]
    answer = sign_in(cast.adele).post(NEW, fields)
    assert (answer.status_code, Plan.objects.exists()) == (200, False)
    page = text_of(answer)
    for shown in (fields["planned_start"], WHY, str(cast.iva), str(cast.eye), "4 tim 0 min"):
        assert shown in page
    again = hidden(answer) | SURE
    sign_in(cast.adele).post(NEW, again)
    assert set(needs.concerned(Plan.objects.get())) == {cast.iva, cast.eye}


def test_a_day_that_was_only_said_is_sent_on_as_the_day_that_was_shown(
    sign_in: SignIn, cast: Cast
) -> None:
    fields = typed() | {"planned_start": "i morgon 2210", "planned_end": "0520"}
    del fields["confirmed"]
    day = timezone.localdate() + timedelta(days=1)
    sent = hidden(sign_in(cast.adele).post(NEW, fields))
    assert sent["planned_start"] == [f"{day} 22:10"]
    assert sent["planned_end"] == [f"{day + timedelta(days=1)} 05:20"]


def test_the_ward_that_was_shown_is_announced_whatever_its_name_means_by_then(
    sign_in: SignIn, cast: Cast
) -> None:
    fields = typed("IVA")
    del fields["confirmed"]
    client = sign_in(cast.adele)
    sent = hidden(client.post(NEW, fields))
    Ward.objects.filter(pk=cast.iva.pk).update(name="Intensiv", key="intensiv")
    Ward.objects.filter(pk=cast.eye.pk).update(name="IVA", key="iva")
    client.post(NEW, sent | SURE)
    assert list(needs.concerned(Plan.objects.get())) == [cast.iva]


def test_what_was_understood_is_said(sign_in: SignIn, cast: Cast) -> None:
    plan = announce(cast, begins=timedelta(hours=-2))
    client = sign_in(cast.tilda)
    page = client.post(f"/outage/plans/{plan.pk}/start/", {"since": "nu"}, follow=True)
    assert f"”nu” uppfattades som {local(Outage.objects.get(plan=plan).started_at)}" in text_of(
        page
    )


def test_every_ward_is_counted_before_it_is_announced(sign_in: SignIn, cast: Cast) -> None:
    announce(cast, reason="Byte av nät")
    fields = {name: value for name, value in typed().items() if name != "confirmed"}
    page = text_of(sign_in(cast.adele).post(NEW, fields))
    assert "Alla avdelningar i registret: 2" in page
    assert "Byte av nät" in page  # at the same time


def test_a_clinic_is_all_its_wards(sign_in: SignIn, cast: Cast) -> None:
    postop = casting.ward("Anestesikliniken", "Postop")
    ticks = {f"clinic-{cast.iva.clinic_id}": "on", f"ward-{postop.pk}": "on"}
    sign_in(cast.adele).post(NEW, typed() | ticks)
    assert set(needs.concerned(Plan.objects.get())) == {cast.iva, postop}


@pytest.mark.parametrize(
    "tick", ["ward-0", "clinic-", "ward-1 OR 1=1", "ward-" + "9" * 500, "ward-\x00"]
)
def test_a_tick_that_isnt_in_the_list_announces_nothing(
    sign_in: SignIn, cast: Cast, tick: str
) -> None:
    answer = sign_in(cast.adele).post(NEW, typed() | {tick: "on", f"ward-{cast.iva.pk}": "on"})
    assert list(answer.context["form"].errors) == ["ticked"]
    assert not Plan.objects.exists()


def test_the_list_has_neither_drills_wards_nor_typed_ones(sign_in: SignIn, cast: Cast) -> None:
    Ward.objects.create(name="Tältet", confirmed=False)
    Ward.objects.create(name="Iwa", confirmed=False, same_as=cast.iva)
    Ward.objects.create(name="Övnings-IVA", confirmed=False, drill=True)
    listed = sign_in(cast.adele).get(NEW).context["form"].clinics
    assert [[str(row.named) for row in clinic.wards] for clinic in listed] == [
        ["Anestesikliniken / IVA"], ["Ögonkliniken / Ögonmottagning"],
    ]  # fmt: skip


def test_no_ward_is_every_ward(sign_in: SignIn, cast: Cast) -> None:
    sign_in(cast.adele).post(NEW, typed(" \n"))
    plan = Plan.objects.get()
    assert (plan.all_wards, plan.needs.exists()) == (True, False)
    assert "/outage/plans/" in page_of(sign_in(cast.vidar), "/ward/")


def test_every_line_that_names_no_ward_is_told_of_at_once(sign_in: SignIn, cast: Cast) -> None:
    casting.ward("Kirurgkliniken", "IVA")
    response = sign_in(cast.adele).post(NEW, typed("Ögonmottagning\niva\nnirvana\nögon"))
    assert response.status_code == 400
    several, unknown, part = response.context["form"].errors["wards"]
    assert "2" in several
    assert "Anestesikliniken / IVA; Kirurgkliniken / IVA" in several
    assert "3" in unknown
    assert "nirvana" in unknown
    assert "4" in part
    assert "Ögonkliniken / Ögonmottagning" in part
    assert not Plan.objects.exists()


def test_a_mistyped_name_stands_for_the_ward_that_was_meant(sign_in: SignIn, cast: Cast) -> None:
    Ward.objects.create(name="Iwa", confirmed=False, same_as=cast.iva)
    Ward.objects.create(name="Tältet", confirmed=False)
    client = sign_in(cast.adele)
    assert client.post(NEW, typed("Tältet")).status_code == 400
    client.post(NEW, typed("Iwa"))
    assert Need.objects.get().ward == cast.iva


def test_more_wards_than_anybody_names_are_refused(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.adele).post(NEW, typed("IVA\n" * 201))
    assert list(response.context["form"].errors) == ["wards"]
    assert sign_in(cast.adele).post(NEW, typed("IVA\n" * 200)).status_code == 302


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("planned_start", ""),
        ("planned_start", "i morgon"),
        ("planned_end", ""),
        ("planned_end", "2020-01-01 00:00"),
        ("planned_end", "2027-03-28 02:30"),
        ("reason", " "),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    sign_in: SignIn, cast: Cast, field: str, text: str
) -> None:
    response = sign_in(cast.adele).post(NEW, typed() | {field: text})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert not Plan.objects.exists()


def test_the_same_form_sent_twice_announces_once(sign_in: SignIn, cast: Cast) -> None:
    client, fields = sign_in(cast.adele), typed("IVA")
    first, again = (client.post(NEW, fields).headers["Location"] for _ in range(2))
    assert first == again == Plan.objects.get().get_absolute_url()


def test_an_overlap_is_pointed_out_when_it_is_announced_and_on_both_pages(
    sign_in: SignIn, cast: Cast
) -> None:
    other = announce(cast, reason="Byte av nät")
    response = sign_in(cast.adele).post(NEW, typed(), follow=True)
    assert len(response.context["messages"]) == 2
    assert "Byte av nät" in response.content.decode()
    assert WHY in page_of(sign_in(cast.tilda), other.get_absolute_url())


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


def test_very_many_wards_are_ticked_by_their_clinics(cast: Cast) -> None:
    names = [f"avd {number}" for number in range(MOST_WARDS)]
    many = [Ward(clinic=cast.iva.clinic, name=name, key=name) for name in names]
    Ward.objects.bulk_create(many)
    clinics = [f"clinic-{cast.iva.clinic_id}", f"clinic-{cast.eye.clinic_id}"]
    assert ticks_for([cast.iva, cast.eye, *many]) == clinics
    assert ticks_for([cast.eye, *many]) == [*(f"ward-{ward.pk}" for ward in many), clinics[1]]


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


@pytest.mark.parametrize("name", ["tilda", "wilma", "gunde"])
def test_only_the_administrator_announces(sign_in: SignIn, cast: Cast, name: str) -> None:
    plan = announce(cast)
    client = sign_in(getattr(cast, name))
    for path in (NEW, *(f"{plan.get_absolute_url()}{act}/" for act in ("change", "cancel"))):
        assert client.post(path, typed()).status_code == 403
    assert plan.changes.count() == 1


@pytest.mark.both_databases
def test_ticks_of_what_closed_meanwhile_are_those_of_what_came_after(cast: Cast) -> None:
    old = [f"clinic-{cast.iva.clinic_id}", f"ward-{cast.eye.pk}"]
    event, today = scenes.now(cast.adele), timezone.localdate()
    clinic = Clinic.objects.get(wards=cast.iva)
    clinics.change(clinic, ClinicTerms(today, "x", name="Op"), event)
    eye = Ward.objects.select_related("clinic").get(pk=cast.eye.pk)
    becomes = changing.proposed(Clinic.objects.get(wards=eye), "Ögon 1")
    changing.change(eye, Terms(Kind.RENAMED, today, "x", (becomes,)), event)
    assert [str(ward) for ward in TickedWardsField().clean(old)] == [
        "Op / IVA",
        "Ögonkliniken / Ögon 1",
    ]
    assert [row.ticked for row in rows(old)] == [True, False]
    assert [row.opened for row in rows(old)] == [False, True]
    # With nothing after it, they must be ticked anew.
    clinics.change(Clinic.objects.get(name="Op"), ClinicTerms(today, "x"), event)
    with pytest.raises(ValidationError):
        TickedWardsField().clean(old)
