"""What is old goes by itself, and only that; a rule keeps readings until then."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from befreg_reserv.health.models import BrowserReport
from befreg_reserv.people.models import Draft
from befreg_reserv.people.sso.models import Identity, Vouched
from befreg_reserv.retention import terms
from outage.models import Reading
from tests.cast import Cast
from tests.ground.lifting import lifted

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAYS = timedelta(days=1)
Make = Callable[[datetime, Cast], Model]


def reading(at: datetime, _cast: Cast) -> Reading:
    return Reading.objects.create(target="befreg", at=at, result="timeout", milliseconds=1)


def session(at: datetime, _cast: Cast) -> Session:
    return Session.objects.create(session_key=f"{at:%d%H%M%S}", session_data="x", expire_date=at)


def draft(at: datetime, cast: Cast) -> Draft:
    return Draft.objects.create(
        person=cast.tilda, path="/till/call/", key=f"{at}", fields={}, kept_at=at
    )


def report(at: datetime, _cast: Cast) -> BrowserReport:
    said = {"rule": "img-src", "blocked": f"{at:%H}.example", "page": "door"}
    return BrowserReport.objects.create(known=True, first_at=at, last_at=at, **said)


def vouched(at: datetime, cast: Cast) -> Vouched:
    known = {"issuer": "https://idp.example", "subject": "s", "linked_at": at, "seen_at": at}
    identity, _new = Identity.objects.get_or_create(user=cast.tilda, defaults=known)
    return Vouched.objects.create(identity=identity, began_at=at, checked_at=at)


KINDS: dict[Make, timedelta] = {
    reading: 90 * DAYS,
    report: 90 * DAYS,
    session: 0 * DAYS,
    draft: DAYS / 2,
    vouched: DAYS / 2,
}


def run(*words: str) -> str:
    out = StringIO()
    call_command("forget", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("make", KINDS)
def test_what_is_older_goes_and_nothing_else(cast: Cast, make: Make) -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    old, young = (make(now - KINDS[make] + beside, cast) for beside in (-hour, hour))
    rows = QuerySet[Model](type(young))
    before = rows.count()
    assert "1 would go" in run("--dry-run")
    assert rows.count() == before
    assert "1 went" in run()
    left = set(rows.values_list("pk", flat=True))
    assert young.pk in left
    assert old.pk not in left
    assert "1 went" not in run()


def test_many_go_some_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "AT_ONCE", 2)
    for ago in range(5):
        reading(timezone.now() - (100 + ago) * DAYS, cast)
    assert "readings of the probe: 5 went" in run()


@pytest.mark.parametrize("days", [89, 91])
def test_past_the_command_the_rule_keeps_a_reading(cast: Cast, days: int) -> None:
    row = reading(timezone.now() - days * DAYS, cast)
    rows = Reading.objects.filter(pk=row.pk)
    if days > 90:
        assert rows.delete()[0] == 1
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(result="answered")
    with lifted():
        assert rows.delete()[0] == 1
