"""What a test that commits leaves behind: nothing, and roles and triggers as they were."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from befreg_reserv.audit import triggers
from befreg_reserv.audit.models import LogEntry
from custody.models import Handout
from tests.cast import Cast
from tests.ground import emptying

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def laid_down(django_db_setup: None, django_db_blocker: Any) -> dict[str, int]:
    """The tables that hold roles, rights and what else a migration makes, with their rows."""
    kept = (
        "auth_", "django_content_type", "django_migrations",
        "outage_contact", "outage_drilltargets", "outage_routine", "custody_switchitem",
    )  # fmt: skip
    with django_db_blocker.unblock():
        return {table: count for table, count in emptying.rows().items() if table.startswith(kept)}


@pytest.fixture
def types() -> dict[int, str]:
    return {kind.pk: str(kind) for kind in ContentType.objects.all()}


def test_everything_written_goes_and_what_was_laid_down_stays(
    laid_down: dict[str, int], types: dict[int, str], cast: Cast, handout: Handout
) -> None:
    emptying.empty(laid_down)
    assert emptying.rows() == laid_down
    assert {kind.pk: str(kind) for kind in ContentType.objects.all()} == types
    assert Group.objects.get(name="till").permissions.filter(codename="hand_out").exists()


def test_the_next_test_begins_with_nothing(laid_down: dict[str, int]) -> None:
    assert emptying.rows() == laid_down


def test_the_triggers_are_back(laid_down: dict[str, int], handout: Handout) -> None:
    emptying.empty(laid_down)
    assert triggers.faults(connection) == []


def test_with_the_triggers_in_place_nothing_is_deleted(
    laid_down: dict[str, int], handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(emptying, "lifted", nullcontext)
        with pytest.raises(DatabaseError):
            emptying.empty(laid_down)
    assert LogEntry.objects.exists()


def test_a_test_that_changes_the_roles_fails(laid_down: dict[str, int]) -> None:
    added = Group.objects.create(name="porter")
    with pytest.raises(AssertionError, match="auth_group"):
        emptying.empty(laid_down)
    added.delete()
