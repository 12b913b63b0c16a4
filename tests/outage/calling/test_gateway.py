"""The pages for the proxy: both languages, today's numbers, whole or not at all."""

from datetime import time, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from outage.calling import contacts, gateway
from outage.models import Contact
from outage.templatetags.calls import days_in_words, hours_in_words

pytestmark = [pytest.mark.one_database("words"), pytest.mark.django_db]


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    call_command("gateway_pages", tmp_path, stdout=StringIO())
    return tmp_path


def test_it_names_the_till_the_support_and_the_technician_in_both_languages(pages: Path) -> None:
    swedish, english = (pages / "paper.html").read_text(encoding="utf-8").split("</section>")[:2]
    for number in ("1258", "3010", "09"):
        assert f">{number}</a>" in swedish
        assert f">{number}</a>" in english
    assert "val 2" in swedish
    assert "choice 2" in english
    assert "måndag–torsdag 07:30–16:30, fredag 07:00–16:00" in swedish


def test_without_a_number_of_the_till_the_switchboard_is_named(tmp_path: Path) -> None:
    Contact.objects.filter(purpose="till").update(active=False)
    gateway.write(tmp_path)
    assert "akutmottagningens kassa" in (tmp_path / "paper.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", gateway.PAGES)
def test_each_stands_alone_and_can_be_read_by_the_proxy(pages: Path, name: str) -> None:
    text = (pages / name).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "/static/" not in text
    assert (pages / name).stat().st_mode & 0o777 == 0o644


def test_when_one_cannot_be_written_the_former_stays(
    pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in pages.iterdir()}
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="full"):
        gateway.write(pages)
    assert {path: path.read_bytes() for path in pages.iterdir()} == before


def full(_descriptor: int) -> None:
    raise OSError("The disk is full")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere: No such file"):
        call_command("gateway_pages", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ([], ""),
        ([(0, 8, 16), (1, 8, 16), (3, 8, 16)], "Monday–Tuesday 08:00–16:00, Thursday 08:00–16:00"),
        ([(4, 13, 16), (4, 8, 12)], "Friday 08:00–12:00, 13:00–16:00"),
    ],
)
def test_hours_in_words(hours: list[tuple[int, int, int]], words: str) -> None:
    times = [contacts.Hours(day, time(opens), time(closes)) for day, opens, closes in hours]
    assert hours_in_words(times) == words


def test_an_evening_ends_at_midnight_and_no_minute_before() -> None:
    evening = [contacts.Hours(0, time(16, 30), time(23, 59))]
    assert hours_in_words(evening) == "Monday 16:30–24:00"
    day = timezone.localdate() + timedelta(days=1)
    line = contacts.ContactLine("1", days=(contacts.SingleDay(day, time(0), time(23, 59)),))
    assert days_in_words(line) == f"{day} 00:00–24:00"
