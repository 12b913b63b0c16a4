"""The command that the timer runs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from befreg_reserv import clock
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.wards import register
from custody.handouts import reminders
from custody.models import Reminder
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.custody.handouts.reminders import post
from tests.custody.handouts.reminders.post import FRIDAY, HOUR, IVA, MONDAY, handed_out

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("addresses", "real_binder", "training_binder"),
    pytest.mark.one_database("decisions"),
]


@pytest.fixture
def on_monday(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: MONDAY)
        patch.setattr(clock, "database_now", lambda: MONDAY)
        yield


@pytest.mark.usefixtures("on_monday")
class TestCommand:
    def test_it_says_what_it_sent(self, cast: Cast, capsys: Any) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        call_command("remind")
        said = capsys.readouterr().out
        assert said.startswith(f"Sent: ward <{IVA}> about Anestesikliniken / IVA (ward ")
        assert "1 open, reminder 1" in said
        assert not any(number in said for number in scenes.REAL)
        assert LogEntry.objects.get(act="remind").additional_data["command"] == "remind"

    def test_a_dry_run_says_the_same_and_does_nothing(self, cast: Cast, capsys: Any) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        call_command("remind", "--dry-run")
        assert capsys.readouterr().out.startswith(f"Due: ward <{IVA}> about ")
        assert not mail.outbox
        assert not Reminder.objects.exists()

    def test_a_dry_run_says_when_nothing_is_due(self, capsys: Any) -> None:
        call_command("remind", "--dry-run")
        assert capsys.readouterr().out.startswith("Nothing is due now.")

    def test_it_says_for_whose_sake_reminders_wait(self, cast: Cast, capsys: Any) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        outage, _new = lifecycle.start(Event.now(cast.tilda, MONDAY - HOUR))
        call_command("remind")
        assert capsys.readouterr().out == (
            f"Held back while outage {outage.pk} is ongoing, since 2026-11-16 08:00."
            " From 2026-11-17 08:00 reminders go out all the same.\n"
        )

    def test_nothing_waits_where_nothing_is_open(self, cast: Cast, capsys: Any) -> None:
        lifecycle.start(Event.now(cast.tilda, MONDAY - HOUR))
        call_command("remind")
        assert capsys.readouterr() == ("", "")

    def test_it_names_an_outage_that_nobody_ended(self, cast: Cast, capsys: Any) -> None:
        outage, _new = lifecycle.start(Event.now(cast.tilda, FRIDAY))
        call_command("remind", "--dry-run")
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == f"Open since 2026-11-13 09:00: outage {outage.pk}. Has nobody ended it?"

    def test_nothing_due_is_no_error(self, cast: Cast, capsys: Any) -> None:
        call_command("remind")
        assert capsys.readouterr() == ("", "")

    def test_wards_without_an_address_are_named(self, cast: Cast, capsys: Any) -> None:
        Ward.objects.filter(pk=cast.eye.pk).update(email="")
        handed_out(cast, FRIDAY, cast.iva, cast.eye)
        call_command("remind")
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.startswith("Open numbers, and no e-mail address: Ögonkliniken / ")

    def test_no_administrator_to_tell_is_an_error(self, cast: Cast, capsys: Any) -> None:
        Ward.objects.update(email="")
        User.objects.update(email="")
        handed_out(cast, FRIDAY, cast.iva)
        with pytest.raises(SystemExit) as ended:
            call_command("remind")
        assert ended.value.code == 1
        assert "Nobody to write to: administrators <>" in capsys.readouterr().err

    def test_a_drill_without_a_leader_to_tell_is_none(self, cast: Cast, capsys: Any) -> None:
        User.objects.update(email="")
        handed_out(cast, FRIDAY, cast.iva, drill=True)
        call_command("remind")
        assert "Nobody to write to: leader <>" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("backend", "said"), [("Refuses", "Failed: ward <iva@"), ("Down", "No mail server")]
    )
    def test_a_failure_is_an_error(
        self, cast: Cast, settings: Any, capsys: Any, backend: str, said: str
    ) -> None:
        settings.EMAIL_BACKEND = f"{post.__name__}.{backend}"
        handed_out(cast, FRIDAY, cast.iva)
        with pytest.raises(SystemExit) as ended:
            call_command("remind")
        assert ended.value.code == 1
        assert capsys.readouterr().err.startswith(said)


def test_as_many_statements_for_many_wards_as_for_one(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    def cost() -> int:
        with django_assert_max_num_queries(10) as captured:
            reminders.letters(MONDAY)
        return len(captured)

    handed_out(cast, FRIDAY, cast.iva)
    one = cost()
    handed_out(cast, FRIDAY, cast.iva, cast.eye, register.typed_in("Rum 7"))
    assert cost() == one
    assert Outage.objects.count() == 2
