"""The demonstration: training numbers only, once, never in production."""

from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from custody.models import Binder, ReserveNumber


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
    assert Binder.objects.get().training
    assert list(ReserveNumber.objects.values_list("training", flat=True)) == [True] * 10


def test_the_second_start_keeps_the_first_ones_data(var: Path) -> None:
    demo()
    assert str(var / "demo-logins.txt") in demo(if_empty=True)
    with pytest.raises(CommandError):
        demo()
    assert User.objects.count() == len(Role)


def test_the_logins_are_their_owners_alone(var: Path) -> None:
    demo()
    assert (var / "demo-logins.txt").stat().st_mode & 0o777 == 0o600


def test_never_in_production(settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        demo()
    assert not User.objects.exists()
