"""The names of acts in the log, as the reviewer's filter lists them."""

from collections import Counter

import pytest
from django.utils import translation

from befreg_reserv.audit import acts


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_two_acts_have_the_same_words(language: str) -> None:
    with translation.override(language):
        times = Counter(label for _act, label in acts.choices())
    assert [label for label, count in times.items() if count > 1] == []


def test_what_an_act_is_about_stands_before_it_in_the_readers_language() -> None:
    with translation.override("sv"):
        assert acts.label("plan_changed") == "Planerat driftstopp: Ändrat"
    with translation.override("en"):
        assert acts.label("doubt_started") == "First doubt: Outage started"
