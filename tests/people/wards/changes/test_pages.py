"""The administrator's pages of wards: one sees what would move, and then does it."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.people.models import User, Ward, WardChange
from befreg_reserv.people.wards.changes import following
from custody.models import Handout
from tests import cast as casting
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import fields_at_fault, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("words")]
TODAY = f"{timezone.localdate()}"
SAID = {"day": TODAY, "reason": "decided"}


@pytest.fixture
def adele(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.adele)


def page(kind: str, ward: Ward) -> str:
    return reverse(f"wards:{kind}", args=[ward.pk])


def test_a_ward_is_merged_after_a_preview(adele: Client, cast: Cast, handout: Handout) -> None:
    asked = SAID | {"ward": "Ögonmottagning"}
    shown = adele.post(page("merge-into", cast.iva), asked)
    text = text_of(shown)
    assert shown.status_code == 200
    assert "1 person" in text
    assert "1 öppet nummer" in text
    assert not WardChange.objects.exists()
    seen = shown.context["mark"]
    done = adele.post(page("merge-into", cast.iva), asked | {"seen": seen, "confirmed": "1"})
    assert done.headers["Location"] == page("ward", cast.eye)
    handout.refresh_from_db()
    assert handout.ward == cast.eye
    # The same once more: the same answer.
    again = adele.post(page("merge-into", cast.iva), asked | {"seen": seen, "confirmed": "1"})
    assert (again.status_code, WardChange.objects.count()) == (302, 1)
    assert "gick upp i en annan avdelning" in text_of(adele.get(page("ward", cast.iva)))


def test_why_a_number_moved_is_kept_in_the_records_language(
    adele: Client, cast: Cast, handout: Handout
) -> None:
    User.objects.filter(pk=cast.adele.pk).update(language="en")
    asked = SAID | {"ward": "Ögonmottagning", "confirmed": "1"}
    assert adele.post(page("merge-into", cast.iva), asked).status_code == 302
    step = handout.steps.latest("sequence")
    assert step.reason == f"{cast.iva}: gick upp i en annan avdelning {TODAY}. decided"


def test_a_split_asks_where_each_number_goes_on(
    adele: Client, cast: Cast, handout: Handout
) -> None:
    asked = SAID | {"names": "IVA A\nIVA B"}
    mark = following.mark(following.left_at(cast.iva))
    confirmed = asked | {"seen": mark, "confirmed": "1"}
    member = cast.wilma.membership_set.get()
    unsaid = adele.post(page("split", cast.iva), confirmed | {f"people-{member.pk}": "all"})
    assert (unsaid.status_code, WardChange.objects.count()) == (400, 0)
    said = confirmed | {f"people-{member.pk}": "0", f"numbers-{handout.pk}": "1"}
    assert adele.post(page("split", cast.iva), said).status_code == 302
    handout.refresh_from_db()
    assert handout.ward.name == "IVA B"
    assert [ward.name for ward in cast.wilma.wards.all()] == ["IVA A"]


def test_what_changed_meanwhile_is_shown_anew(adele: Client, cast: Cast, handout: Handout) -> None:
    old = SAID | {"seen": "0" * 64, "confirmed": "1"}
    answer = adele.post(page("close", cast.iva), old)
    assert answer.status_code == 409
    assert not WardChange.objects.exists()


def test_what_a_ward_left_is_moved_from_its_page(
    adele: Client, cast: Cast, handout: Handout
) -> None:
    shown = adele.post(page("close", cast.iva), SAID)
    adele.post(page("close", cast.iva), SAID | {"seen": shown.context["mark"], "confirmed": "1"})
    assert "1 öppet nummer" in text_of(adele.get(page("ward", cast.iva)))
    adele.post(page("move-on", cast.iva), {"ward": "Ögonmottagning", "reason": "nobody"})
    handout.refresh_from_db()
    assert handout.ward == cast.eye
    assert "Här finns inget kvar" in text_of(adele.get(page("move-on", cast.iva)))


def test_a_ward_is_opened_and_put_right(adele: Client, cast: Cast) -> None:
    clinic = {"clinic": "", "new_clinic": "Hudkliniken", "name": "Hud 1"}
    answer = adele.post(reverse("wards:new"), SAID | clinic)
    opened = Ward.objects.get(name="Hud 1")
    assert answer.headers["Location"] == page("ward", opened)
    seen = adele.get(page("ward", opened)).context["form"]["seen"].value()
    right = {"name": "HUD 1", "telephone": "1234", "seen": seen}
    assert adele.post(page("correct", opened), right).status_code == 302
    opened.refresh_from_db()
    assert (opened.name, opened.telephone) == ("HUD 1", "1234")
    late = adele.post(page("correct", opened), right | {"telephone": "9"})
    opened.refresh_from_db()
    assert (late.status_code, opened.telephone) == (302, "1234")  # its page was old
    anew = adele.get(page("ward", opened)).context["form"]["seen"].value()
    renamed = adele.post(page("correct", opened), right | {"name": "Hud 2", "seen": anew})
    assert renamed.status_code == 400


@pytest.mark.parametrize(
    ("kind", "said", "says"),
    [
        ("close", {"day": "2999-01-01"}, "har inte varit än"),
        ("close", {"day": "i går"}, "Skriv datumet"),
        ("close", {"reason": ""}, "Skriv varför"),
        ("merge-into", {"ward": "IVA"}, "kan inte ta över efter sig själv"),
        ("merge-into", {"ward": "Månen"}, "ingen sådan avdelning"),
        ("rename", {"name": "iva"}, "Den heter redan"),
        ("rename", {"name": "Avd"}, "finns redan"),
        ("split", {"names": "IVA A"}, "minst två avdelningar"),
        ("split", {"names": "IVA A\nIVA"}, "kan inte ta över efter sig själv"),
        ("split", {"names": "x" * 121}, "högst"),
        ("split", {"names": "\n".join("abcdefghijk")}, "högst"),
        ("split", {"names": "IVA A\niva a"}, "minst två avdelningar"),
    ],
)
def test_refused_beside_its_field(
    adele: Client, cast: Cast, kind: str, said: dict[str, str], says: str
) -> None:
    casting.ward("Anestesikliniken", "Avd")
    clinic = {"clinic": str(cast.iva.clinic_id), "new_clinic": ""} if kind == "rename" else {}
    answer = adele.post(page(kind, cast.iva), SAID | clinic | said)
    assert answer.status_code == 400
    assert says in text_of(answer)
    assert not WardChange.objects.exists()


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("merge-into", {"ward": "x" * 300}),
        ("split", {"names": ""}),
        ("rename", {"clinic": "", "name": ""}),
        ("rename-clinic", {"name": ""}),
    ],
)
def test_what_is_wrong_is_listed_as_the_page_asks(
    adele: Client, cast: Cast, name: str, own: dict[str, str]
) -> None:
    key = cast.iva.clinic_id if name == "rename-clinic" else cast.iva.pk
    wrong = own | {"day": "", "reason": ""}
    answer = adele.post(reverse(f"wards:{name}", args=[key]), wrong)
    assert fields_at_fault(answer) == [*own, "day", "reason"]


def test_a_name_of_a_ward_that_was_split_is_asked_about(adele: Client, cast: Cast) -> None:
    adele.post(
        page("split", casting.ward("Hud", "Hud")), SAID | {"names": "A\nB", "confirmed": "1"}
    )
    answer = adele.post(page("split", cast.iva), SAID | {"names": "Hud / Hud\nIVA A"})
    assert answer.status_code == 400
    assert "kan vara flera avdelningar: Hud / A, Hud / B" in text_of(answer)


def test_a_successor_named_twice_is_one(adele: Client, cast: Cast) -> None:
    names = {"names": "IVA A\niva a\nIVA B"}
    shown = adele.post(page("split", cast.iva), SAID | names)
    assert [str(ward) for ward in shown.context["terms"].successors] == [
        "Anestesikliniken / IVA A",
        "Anestesikliniken / IVA B",
    ]


def test_closed_wards_have_a_list_of_their_own(adele: Client, cast: Cast) -> None:
    shown = adele.post(page("close", cast.iva), SAID)
    adele.post(page("close", cast.iva), SAID | {"seen": shown.context["mark"], "confirmed": "1"})
    assert [str(ward) for ward in adele.get(reverse("wards:every")).context["page"]] == [
        str(cast.eye)
    ]
    assert "IVA" in text_of(adele.get(reverse("wards:every") + "?closed=1"))
    again = adele.post(page("close", cast.iva), SAID | {"reason": "other"})
    assert again.headers["Location"] == page("ward", cast.iva)


def test_a_closed_wards_name_is_asked_about_once(adele: Client, cast: Cast) -> None:
    adele.post(page("merge-into", cast.iva), SAID | {"ward": "Ögonmottagning", "confirmed": "1"})
    opens = SAID | {"clinic": f"{cast.iva.clinic_id}", "new_clinic": "", "name": "IVA"}
    asked = adele.post(reverse("wards:new"), opens)
    assert (asked.status_code, 'name="again"' in asked.content.decode()) == (400, True)
    assert "Ögonkliniken / Ögonmottagning tog över" in text_of(asked)
    for _each in range(2):  # a double click
        done = adele.post(reverse("wards:new"), opens | {"again": "on"})
        assert done.status_code == 302
    assert Ward.objects.filter(key=cast.iva.key, closed_on=None).count() == 1
