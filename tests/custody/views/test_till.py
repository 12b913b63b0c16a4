"""The till's screens: a call, the number, the read-back, and every refusal."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from custody.models import Binder, Call, Handout, Patient
from outage import lifecycle
from outage.models import Contact, Outage
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import handed_out, now

pytestmark = pytest.mark.one_database("words")

HAND_OUT = "/till/hand-out/"
IN_DRILL = "/till/drill/hand-out/"


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def form(cast: Cast, **changes: str) -> dict[str, str]:
    fields = {
        "sex": "K",
        "caller": "wilma",
        "ward": str(cast.iva),
        "callback": "2102",
        "request_key": str(uuid4()),
    }
    return fields | changes


def test_a_call_ends_on_the_numbers_own_page(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    answer = till.post(HAND_OUT, form(cast))
    page = text_of(till.get(answer["Location"]))
    assert answer["Location"] == f"/till/handouts/{Handout.objects.get().pk}/"
    assert "20000101 K064 Kalle, noll, sex, fyra" in page


def test_a_sheet_given_out_on_paper_is_not_missing(
    cast: Cast, till: Client, handout: Handout
) -> None:
    """The count missed K080 before the paper was entered: its patient wears it."""
    missed = scenes.miscounted(cast, handout).count.quarantines.get().number
    late = scenes.from_paper(cast, handout.outage, number=missed.value)
    page = till.get(f"/till/handouts/{late.pk}/")
    assert (page.context["missing"], page.context["in_hand"]) == (False, True)
    assert "Ta ut flik" not in text_of(page)


def test_the_form_of_the_page_is_the_form_that_is_sent(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    page = till.get("/till/call/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page))
    answer = till.post(HAND_OUT, form(cast, **{k: hidden[k] for k in ("request_key", "outage")}))
    assert answer.status_code == 302
    assert Handout.objects.get().outage == outage


def test_showing_the_form_takes_no_number(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    keys = {
        re.search(r'name="request_key" value="([^"]+)"', till.get("/till/call/").content.decode())[
            1
        ]  # type: ignore[index]
        for _ in range(3)
    }
    assert len(keys) == 3
    assert not Handout.objects.exists()


def test_the_same_form_twice_is_one_handout(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    sent = form(cast)
    first, again = (till.post(HAND_OUT, sent)["Location"] for _ in range(2))
    assert first == again


def test_the_same_key_with_other_content_points_at_the_earlier(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    sent = form(cast)
    till.post(HAND_OUT, sent)
    answer = till.post(HAND_OUT, sent | {"sex": "M"})
    assert answer.status_code == 409
    assert Call.objects.get().get_absolute_url() in answer.content.decode()
    assert Handout.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sex", "Z"),
        ("sex", ""),
        ("sex", "kvinna"),
        ("caller", ""),
        ("ward", ""),
        ("request_key", "1"),
        ("request_key", ""),
        ("outage", "none"),
    ],
)
def test_a_faulty_form_is_shown_again_with_the_fault(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, field: str, value: str
) -> None:
    answer = till.post(HAND_OUT, form(cast, **{field: value}))
    assert answer.status_code == 400
    assert "ds-error-summary" in answer.content.decode()
    assert not Handout.objects.exists()


def test_lower_case_is_fine(cast: Cast, till: Client, real_binder: Binder, outage: Outage) -> None:
    till.post(HAND_OUT, form(cast, sex=" k ", caller="WILMA"))
    assert Handout.objects.get().caller == "wilma"


def test_an_unknown_ward_is_kept_for_the_administrator(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    for caller in ("wilma", "vera1"):
        till.post(HAND_OUT, form(cast, ward="Rum 7, källaren", caller=caller))
    ward = Ward.objects.get(confirmed=False)
    assert (ward.name, ward.clinic, ward.handouts.count()) == ("Rum 7, källaren", None, 2)


def test_without_outage_the_patient_waits_and_the_page_says_what_to_do(
    cast: Cast, till: Client
) -> None:
    page = till.post(HAND_OUT, form(cast), follow=True)
    assert "Inget driftstopp pågår" in text_of(page)
    assert len(scenes.who_waits()) == 1


def test_when_the_outage_has_ended_no_number_is_given(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    lifecycle.end(outage, Event.now(cast.tilda, now(cast.tilda).at))
    page = till.post(HAND_OUT, form(cast, outage=str(outage.pk)))["Location"]
    assert not Handout.objects.exists()
    assert page == scenes.who_waits()[0].call.get_absolute_url()


def test_none_left_is_a_page_that_helps(cast: Cast, till: Client, outage: Outage) -> None:
    answer = till.post(HAND_OUT, form(cast), follow=True)
    assert "1 patient väntar på ett nummer" in text_of(answer)
    assert "<ol" in answer.content.decode()


def test_none_left_says_at_which_number_the_administrator_answers(
    cast: Cast, till: Client, outage: Outage
) -> None:
    Contact.objects.create(purpose="admin", position=1, name="Systemförvaltare", number="4711")
    assert 'href="tel:4711"' in till.post(HAND_OUT, form(cast), follow=True).content.decode()


def test_none_left_without_the_administrators_number_says_who_can_find_them(
    cast: Cast, till: Client, outage: Outage
) -> None:
    Contact.objects.filter(number="3010").update(active=False)
    assert 'href="tel:09"' in till.post(HAND_OUT, form(cast), follow=True).content.decode()
    Contact.objects.update(active=False)
    sent = form(cast) | {"other_than": str(Patient.objects.get().pk)}
    assert "växel" in text_of(till.post(HAND_OUT, sent, follow=True))


def test_none_left_warns_of_training_numbers(
    cast: Cast, till: Client, outage: Outage, training_binder: Binder
) -> None:
    before = till.post(HAND_OUT, form(cast), follow=True).content.decode()
    assert 'data-color="warning"' in before


def test_a_drill_is_framed(
    cast: Cast, till: Client, training_binder: Binder, drill: Outage
) -> None:
    sent = form(cast, outage=str(drill.pk))
    number = till.get(till.post(IN_DRILL, sent)["Location"]).content.decode()
    for page in (till.get("/till/drill/call/").content.decode(), number):
        assert '<body class="drill"' in page


def test_a_faulty_drill_call_is_still_a_drill_call(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, drill: Outage
) -> None:
    answer = till.post(IN_DRILL, form(cast, outage=str(drill.pk), caller=""))
    page = answer.content.decode()
    assert '<body class="drill"' in page
    assert f'name="outage" value="{drill.pk}"' in page


def test_none_left_in_a_drill_is_framed_and_leads_back_to_it(
    cast: Cast, till: Client, outage: Outage, drill: Outage
) -> None:
    sent = form(cast, outage=str(drill.pk))
    page = till.post(IN_DRILL, sent, follow=True).content.decode()
    assert '<body class="drill"' in page
    assert 'data-key="t"\n         href="/till/drill/"' in page


def test_during_a_drill_the_real_outage_can_be_started(till: Client, drill: Outage) -> None:
    assert "/outage/start/" in till.get("/till/").content.decode()


def test_an_ended_handout_is_not_read_out(
    cast: Cast, till: Client, sign_in: SignIn, handout: Handout
) -> None:
    sign_in(cast.wilma).post(f"/ward/handouts/{handout.pk}/void/", {"reason": "not used"})
    page = till.get(f"/till/handouts/{handout.pk}/").content.decode()
    assert 'class="last number"' not in page
    assert "read-back/" not in page


def test_a_name_of_several_wards_is_asked_about(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    casting.ward("Kirurgkliniken", "IVA")
    answer = till.post(HAND_OUT, form(cast, ward="iva"))
    assert answer.status_code == 400
    assert "Kirurgkliniken / IVA" in answer.content.decode()


def test_reality_is_not_framed(
    cast: Cast, till: Client, handout: Handout, drill: Outage, training_binder: Binder
) -> None:
    for url in ("/till/", f"/till/handouts/{handout.pk}/", f"/ward/handouts/{handout.pk}/"):
        assert 'class="drill"' not in till.get(url).content.decode()


def test_with_both_ongoing_the_till_chooses(
    till: Client, outage: Outage, drill: Outage, real_binder: Binder
) -> None:
    page = till.get(f"/till/drill/call/?outage={drill.pk}").content.decode()
    assert f'name="outage" value="{drill.pk}"' in page
    page = till.get("/till/call/?outage=junk").content.decode()
    assert f'name="outage" value="{outage.pk}"' in page


RIGHT = ["K064", "k-06-4", "20000101-k064"]
WRONG = [
    *("K046", "20010101K122", "HEJK064", "20000101M078K064", "K064K064"),
    *("K06", "K0644", "20000101", "20010101K064", " "),
]


@pytest.mark.parametrize(
    ("typed", "status"), [*((typed, 302) for typed in RIGHT), *((typed, 400) for typed in WRONG)]
)
def test_read_back(till: Client, handout: Handout, typed: str, status: int) -> None:
    answer = till.post(f"/till/handouts/{handout.pk}/read-back/", {"typed": typed})
    handout.refresh_from_db()
    assert answer.status_code == status
    assert bool(handout.read_back_at) is (status == 302)


def test_a_wrong_read_back_marks_what_differs(till: Client, handout: Handout) -> None:
    answer = till.post(f"/till/handouts/{handout.pk}/read-back/", {"typed": "K074"})
    assert answer.content.decode().count('class="wrong"') == 1


def test_a_wrong_read_back_stands_beside_the_number(till: Client, handout: Handout) -> None:
    answer = till.post(f"/till/handouts/{handout.pk}/read-back/", {"typed": "HEJK064"})
    assert "".join(pair.meant for pair in answer.context["compared"]) == "K064"
    assert answer.content.decode().count(" ✕</span>") == len("HEJK064")


@pytest.mark.parametrize(("group", "word"), [("", None), ("child", "Barn"), ("infant", "Spädbarn")])
def test_number_and_slip_say_that_the_age_is_false(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, group: str, word: str | None
) -> None:
    till.post(HAND_OUT, form(cast, age_group=group))
    handout = Handout.objects.get()
    number, slip = (
        text_of(till.get(f"/till/handouts/{handout.pk}/{end}")) for end in ("", "slip/")
    )
    assert "Numrets födelsedatum och ålder är inte patientens." in number
    assert "Född (inte patientens datum eller ålder) 2000-01-01" in slip
    assert word is None or (f"{word}. " in number and f"{word} " in slip)


def test_a_wrong_whole_number_is_marked_on_the_whole_number(till: Client, handout: Handout) -> None:
    answer = till.post(f"/till/handouts/{handout.pk}/read-back/", {"typed": "20010101K065"})
    page = answer.content.decode()
    assert re.findall('class="wrong"[^>]*>(.)', page) == ["0", "4"]
    assert "4, 12" in text_of(answer)


def test_what_has_another_length_is_told_in_words(till: Client, handout: Handout) -> None:
    answer = till.post(f"/till/handouts/{handout.pk}/read-back/", {"typed": "K064K064"})
    assert 'class="wrong"' not in answer.content.decode()
    assert "8 tecken" in text_of(answer)


def test_the_call_back_is_a_link_on_the_numbers_page(till: Client, handout: Handout) -> None:
    page = till.get(f"/till/handouts/{handout.pk}/").content.decode()
    assert '<a class="number" href="tel:2102">2102</a>' in page


def test_without_a_call_back_the_numbers_page_says_where_the_ward_answers(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    page = f"/till/handouts/{handed_out(cast, callback='').pk}/"
    assert "inget nummer att ringa tillbaka på" in text_of(till.get(page))
    Ward.objects.filter(pk=cast.iva.pk).update(telephone="3456")
    assert 'href="tel:3456"' in till.get(page).content.decode()


def test_looking_at_a_number_is_logged(cast: Cast, till: Client, handout: Handout) -> None:
    till.get(f"/till/handouts/{handout.pk}/")
    entry = LogEntry.objects.get(act="number_shown")
    assert (entry.actor, entry.number, entry.remote_addr) == (
        cast.tilda,
        "20000101K064",
        "127.0.0.1",
    )
