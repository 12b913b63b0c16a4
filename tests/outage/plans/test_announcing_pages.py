"""Announcing an outage: its form, the page that is looked at first, the wards it finds."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from befreg_reserv.people.wards.clinics import changing as clinics
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from outage.forms.wards import MOST_WARDS, TickedWardsField, rows, ticks_for
from outage.models import Need, Plan
from outage.plans import needs
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.plans.forms import NEW, SURE, hidden, local, page_of, typed
from tests.outage.plans.scenes import WHY, announce
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")


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
    assert "Är det Ögonkliniken / Ögonmottagning?" in part
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


def test_very_many_wards_are_ticked_by_their_clinics(cast: Cast) -> None:
    names = [f"avd {number}" for number in range(MOST_WARDS)]
    many = [Ward(clinic=cast.iva.clinic, name=name, key=name) for name in names]
    Ward.objects.bulk_create(many)
    clinics = [f"clinic-{cast.iva.clinic_id}", f"clinic-{cast.eye.clinic_id}"]
    assert ticks_for([cast.iva, cast.eye, *many]) == clinics
    assert ticks_for([cast.eye, *many]) == [*(f"ward-{ward.pk}" for ward in many), clinics[1]]


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
    # A ward that the clinic after it has besides was never ticked.
    event = scenes.now(cast.adele)
    changing.open_ward(changing.proposed(Clinic.objects.get(name="Op"), "Post-op"), today, event)
    assert [str(ward) for ward in TickedWardsField().clean(old[:1])] == ["Op / IVA"]
    assert [(row.ticked, row.opened) for row in rows(old[:1])] == [(False, True), (False, False)]
    # With nothing after it, they must be ticked anew.
    clinics.change(Clinic.objects.get(name="Op"), ClinicTerms(today, "x"), event)
    with pytest.raises(ValidationError):
        TickedWardsField().clean(old)
