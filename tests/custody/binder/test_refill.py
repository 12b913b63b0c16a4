"""The refill: which tabs are empty, what to create for them, and the import that begins there."""

import html
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from custody.binder import contents
from custody.binder.refill import Refill, refill_of
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import closing
from custody.models import Binder, Handout
from custody.numbers.identities import Sex
from custody.planned import prepared
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")

UNUSED = scenes.many_numbers(37)[-1]


def tabs(refill: Refill) -> dict[Sex, list[int]]:
    return {wanted.sex: wanted.tabs for wanted in refill.wanted}


def miss(cast: Cast, binder: Binder, tail: str) -> None:
    """Count the binder, and miss one sheet."""
    lying = frozenset(
        each.pk for each in binder.numbers.filter(taken_at=None) if each.last_four != tail
    )
    found = Found(timezone.now(), lying)
    count.count_binder(binder.pk, found, now(cast.tilda), request_key=uuid4(), reason="borta")


def test_a_full_binder_wants_nothing(real_binder: Binder) -> None:
    refill = refill_of(real_binder)
    assert (refill.empty, tabs(refill)) == ([], {Sex.WOMAN: [], Sex.MAN: []})


def test_used_and_missing_tabs_are_empty_by_the_sex_that_lay_there(
    cast: Cast, real_binder: Binder, handout: Handout
) -> None:
    miss(cast, real_binder, "M094")
    refill = refill_of(real_binder)
    assert tabs(refill) == {Sex.WOMAN: [1], Sex.MAN: [7]}
    assert refill.text == "tab,number\n1,\n7,"


def test_a_refilled_tab_is_empty_no_more(real_binder: Binder, handout: Handout) -> None:
    scenes.lay_in("Pärm AKM", [f"1,{UNUSED}"], training=False)
    assert refill_of(real_binder).empty == []


def test_a_tab_emptied_twice_is_wanted_once(
    cast: Cast, real_binder: Binder, handout: Handout
) -> None:
    scenes.lay_in("Pärm AKM", [f"1,{UNUSED}"], training=False)
    scenes.handed_out(cast)
    assert [each.value for each in refill_of(real_binder).empty] == [UNUSED]


def test_it_says_when_the_birth_date_has_too_few_left(cast: Cast, outage: Outage) -> None:
    binder = scenes.lay_in("Alla", scenes.many_numbers(37), training=False)
    scenes.handed_out(cast)
    women, men = refill_of(binder).wanted
    assert (women.supply.left, women.enough, men.enough) == (0, False, True)


def test_training_numbers_are_filled_in(cast: Cast, training_binder: Binder, drill: Outage) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    scenes.handed_out(cast, outage_id=drill.pk)
    refill = refill_of(training_binder)
    assert refill.text == "tab,number\n1,20000101K056\n2,"
    assert (refill.wanted[0].supply.left, refill.wanted[0].enough) == (1, False)


def test_a_training_number_that_stands_elsewhere_is_not_filled_in(
    cast: Cast, training_binder: Binder, drill: Outage
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    plan = scenes.planned(cast, drill=True)
    prepared.enter(plan, cast.iva, "20000101K056", now(cast.adele))
    assert refill_of(training_binder).text == "tab,number\n1,"


def test_a_tab_to_which_a_number_returned_is_not_empty(
    cast: Cast, real_binder: Binder, handout: Handout
) -> None:
    scenes.lay_in("Pärm AKM", [f"1,{UNUSED}"], training=False)
    scenes.handed_out(cast)
    closing.undo(handout.pk, now(cast.adele), reason="never left the binder")
    assert refill_of(real_binder).empty == []
    women = contents.stock(training=False, with_tabs=True).rows[0]
    assert [tab.taken_at for tab in women.tabs] == [None] * 5


# --- the page -------------------------------------------------------------------------------------


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    cast.adele.language = "en"
    cast.adele.save(update_fields=["language"])
    return sign_in(cast.adele)


def page_of(client: Client, binder: Binder) -> Any:
    return client.get(f"/binder/{binder.pk}/refill/")


def test_the_page_says_what_to_create(adele: Client, real_binder: Binder, handout: Handout) -> None:
    told = text_of(page_of(adele, real_binder))
    assert "Women 1 (tab 1)" in told
    assert all(word in told for word in ("2000-01-01", "Driftstopp", "AKM"))
    assert "at most 32 of 37 left" in told


def test_a_full_binder_says_so(adele: Client, real_binder: Binder) -> None:
    assert "No tab is empty." in text_of(page_of(adele, real_binder))


def form_of(page: Any) -> dict[str, str]:
    """Return the fields of the import as the page has them."""
    content = page.content.decode()
    form = content[content.index('action="/binder/load/"') :]
    fields = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', form))
    text = re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", form, re.DOTALL)
    assert text
    return {key: html.unescape(value) for key, value in (fields | {"text": text[1]}).items()}


def test_the_import_begins_with_a_preview(
    adele: Client, real_binder: Binder, handout: Handout
) -> None:
    fields = form_of(page_of(adele, real_binder))
    filled = {**fields, "text": fields["text"].replace("1,", f"1,{UNUSED}")}
    preview = adele.post("/binder/load/", filled)
    assert preview.status_code == 200
    assert "This will be added to the binder: Pärm AKM" in text_of(preview)
    assert real_binder.numbers.count() == 10
    adele.post("/binder/load/", {**filled, "confirmed": "1"})
    assert real_binder.numbers.get(tab=1, taken_at=None).value == UNUSED


def test_left_blank_it_is_refused_and_kept(
    adele: Client, real_binder: Binder, handout: Handout
) -> None:
    answer = adele.post("/binder/load/", form_of(page_of(adele, real_binder)))
    assert answer.status_code == 400
    assert "tab,number" in answer.content.decode()


def test_a_training_binders_page_can_be_sent_as_it_is(
    cast: Cast, adele: Client, training_binder: Binder, drill: Outage
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    page = page_of(adele, training_binder)
    assert 'class="drill"' in page.content.decode()
    assert adele.post("/binder/load/", form_of(page)).status_code == 200


def test_a_count_leads_to_it(cast: Cast, adele: Client, real_binder: Binder) -> None:
    miss(cast, real_binder, "K064")
    page = adele.get(real_binder.counts.get().get_absolute_url()).content.decode()
    assert f"/binder/{real_binder.pk}/refill/" in page
