"""A number on paper whose sheet a count saw later: it may be misread, and is asked about."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from custody.checks import consistency
from custody.counts import count
from custody.counts.count import Found
from custody.models import Binder, Count, Handout
from custody.paper.refusals import SeenLying
from outage.models import Outage
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.paper.test_late_batch import KEY, address, entered, minute
from tests.custody.paper.test_late_entry_pages import address as page_of
from tests.custody.paper.test_late_entry_pages import form_of
from tests.ground.scenery import scene
from tests.scenes import from_paper, now

pytestmark = pytest.mark.one_database("decisions")

ANSWER = {"seen_right": "on", "seen_reason": "Ticked by the old list"}


@scene
def seen(cast: Cast, real_binder: Binder, outage: Outage) -> Count:
    """A count, long after the outage began, that found every sheet."""
    lying = frozenset(real_binder.numbers.values_list("pk", flat=True))
    found = Found(timezone.now() - timedelta(minutes=5), lying)
    return count.count_binder(real_binder.pk, found, now(cast.tilda), request_key=uuid4()).row


@scene
def till(sign_in: SignIn, cast: Cast, seen: Count) -> Client:
    return sign_in(cast.tilda)


def test_it_is_asked_about_and_the_answer_kept(cast: Cast, seen: Count, outage: Outage) -> None:
    with pytest.raises(SeenLying, match="misread"):
        from_paper(cast, outage)
    assert not Handout.objects.exists()
    handout = from_paper(cast, outage, seen_reason="Ticked by the old list")
    reason = handout.steps.get().reason
    assert reason.startswith("Vid en kontrollräkning efter det")
    assert reason.endswith("Ticked by the old list")
    logged = LogEntry.objects.get(act="hand_out", object_id=handout.pk)
    assert reason in str(logged.changes)
    assert list(consistency.findings()) == []


def test_given_out_after_the_count_nothing_is_asked(
    cast: Cast, seen: Count, outage: Outage
) -> None:
    assert from_paper(cast, outage, at=timezone.now()).steps.get().reason == ""


def test_another_sheet_is_not_asked_about(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    at = timezone.now() - timedelta(minutes=5)
    lying = real_binder.numbers.exclude(value__endswith="K064").values_list("pk", flat=True)
    found = Found(at, frozenset(lying))
    count.count_binder(real_binder.pk, found, now(cast.tilda), request_key=uuid4(), reason="?")
    assert from_paper(cast, outage).steps.get().reason == ""


@pytest.mark.parametrize(
    "answer",
    [{}, {"seen_right": "on"}, {"seen_reason": "x"}, {"seen_right": "on", "seen_reason": " "}],
)
def test_the_page_wants_both(till: Client, outage: Outage, answer: dict[str, str]) -> None:
    asked = till.post(page_of(outage), form_of(outage, **answer))
    assert (asked.status_code, Handout.objects.count()) == (400, 0)
    assert 'name="seen_reason"' in asked.content.decode()


def test_the_page_takes_both_and_the_story_tells(till: Client, outage: Outage) -> None:
    assert "seen_reason" not in till.get(page_of(outage)).content.decode()
    assert till.post(page_of(outage), form_of(outage, **ANSWER)).status_code == 302
    assert ANSWER["seen_reason"] in till.get(outage.get_absolute_url()).content.decode()
    handout = Handout.objects.get()
    assert ANSWER["seen_reason"] in till.get(handout.get_absolute_url()).content.decode()


def test_an_answer_to_nothing_is_not_kept(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    assert from_paper(cast, outage, seen_reason="x").steps.get().reason == ""


def send(client: Client, outage: Outage, **fields: Any) -> Any:
    text = f"{minute(outage)};K064;{{iva}};wilma;vera1\n{minute(outage)};K080;{{iva}};wilma;vera1"
    text = text.format(iva="Anestesikliniken / IVA")
    return client.post(address(outage), {"text": text, "request_key": str(KEY), **fields})


def test_a_log_asks_beside_its_preview(till: Client, outage: Outage) -> None:
    preview = send(till, outage)
    assert preview.status_code == 200
    first, second = re.findall(r'name="seen_right-([^"]+)"', preview.content.decode())
    one = {f"seen_right-{first}": "1", f"seen_reason-{first}": "old list"}
    unanswered = send(till, outage, confirmed="1", **one)
    assert (unanswered.status_code, Handout.objects.count()) == (400, 0)
    assert 'value="old list"' in unanswered.content.decode()
    both = one | {f"seen_right-{second}": "1", f"seen_reason-{second}": "old list too"}
    assert send(till, outage, confirmed="1", **both).status_code == 302
    reasons = [each.steps.get().reason for each in Handout.objects.order_by("number__tab")]
    assert [reason.endswith(end) for reason, end in zip(reasons, ["list", "too"], strict=True)] == [
        True,
        True,
    ]


def test_a_tick_of_another_log_is_not_taken(till: Client, outage: Outage) -> None:
    page = send(till, outage, request_key=str(uuid4())).content.decode()
    ticks = {f"seen_right-{key}": "1" for key in re.findall(r'name="seen_right-([^"]+)"', page)}
    reasons = {name.replace("right", "reason"): "old list" for name in ticks}
    assert send(till, outage, confirmed="1", **ticks, **reasons).status_code == 400
    assert not Handout.objects.exists()


def test_a_fault_beside_a_question_is_shown_as_a_fault(
    cast: Cast, seen: Count, outage: Outage
) -> None:
    text = f"{minute(outage)};K064;IVA;wilma;vera1\n{minute(outage)};K999;IVA;wilma;vera1"
    batch = entered(cast, outage, text)
    assert (len(batch.faults), batch.only_asks) == (2, False)
