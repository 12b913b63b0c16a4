"""It shows when nothing is sealed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from befreg_reserv.audit.seals import late, sealing
from befreg_reserv.people.models import User
from befreg_reserv.to_do.waiting import Asked
from tests.audit.entries import entry
from tests.audit.seals.history import SIGNER

pytestmark = [pytest.mark.django_db]


def test_how_long_the_oldest_entry_has_waited() -> None:
    now = timezone.now()
    sealing.seal_all(SIGNER)
    assert late.unsealed_since(now) is None
    entry(begin=now - timedelta(minutes=11))
    entry(begin=now)
    assert late.unsealed_since(now) == timedelta(minutes=11)
    assert late.is_late(now)
    assert [metric.samples[0].value >= 660 for metric in late.gauges()] == [True]
    sealing.seal_all(SIGNER)
    assert not late.is_late(now)


def test_the_overview_says_so_in_production(settings: Any) -> None:
    entry(begin=timezone.now() - timedelta(minutes=11))
    asked = Asked(User(), timezone.now())
    assert list(late.to_see_to(asked)) == []
    settings.PRODUCTION = True
    (said,) = late.to_see_to(asked)
    assert said.since is not None
    assert asked.now - said.since > late.LATE_AFTER
    sealing.seal_all(SIGNER)
    assert list(late.to_see_to(asked)) == []


def test_a_deployment_without_seals_is_warned_of(settings: Any) -> None:
    assert late.seals_are_chosen(None) == []
    settings.SEAL_KEY, settings.SEAL_ANCHORS = None, []
    assert [each.id for each in late.seals_are_chosen(None)] == ["audit.W001", "audit.W002"]
