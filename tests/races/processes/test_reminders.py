"""Several timers fire at once: each ward has one mail. Without the claim it has several."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from befreg_reserv.acts.event import Event
from custody.models import Reminder
from outage import lifecycle
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.forked import in_processes
from tests.races.processes.mailing import Mailing, remind

PROCESSES = 6
WARDS = 8
MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
SEPARATOR = b"-" * 79 + b"\n"  # what Django's backend writes between two mails

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mailboxes(cast: Cast) -> list[str]:
    """Wards with open handouts and an address each. The administrator has none."""
    pool.lay_in_women(WARDS)
    ended = MONDAY - timedelta(days=3)
    outage, _new = lifecycle.start(Event.now(cast.tilda, ended - timedelta(hours=2)))
    addresses = [f"ward{number}@example.org" for number in range(WARDS)]
    for address in addresses:
        ward = casting.ward("Klinik", address.split("@")[0])
        type(ward).objects.filter(pk=ward.pk).update(email=address)
        event = Event.now(cast.tilda, ended - timedelta(hours=1))
        scenes.hand_out(scenes.call(cast, ward=ward), event)
    lifecycle.end(outage, Event.now(cast.tilda, ended))
    return addresses


def mailed(folder: Path, *, claimed: bool = True) -> Counter[str]:
    """Let six processes remind at once; return how many mails each address has got."""
    folders = [str(folder / str(number)) for number in range(PROCESSES)]
    in_processes(remind, [Mailing(MONDAY, own, claimed) for own in folders])
    files = (path.read_bytes() for path in folder.rglob("*.log"))
    mails = (mail for file in files for mail in file.split(SEPARATOR) if mail.strip())
    return Counter(message_from_bytes(mail)["To"] for mail in mails)


def test_timers_that_fire_at_once_send_each_ward_one_mail(
    mailboxes: list[str], tmp_path: Path
) -> None:
    found = mailed(tmp_path)
    assert found == Counter(mailboxes)
    assert Reminder.objects.filter(sent_at=MONDAY, sequence=1).count() == WARDS


def test_without_the_claim_they_send_doubles(mailboxes: list[str], tmp_path: Path) -> None:
    found = mailed(tmp_path, claimed=False)
    assert set(found) == set(mailboxes)
    assert found[mailboxes[0]] == PROCESSES
