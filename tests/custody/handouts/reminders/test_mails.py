"""What a reminder says, and never a number."""

from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from custody.handouts import reminders
from tests import scenes
from tests.cast import Cast
from tests.custody.handouts.reminders.post import (
    ADELE,
    EYE,
    FRIDAY,
    IVA,
    MONDAY,
    TILDA,
    handed_out,
    remind,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("addresses", "real_binder", "training_binder"),
    pytest.mark.one_database("decisions"),
]


@pytest.fixture
def every_kind(cast: Cast) -> list[EmailMessage]:
    """A mail of every kind, also about what looks like a patient in the place of a ward."""
    typed = (register.typed_in(name) for name in (scenes.REAL[9], "19121212-1212"))
    given = handed_out(cast, FRIDAY, cast.iva, cast.iva, *typed)
    scenes.replaced(given[0].pk, scenes.REAL_WOMAN, Event.now(cast.wilma, FRIDAY))
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    return remind(MONDAY)


def all_of(sent: EmailMessage) -> str:
    """Return a mail as its reader has it: headers decoded, every part decoded, and as sent.

    But for the digits that are drawn by lot: among them, any four of a number come up some day.
    """
    message = sent.message()
    del message["Message-ID"]
    assert not message.is_multipart()  # its boundary would be drawn too
    raw = message.as_bytes()
    parsed = message_from_bytes(raw)
    headers = [str(make_header(decode_header(value))) for value in parsed.values()]
    parts = [part.get_payload(decode=True) or b"" for part in parsed.walk()]
    texts = [part.decode() for part in parts if isinstance(part, bytes)]
    return "\n".join([raw.decode(), *headers, *texts])


def test_no_number_stands_in_any_part_of_any_mail(every_kind: list[EmailMessage]) -> None:
    assert [list(sent.to) for sent in every_kind] == [[IVA], [ADELE], [TILDA]]
    secrets = [*scenes.REAL, *scenes.TRAINING, scenes.REAL_WOMAN, "191212121212", "19121212-1212"]
    secrets += [number[8:] for number in scenes.REAL + scenes.TRAINING] + ["20000101", "1945"]
    for sent in every_kind:
        text = all_of(sent)
        assert str(sent.body).splitlines()[0] in text
        assert [secret for secret in secrets if secret in text] == []


def test_a_link_leads_to_each_ones_door(cast: Cast, settings: Any) -> None:
    settings.SITE_URL = "https://befreg.example.org"
    handed_out(cast, FRIDAY, cast.iva, register.typed_in("Rum 7"))
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    bodies = [str(sent.body) for sent in remind(MONDAY)]
    doors = ("/ward/", "/binder/overview/", "/outage/?drill=1")
    for path, body in zip(doors, bodies, strict=True):
        assert body.count(f"https://befreg.example.org{path}\n") == 1


def test_without_the_sites_address_there_is_no_link(every_kind: list[EmailMessage]) -> None:
    assert not any("http" in str(sent.body) or " :" in str(sent.body) for sent in every_kind)


def test_it_is_in_swedish_and_asks_for_no_answer(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    (sent,) = remind(MONDAY)
    assert sent.subject.startswith("Påminnelse")
    assert "1 öppet nummer, sedan 2026-11-13 08:00" in str(sent.body)
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_name_can_add_no_header_and_no_line(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(name="IVA\r\nBcc: x@example.org\n\n<b>&")
    handed_out(cast, FRIDAY, cast.iva)
    (sent,) = remind(MONDAY)
    assert sent.recipients() == [IVA]
    assert "- Anestesikliniken / IVA Bcc: x@example.org <b>&: " in str(sent.body)


def test_an_address_can_add_no_header_either(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(email=f"{IVA}\nBcc: x@example.org")
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    first, second, _told = reminders.remind(lambda: MONDAY)
    assert first.failure.startswith("BadHeaderError")
    assert not second.failure
    assert [each.to for each in mail.outbox] == [[EYE], [ADELE]]
