"""The administrator's pages of clinics: one sees what becomes of each ward, and then does it."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.people.models import Clinic, ClinicChange, Ward
from custody.models import Handout
from tests import cast as casting
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("words")]
SAID = {"day": f"{timezone.localdate()}", "reason": "decided"}


@pytest.fixture
def adele(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.adele)


def page(name: str, ward: Ward) -> str:
    return reverse(f"wards:{name}", args=[ward.clinic_id])


def test_a_clinic_is_renamed_after_a_preview(adele: Client, cast: Cast, handout: Handout) -> None:
    asked = SAID | {"name": "Operationskliniken"}
    shown = adele.post(page("rename-clinic", cast.iva), asked)
    text = text_of(shown)
    assert "1 avdelning fortsätter under det nya namnet" in text
    assert "IVA 1 person, 1 öppet nummer" in text
    assert not ClinicChange.objects.exists()
    confirmed = asked | {"seen": shown.context["mark"], "confirmed": "1"}
    for _each in range(2):  # a double click
        done = adele.post(page("rename-clinic", cast.iva), confirmed)
        new = Clinic.objects.get(name="Operationskliniken")
        assert done.headers["Location"] == reverse("wards:clinic", args=[new.pk])
    handout.refresh_from_db()
    assert str(handout.ward) == "Operationskliniken / IVA"
    assert "Stängd" in text_of(adele.get(page("clinic", cast.iva)))
    assert "Anestesikliniken: bytte namn" in text_of(adele.get(done.headers["Location"]))


def test_each_ward_of_a_clinic_that_closes_is_placed(
    adele: Client, cast: Cast, handout: Handout
) -> None:
    other, there = casting.ward("Anestesikliniken", "Post-op"), casting.ward("Hud", "Post-op")
    asked = SAID | {"into": f"{cast.eye.clinic_id}"}
    shown = adele.post(page("close-clinic", cast.iva), asked)
    assert f'<option value="{cast.eye.clinic_id}" selected>' in shown.content.decode()
    assert 'class="card stack printed"' in shown.content.decode()  # with its lists, on paper
    confirmed = asked | {"seen": shown.context["mark"], "confirmed": "1"}
    confirmed |= {f"ward-{cast.iva.pk}": f"{cast.eye.clinic_id}"}
    taken = {f"ward-{other.pk}": f"{there.clinic_id}"}
    refused = adele.post(page("close-clinic", cast.iva), confirmed | taken)
    assert (refused.status_code, ClinicChange.objects.count()) == (400, 0)
    assert "Hud / Post-op finns redan" in text_of(refused)
    done = adele.post(page("close-clinic", cast.iva), confirmed | {f"ward-{other.pk}": "closes"})
    assert done.status_code == 302
    handout.refresh_from_db()
    assert str(handout.ward) == "Ögonkliniken / IVA"
    other.refresh_from_db()
    assert not other.is_open


def test_the_last_page_sent_again_is_answered_alike(adele: Client, cast: Cast) -> None:
    hud = casting.ward("Hud", "Hud").clinic_id
    asked = SAID | {"into": f"{cast.eye.clinic_id}"}
    shown = adele.post(page("close-clinic", cast.iva), asked)
    confirmed = asked | {"seen": shown.context["mark"], "confirmed": "1"}
    # No ward goes where the rest would.
    for _each in range(2):
        done = adele.post(
            page("close-clinic", cast.iva), confirmed | {f"ward-{cast.iva.pk}": f"{hud}"}
        )
        assert done.headers["Location"] == reverse("wards:clinic", args=[hud])
        assert "gick upp i en annan klinik" in text_of(adele.get(done.headers["Location"]))
    # What says something else of a ward is no answer to come back to.
    for place in ("closes", f"{cast.eye.clinic_id}"):
        other = confirmed | {f"ward-{cast.iva.pk}": place}
        done = adele.post(page("close-clinic", cast.iva), other)
        assert done.headers["Location"] == page("clinic", cast.iva)
    assert ClinicChange.objects.exclude(kind="opened").count() == 1


def test_what_changed_meanwhile_is_shown_anew(adele: Client, cast: Cast) -> None:
    asked = SAID | {"into": ""}
    shown = adele.post(page("close-clinic", cast.iva), asked)
    seen = {"seen": shown.context["mark"], "confirmed": "1", f"ward-{cast.iva.pk}": "closes"}
    new = casting.ward("Anestesikliniken", "Ny")
    answer = adele.post(page("close-clinic", cast.iva), asked | seen | {f"ward-{new.pk}": "closes"})
    assert (answer.status_code, ClinicChange.objects.count()) == (409, 0)


def test_a_ward_that_came_since_the_preview_is_asked_about_as_the_others(
    adele: Client, cast: Cast
) -> None:
    asked = SAID | {"into": f"{cast.eye.clinic_id}"}
    shown = adele.post(page("close-clinic", cast.iva), asked)
    new = casting.ward("Anestesikliniken", "Ny")
    chosen = {"seen": shown.context["mark"], "confirmed": "1", f"ward-{cast.iva.pk}": "closes"}
    answer = adele.post(page("close-clinic", cast.iva), asked | chosen)
    assert (answer.status_code, ClinicChange.objects.count()) == (409, 0)
    places = {field.name: field.value() for field in answer.context["places"]}
    # It doesn't close because its list begins with that, and what was chosen stays.
    assert places == {
        f"ward-{cast.iva.pk}": "closes",
        f"ward-{new.pk}": f"{cast.eye.clinic_id}",
    }


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("close-clinic", {"day": "2999-01-01"}, "har inte varit än"),
        ("close-clinic", {"reason": ""}, "Skriv varför"),
        ("close-clinic", {"into": "0"}, "Välj en klinik"),
        ("close-clinic", {"into": "{own}"}, "Välj en klinik"),
        ("rename-clinic", {"name": "anestesikliniken"}, "Den heter redan"),
        ("rename-clinic", {"name": "ögonkliniken"}, "finns redan"),
        ("rename-clinic", {"name": ""}, "Skriv klinikens namn"),
        ("correct-clinic", {"name": "Narkos", "seen": "x"}, "byter namn"),
    ],
)
def test_refused_beside_its_field(
    adele: Client, cast: Cast, name: str, said: dict[str, str], says: str
) -> None:
    said = {field: text.format(own=cast.iva.clinic_id) for field, text in said.items()}
    if name == "correct-clinic":
        said["seen"] = adele.get(page("clinic", cast.iva)).context["form"]["seen"].value()
    answer = adele.post(page(name, cast.iva), SAID | said)
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert not ClinicChange.objects.exists()


@pytest.mark.both_databases
def test_its_spelling_is_put_right(adele: Client, cast: Cast) -> None:
    seen = adele.get(page("clinic", cast.iva)).context["form"]["seen"].value()
    said = {"name": "AnestesiKliniken", "seen": seen}
    answer = adele.post(page("correct-clinic", cast.iva), said)
    assert answer.headers["Location"] == page("clinic", cast.iva)
    assert Clinic.objects.filter(name="AnestesiKliniken").exists()


def test_a_clinic_is_opened_and_a_closed_ones_name_leads_on(adele: Client, cast: Cast) -> None:
    opened = adele.post(reverse("wards:new-clinic"), SAID | {"name": "Hudkliniken"})
    hud = Clinic.objects.get(name="Hudkliniken")
    assert opened.headers["Location"] == reverse("wards:clinic", args=[hud.pk])
    again = SAID | {"name": "Hud 2", "confirmed": "1"}
    adele.post(reverse("wards:rename-clinic", args=[hud.pk]), again)
    written = SAID | {"clinic": "", "new_clinic": "Hudkliniken", "name": "Hud 1"}
    answer = adele.post(reverse("wards:new"), written)
    assert answer.status_code == 400
    assert "efter den kom Hud 2. Välj Hud 2 i listan" in text_of(answer)
    reopened = adele.post(reverse("wards:new-clinic"), SAID | {"name": "hudkliniken"})
    assert (reopened.status_code, 'name="again"' in reopened.content.decode()) == (400, True)
    closed = adele.post(reverse("wards:rename-clinic", args=[hud.pk]), SAID | {"name": "Hud 3"})
    assert closed.headers["Location"] == reverse("wards:clinic", args=[hud.pk])
    assert "Hudkliniken" in text_of(adele.get(reverse("wards:clinics") + "?closed=1"))
