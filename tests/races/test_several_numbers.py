"""One real number on several handouts at the same moment: never two first ones, none forgotten."""

from functools import partial
from threading import Event as Signal

import pytest
from django.db import IntegrityError, connection

from befreg_reserv.acts.event import Event
from custody.checks import consistency
from custody.handouts import chain, closing
from custody.ledger import taken
from custody.ledger.refusals import SamePerson
from custody.models import Handout
from custody.numbers.identities import Identity
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.races.test_acts import kinds
from tests.races.together import race, until_another_waits
from tests.scenes import REAL_WOMAN, now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three(cast: Cast, outage: Outage) -> list[Handout]:
    scenes.lay_in("Pärm", scenes.many_numbers(3), training=False)
    assert outage.ongoing
    return [scenes.handed_out(cast) for _each in range(3)]


def register(cast: Cast, handout: Handout, first: Handout | None = None) -> Handout:
    said = f"handout-{first.pk}" if first else ""
    event = now(cast.wilma)
    return scenes.replaced(
        handout.pk, REAL_WOMAN, event, same_person=said, same_reason="two wristbands"
    ).row


def withdraw(cast: Cast, handout: Handout) -> Handout:
    return closing.withdraw_replacement(handout.pk, now(cast.wilma), reason="wrong bed").row


def firsts() -> list[Handout]:
    return list(Handout.objects.filter(real_identity=REAL_WOMAN, same_person_as=None))


def sound(*, those: int) -> bool:
    """Tell whether so many handouts have the number, one of them is first, and all is well."""
    have = Handout.objects.filter(real_identity=REAL_WOMAN).count()
    return (have, len(firsts()), list(consistency.findings())) == (those, 1, [])


def start_again(cast: Cast) -> None:
    for handout in Handout.objects.filter(real_identity=REAL_WOMAN).order_by("-pk"):
        withdraw(cast, handout)


def test_two_wards_register_one_number_without_the_word(
    cast: Cast, three: list[Handout], meetings: range
) -> None:
    for _meeting in meetings:
        outcomes = race(*(partial(register, cast, each) for each in three[:2]))
        assert kinds(outcomes) == {Handout, SamePerson}
        assert sound(those=1)
        start_again(cast)


def test_two_wards_register_one_number_with_the_word(
    cast: Cast, three: list[Handout], meetings: range
) -> None:
    for _meeting in meetings:
        first = register(cast, three[0])
        outcomes = race(*(partial(register, cast, each, first) for each in three[1:]))
        assert kinds(outcomes) == {Handout}
        assert sound(those=3)
        start_again(cast)


def test_one_with_the_word_and_one_without(
    cast: Cast, three: list[Handout], meetings: range
) -> None:
    for _meeting in meetings:
        first = register(cast, three[0])
        outcomes = race(partial(register, cast, three[1], first), partial(register, cast, three[2]))
        assert [type(each) for each in outcomes] == [Handout, SamePerson]
        assert sound(those=2)
        start_again(cast)


def test_the_first_and_a_further_one_are_withdrawn(
    cast: Cast, three: list[Handout], meetings: range
) -> None:
    for _meeting in meetings:
        first = register(cast, three[0])
        for each in three[1:]:
            register(cast, each, first)
        outcomes = race(*(partial(withdraw, cast, each) for each in three[:2]))
        assert kinds(outcomes) == {Handout}
        assert (sound(those=1), firsts()) == (True, [three[2]])
        start_again(cast)


def meet(cast: Cast, three: list[Handout], monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Withdraw the first handout's number, and meanwhile register it on another."""
    first, leaves = register(cast, three[0]), Signal()
    leave = chain.leave

    def leave_slowly(handout: Handout, following: list[Handout], event: Event) -> None:
        leave(handout, following, event)
        leaves.set()
        until_another_waits()

    def follow() -> Handout:
        leaves.wait()
        return register(cast, three[1], first)

    monkeypatch.setattr(chain, "leave", leave_slowly)
    return [*race(partial(withdraw, cast, first), follow)]


def test_the_first_is_withdrawn_while_another_says_to_be_the_same(
    cast: Cast, three: list[Handout], monkeypatch: pytest.MonkeyPatch
) -> None:
    _withdrawn, follows = meet(cast, three, monkeypatch)
    # SQLite lets it begin afterwards: the number is nobody's then.
    assert type(follows) is (SamePerson if connection.vendor == "postgresql" else Handout)
    assert len(firsts()) == Handout.objects.filter(real_identity=REAL_WOMAN).count()
    assert list(consistency.findings()) == []


def test_without_the_lock_on_the_first_the_database_alone_refuses_it(
    cast: Cast, three: list[Handout], monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_locked(_found: taken.Standing, identity: Identity, _handout: Handout) -> Handout | None:
        return Handout.objects.filter(real_identity=identity.value).first()

    monkeypatch.setattr(chain, "_locked_first", not_locked)
    _withdrawn, follows = meet(cast, three, monkeypatch)
    # An error, where the ward should be asked who has the number now.
    assert isinstance(follows, IntegrityError) is (connection.vendor == "postgresql")
