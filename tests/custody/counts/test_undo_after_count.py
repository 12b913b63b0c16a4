"""Undoing says that the sheet never left: a count that did not find it says otherwise."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from custody.checks import consistency
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import closing
from custody.handouts.refusals import NotFoundAtCount
from custody.models import Handout, ReserveNumber
from custody.models.states import State
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


def counted(
    cast: Cast, handout: Handout, *, finds: bool, listed_at: datetime | None = None
) -> None:
    """Count the handout's binder: all that should lie there does, and its sheet or not."""
    binder = handout.number.binder
    lying = set(binder.numbers.filter(taken_at=None).values_list("pk", flat=True))
    found = Found(
        listed_at or timezone.now(), frozenset(lying | ({handout.number_id} if finds else set()))
    )
    reason = "lay there all the same" if finds else ""
    count.count_binder(binder.pk, found, now(cast.tilda), request_key=uuid4(), reason=reason)


def undo(cast: Cast, handout: Handout) -> Handout:
    return closing.undo(handout.pk, now(cast.adele), reason="never left the binder").row


def test_a_number_that_a_count_did_not_find_is_not_given_again(
    cast: Cast, handout: Handout
) -> None:
    counted(cast, handout, finds=False)
    with pytest.raises(NotFoundAtCount, match="tilda"):
        undo(cast, handout)
    handout.refresh_from_db()
    assert handout.state == State.HANDED_OUT
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at
    assert scenes.handed_out(cast).number.last_four == "K106"
    closing.void(handout.pk, now(cast.wilma), reason="never used")
    assert list(consistency.findings()) == []


def test_nor_when_it_was_handed_out_between_list_and_count(cast: Cast, handout: Handout) -> None:
    counted(cast, handout, finds=False, listed_at=handout.handed_out_at - timedelta(minutes=1))
    with pytest.raises(NotFoundAtCount):
        undo(cast, handout)


def test_one_count_without_it_is_enough(cast: Cast, handout: Handout) -> None:
    counted(cast, handout, finds=False)
    counted(cast, handout, finds=True)
    with pytest.raises(NotFoundAtCount):
        undo(cast, handout)


def test_a_sheet_that_every_count_found_returns(cast: Cast, handout: Handout) -> None:
    counted(cast, handout, finds=True)
    undo(cast, handout)
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at is None
    assert scenes.handed_out(cast).number == handout.number


def test_a_count_before_it_was_handed_out_says_nothing(
    cast: Cast, real_binder: object, outage: object
) -> None:
    whole = ReserveNumber.objects.get(value__endswith="K064")
    lying = frozenset(whole.binder.numbers.values_list("pk", flat=True))
    count.count_binder(
        whole.binder_id, Found(timezone.now(), lying), now(cast.tilda), request_key=uuid4()
    )
    handout = scenes.handed_out(cast)
    undo(cast, handout)
    assert scenes.handed_out(cast).number == handout.number


def test_the_page_says_why(cast: Cast, handout: Handout, sign_in: SignIn) -> None:
    counted(cast, handout, finds=False)
    answer = sign_in(cast.adele).post(f"/ward/handouts/{handout.pk}/undo/", {"reason": "Låg kvar"})
    assert answer.status_code == 409
    assert "hittade inte arket" in answer.content.decode()
