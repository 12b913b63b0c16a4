"""``manage.py add_staff``."""

import io

import pytest
from django.core.management import CommandError, call_command

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from tests.cast import ward

PASSWORD = "Korrekt häst, batteri"


class Add:
    """Runs the command with a password on standard input; keeps what it said."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.errors = io.StringIO()

    def __call__(self, vgr_id: str, *words: str, password: str = PASSWORD) -> User:
        self.patch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        words = ("--password-stdin", vgr_id, *words)
        call_command("add_staff", *words, stdout=io.StringIO(), stderr=self.errors)
        return User.objects.latest("pk")


@pytest.fixture
def add(db: None, monkeypatch: pytest.MonkeyPatch) -> Add:
    return Add(monkeypatch)


def test_adds_a_person_with_roles_and_wards(add: Add) -> None:
    iva = ward("Anestesikliniken", "IVA")
    user = add("ABCDE12", "--role", "ward", "--role", "till", "--ward", "anestesikliniken/iva")
    assert user.username == "abcde12"
    assert {group.name for group in user.groups.all()} == {"ward", "till"}
    assert list(user.wards.all()) == [iva]
    assert user.check_password(PASSWORD)


def test_the_password_is_for_the_first_sign_in(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "operator")
    user = add("abcde", "--role", "till")
    assert (user.must_change_password, user.one_time_by) == (True, "add_staff (operator)")
    assert LogEntry.objects.filter(act="one_time_password", actor=None).count() == 1


@pytest.mark.parametrize(
    ("role", "staff"), [("administrator", True), ("auditor", True), ("till", False)]
)
def test_only_some_roles_reach_the_registers(add: Add, role: str, *, staff: bool) -> None:
    user = add("abcde", "--role", role)
    assert (user.is_staff, user.is_superuser) == (staff, False)


def test_a_second_run_is_refused_and_changes_nothing(add: Add) -> None:
    add("abcde", "--role", "ward")
    with pytest.raises(CommandError, match="has an account already"):
        add("ABCDE", "--role", "administrator", password="Another one altogether")
    user = User.objects.get(username="abcde")
    assert user.check_password(PASSWORD)
    assert [group.name for group in user.groups.all()] == ["ward"]


@pytest.mark.parametrize("password", ["", "short", "password1234"])
def test_a_weak_password_is_refused(add: Add, password: str) -> None:
    with pytest.raises(CommandError):
        add("abcde", "--role", "ward", password=password)
    assert not User.objects.filter(username="abcde").exists()


def test_an_unknown_ward_is_named_and_nobody_added(add: Add) -> None:
    with pytest.raises(CommandError, match="Ingenstans/X"):
        add("abcde", "--role", "ward", "--ward", "Ingenstans/X")
    assert not User.objects.filter(username="abcde").exists()


@pytest.mark.parametrize("words", [["--role", "boss"], []])
def test_the_role_must_be_one_of_the_four(add: Add, words: list[str]) -> None:
    with pytest.raises(CommandError):
        add("abcde", *words)


def test_an_odd_vgr_id_is_noted_and_accepted(add: Add) -> None:
    assert add("x1", "--role", "till").username == "x1"
    assert "x1" in add.errors.getvalue()


@pytest.mark.parametrize("vgr_id", ["", "\x00", "a/b", "<script>", "x" * 31])
def test_what_can_be_no_id_is_refused(add: Add, vgr_id: str) -> None:
    with pytest.raises(CommandError):
        add(vgr_id, "--role", "till")


def test_the_audit_log_names_the_command_and_hides_the_password(add: Add) -> None:
    user = add("abcde", "--role", "till")
    entries = LogEntry.objects.filter(object_pk=str(user.pk), content_type__model="user")
    assert {entry.additional_data["command"] for entry in entries} == {"add_staff"}
    assert "argon2" not in str([entry.changes for entry in entries])
