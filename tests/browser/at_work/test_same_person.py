"""A ward registers a number that an earlier handout has: by keyboard, without leaving the form."""

import pytest
from playwright.sync_api import expect

from custody.models import Binder, Handout
from outage.models import Outage
from tests import scenes
from tests.browser.conftest import Sit
from tests.cast import Cast
from tests.scenes import REAL_WOMAN, now


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_question_comes_while_typing_and_is_answered_by_key(
    cast: Cast, sit_down: Sit, real_binder: Binder, outage: Outage
) -> None:
    first, second = scenes.handed_out(cast), scenes.handed_out(cast)
    scenes.replaced(first.pk, REAL_WOMAN, now(cast.wilma))
    page = sit_down(cast.wilma, language="en")
    page.goto(second.get_absolute_url())
    page.locator("#replace_wristband").fill(second.number.last_four)
    page.get_by_label("Befreg was searched").check()
    page.locator("#replace_number").press_sequentially(REAL_WOMAN)
    tick = page.get_by_role("checkbox", name="It is the same patient")
    expect(tick).to_be_visible()
    tick.press("Space")
    page.get_by_label("How do you know").fill("two wristbands")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This person has had other numbers too.")).to_be_visible()
    assert Handout.objects.get(pk=second.pk).same_person_as == first
