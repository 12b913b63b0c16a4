"""The demonstration: training numbers only, once, never in production."""

from collections import Counter
from datetime import timedelta
from http import HTTPStatus
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from befreg_reserv.people.demonstration import PEOPLE, people
from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.to_do import waiting
from befreg_reserv.to_do.waiting import Asked
from custody.checks import consistency
from custody.demonstration import hospital, weeks
from custody.models import Binder, Handout, ReserveNumber
from custody.models.states import State
from custody.numbers.identities import parse_identity
from outage.calling import contacts
from outage.models import Outage, Plan
from tests.pages import text_of

pytestmark = pytest.mark.one_database("decisions")


@pytest.fixture(autouse=True)
def var(db: None, settings: Settings, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def demo(**options: bool) -> str:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def test_one_person_per_role_and_the_printed_password_is_theirs() -> None:
    lines = [line.split() for line in demo().splitlines() if line.startswith("  ")]
    assert {role.strip("()") for _who, _word, role in lines} == set(Role.values)
    who, password, _role = lines[0]
    assert authenticate(username=who, password=password) == User.objects.get(username=who)


def test_what_is_printed_need_not_be_changed() -> None:
    demo()
    assert not any(user.must_change_password for user in User.objects.all())


def test_training_numbers_only() -> None:
    demo()
    assert not Binder.objects.filter(training=False).exists()
    assert set(ReserveNumber.objects.values_list("training", flat=True)) == {True}
    assert not Outage.objects.filter(drill=False).exists()
    real = Handout.objects.exclude(real_identity=None).values_list("real_identity", flat=True)
    assert all(parse_identity(str(number)).training for number in real)


def test_there_is_something_to_do_for_each(var: Path) -> None:
    demo()
    assert Counter(Handout.objects.values_list("state", flat=True)) == {
        State.HANDED_OUT: 4, State.REPLACED: 1, State.CLOSED: 1, State.VOIDED: 1,
    }  # fmt: skip
    assert Handout.objects.filter(outage__ended_at=None, read_back_at=None).count() == 1
    assert Plan.objects.filter(drill=False).get().needs.count() == 2


def test_somebody_of_each_kind_can_be_called_at_any_time_of_the_week() -> None:
    demo()
    now = timezone.now()
    assert (contacts.not_kept(), contacts.gaps(now)) == ([], [])
    assert contacts.calls(now).chief.line


@pytest.mark.both_databases
def test_nothing_in_it_is_inconsistent() -> None:
    demo()
    assert list(consistency.findings()) == []


@pytest.mark.parametrize("ago", [0, 6, 12, 18])
def test_it_can_be_laid_in_at_any_hour(ago: int) -> None:
    hospital.lay_in()
    weeks.lay_in(timezone.now() - timedelta(hours=ago))
    assert Handout.objects.count() == 7


def test_sign_in_says_who_is_who_and_no_password(client: Client) -> None:
    assert "demka" not in text_of(client.get("/sign-in/"))
    words = [line.split()[1] for line in demo().splitlines() if line.startswith("  ")]
    page = text_of(client.get("/sign-in/"))
    assert all(one.vgr_id in page for one in PEOPLE)
    assert not any(word in page for word in words)


def test_signing_in_leads_on_to_what_there_is_to_try(client: Client) -> None:
    logins = [line.split()[:2] for line in demo().splitlines() if line.startswith("  ")]
    where = {somebody.vgr_id: somebody.where for somebody in PEOPLE}
    for username, password in logins:
        sent = {"username": username, "password": password}
        page = client.post("/sign-in/", sent, follow=True).content.decode()
        assert f'href="{where[username]}"' in page
        assert client.get(where[username]).status_code == HTTPStatus.OK
        client.logout()


def test_the_tills_next_call_begins_at_once(client: Client) -> None:
    demo()
    client.force_login(User.objects.get(username="demka"))
    page = client.get("/till/drill/call/")
    assert "form" in page.context, "it asks whether a number was lost"


def test_nobody_is_named_in_production(var: Path, settings: Settings) -> None:
    demo()
    settings.PRODUCTION = True
    assert people() == ()


def test_all_is_well_but_what_is_left_to_do_on_purpose() -> None:
    demo()
    now = timezone.now()
    later = now + timedelta(hours=8)  # when somebody opens it in the afternoon
    administrator = User.objects.get(username="demad")
    for at in (now, later):
        left = waiting.everything(Asked(administrator, at)).waiting
        # Its real binder is the next step; of backups `make run` asks nothing.
        left = [one for one in left if not one.step and one.label != "Backup"]
        assert [one.leads for one in left] == ["Give them a ward"]


def test_the_second_start_keeps_the_first_ones_data(var: Path) -> None:
    demo()
    people_laid_in = User.objects.count()
    assert str(var / "demo-logins.txt") in demo(if_empty=True)
    with pytest.raises(CommandError):
        demo()
    assert User.objects.count() == people_laid_in


def test_the_logins_are_their_owners_alone(var: Path) -> None:
    demo()
    assert (var / "demo-logins.txt").stat().st_mode & 0o777 == 0o600


def test_never_in_production(settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        demo()
    assert not User.objects.exists()
