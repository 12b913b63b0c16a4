"""How fast a drill should go: one row, kept on its page."""

import pytest
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from outage import targets
from outage.models import DrillTargets
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import hidden

pytestmark = pytest.mark.one_database("words")
PAGE = "/registers/targets/"


@scene
def adele(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.adele)


def sent(client: Client, seconds: str, **more: str) -> int:
    seen = hidden(client, PAGE, f"{PAGE}change/")
    fields = {"call_to_number_seconds": seconds, "close_out_minutes": "120"}
    return client.post(f"{PAGE}change/", seen | fields | more).status_code


@pytest.mark.both_databases
def test_the_administrator_sets_them(adele: Client, cast: Cast) -> None:
    assert sent(adele, "45") == 302
    found = DrillTargets.objects.get()
    assert (found.call_to_number_seconds, found.close_out_minutes) == (45, 120)
    assert LogEntry.objects.get(act="change_targets").actor == cast.adele
    assert not targets.change({"close_out_minutes": 120}, scenes.now(cast.adele)).new


@pytest.mark.parametrize("seconds", ["0", "3601", "-1", "soon", "9" * 40])
def test_a_target_nobody_could_mean_is_refused(adele: Client, seconds: str) -> None:
    assert sent(adele, seconds) == 400
    assert DrillTargets.objects.get().call_to_number_seconds == 60


def test_an_old_page_writes_over_nothing(adele: Client, cast: Cast) -> None:
    old = targets.mark(targets.present())
    targets.change({"close_out_minutes": 30}, scenes.now(cast.adele))
    assert sent(adele, "45", seen=old) == 409
    assert DrillTargets.objects.get().call_to_number_seconds == 60


def test_an_auditor_looks_and_changes_nothing(sign_in: SignIn, cast: Cast) -> None:
    gunde = sign_in(cast.gunde)
    assert "60" in gunde.get(PAGE).content.decode()
    assert gunde.post(f"{PAGE}change/", {}).status_code == 403
