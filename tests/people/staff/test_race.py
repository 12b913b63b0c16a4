"""Two administrators take each other away at the same moment: one stays."""

from functools import partial

import pytest
from django.db import connection

from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.staff import keeping
from befreg_reserv.people.staff.refusals import LastAdministrator
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.races.together import Act, race

pytestmark = pytest.mark.django_db(transaction=True)
TILL = frozenset({Role.TILL})
MEETINGS = range(10)


def left() -> int:
    return User.objects.filter(is_active=True, groups__name="administrator").count()


def away(user: User, by: User) -> Act[object]:
    """Return an act that takes an administrator away: the account of one, the role of another."""
    if user.username == "adele":
        return partial(keeping.deactivate, [user.pk], scenes.now(by))
    return partial(keeping.change, user, TILL, "", scenes.now(by))


def meet(cast: Cast, meeting: int) -> list[object]:
    """Let two, the only ones, take each other away; return what came of it."""
    other = casting.person(f"astri{meeting}", Role.ADMINISTRATOR)
    return list(race(away(cast.adele, other), away(other, cast.adele)))


def test_one_administrator_stays(cast: Cast) -> None:
    for meeting in MEETINGS:
        outcomes = meet(cast, meeting)
        refused = [outcome for outcome in outcomes if isinstance(outcome, LastAdministrator)]
        assert (len(refused), left()) == (1, 1), outcomes
        anew(cast)


def anew(cast: Cast) -> None:
    """Let the first be an administrator again, and nobody else."""
    User.objects.filter(pk=cast.adele.pk).update(is_active=True)
    others = User.groups.through.objects.filter(group__name="administrator")
    others.exclude(user=cast.adele).delete()


def test_without_their_turn_none_may_stay(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time, whatever an act waits for")
    monkeypatch.setattr(keeping, "_administrators_turn", lambda: None)
    found = set()
    for meeting in MEETINGS:
        meet(cast, meeting)
        found.add(left())
        anew(cast)
    assert 0 in found
