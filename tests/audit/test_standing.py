"""Each entry says from which unit, and in which roles, somebody acted."""

import pytest
from django.db import connection

from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.seals import sealed
from befreg_reserv.people.models import Membership, User
from tests.audit.entries import NOON, entry, last
from tests.cast import Cast
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def standing(written: LogEntry) -> tuple[str, str]:
    return written.actor_unit, written.actor_role


def test_a_request_is_recorded_with_the_persons_ward_and_role(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.wilma).get("/ward/")
    trail.record(cast.iva, Logged.ACCESS, actor=cast.wilma, at=NOON)
    assert standing(last()) == (str(cast.iva), "ward")


def test_of_several_wards_it_is_the_one_that_the_number_is_at(cast: Cast) -> None:
    Membership.objects.create(user=cast.wilma, ward=cast.eye)
    here, other = str(cast.iva), str(cast.eye)
    assert cast.wilma.audit_standing(here)["actor_unit"] == here
    assert cast.wilma.audit_standing("")["actor_unit"] == "; ".join(sorted([here, other]))


@pytest.mark.both_databases
def test_a_later_move_changes_no_earlier_row(cast: Cast, sign_in: SignIn) -> None:
    gunde = sign_in(cast.gunde)
    gunde.get("/audit/")
    assert standing(last()) == ("", "auditor")
    Membership.objects.create(user=cast.gunde, ward=cast.iva)
    gunde.get("/audit/")
    after, before = LogEntry.objects.filter(act=Logged.REVIEW)
    assert [standing(each) for each in (before, after)] == [
        ("", "auditor"),
        (str(cast.iva), "auditor"),
    ]


def test_a_changed_register_says_it_too(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.adele).post("/language/", {"language": "en"})
    assert User.objects.get(pk=cast.adele.pk).language == "en"
    assert standing(last()) == ("", "administrator")


def test_nobody_stands_nowhere(cast: Cast) -> None:
    trail.record(cast.iva, Logged.ACCESS, actor=None, at=NOON)
    assert standing(last()) == ("", "")


def test_a_row_from_before_has_the_bytes_that_were_sealed(db: None) -> None:
    """Its seal stays valid: columns that came later are left out as long as they are empty."""
    old = entry()
    (log,) = (table for table in sealed.tables() if table.model is LogEntry)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {log.select(connection.vendor)} FROM "{log.table}" WHERE id = %s',  # noqa: S608
            [old.pk],
        )
        (row,) = cursor.fetchall()
    assert b"actor_unit" not in log.encode(row[1:])
    assert b"actor_role" not in log.encode(row[1:])
