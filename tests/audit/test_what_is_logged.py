"""Every change by people is in the log, and no secret is."""

import pytest
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client

from befreg_reserv.audit import trail, triggers
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Membership, User
from tests.audit.entries import last
from tests.cast import Cast, person
from tests.ground.scenery import scene

PASSWORD = "Korrekt häst, batteri"
OURS = ("befreg_reserv", "custody", "outage")
# The models that need no entry of their own, and why. A new model belongs here or in the registry.
NOT_REGISTERED = {
    "audit.LogEntry": "is the log",
    "audit.Leaf": "no person writes it",
    "audit.Head": "no person writes it",
    "audit.Redaction": "written with an entry about the row whose text it took away",
    "audit.DisposalProposal": "append-only, and written with an entry of its own",
    "audit.DisposalConfirmation": "append-only, and written with an entry of its own",
    "audit.Disposal": "append-only, and written with an entry of its own",
    "audit.Sample": "its act has an entry of its own",
    "audit.SampledEntry": "a part of the draw",
    "audit.Signature": "its act has an entry of its own",
    "audit.Judgement": "a part of the signature",
    "custody.Call": "written with an entry of its own",
    "custody.DoubledMail": "no person writes it",
    "custody.HandoutStep": "append-only, and written with an entry about its handout",
    "custody.JournalDoubt": "no person writes it",
    "custody.JournalMark": "no person writes it",
    "custody.LateWithdrawal": "append-only, and written with an entry of its own",
    "custody.LostHandout": "append-only, and written with an entry about its restoration",
    "custody.Restoration": "append-only, and written with an entry of its own",
    "custody.Patient": "written with an entry about its call",
    "custody.PatientCorrection": "append-only, and written with an entry about its patient",
    "custody.SheetSeen": "append-only, and written with an entry about its handout",
    "custody.PreparedMove": "append-only, and written with an entry about its number",
    "custody.SwitchTick": "written with an entry about its handout",
    "outage.TimelineEntry": "append-only: itself the record of who did what when",
    "outage.PlanChange": "append-only: itself the record of who planned what",
    "outage.PlanMail": "no person writes it",
    "outage.Routine": "append-only, and written with an entry of who decided it",
    "outage.RoutineStep": "append-only, a part of its routine",
    "outage.Tick": "append-only, and written with an entry about its doubt",
    "outage.Reading": "append-only, and no person writes it",
    "outage.NewsItem": "no person writes it",
    "people.WardChange": "append-only, and written with an entry about its ward",
    "people.Succession": "append-only, a part of its change",
    "people.ClinicChange": "append-only, and written with an entry about its clinic",
    "people.ClinicSuccession": "append-only, a part of its change",
    "people.Heir": "follows from successions",
    "people.Draft": "what a person types and hasn't sent; what comes of it is in the log",
    "people.PersonSession": "each sign-in and sign-out, and each end, is in the log",
    "people.Pin": "acts of its own",
    "people.Workstation": "acts of its own",
    "people.SignInTries": "a count; the log tells of failed sign-ins",
    "people.StrangersMinute": "a count; the log tells of failed sign-ins",
    "health.BrowserReport": "what browsers say",
    "people.Reset": "append-only, begun by an act with an entry of its own",
    "people.ResetAnswer": "append-only, said by an act with an entry of its own",
    "people.ResetSeen": "append-only, said by an act with an entry of its own",
    "people.ResetMail": "no person writes it; what became of it is in the log",
    "sso.Identity": "written by acts, with an entry of who came or was withdrawn",
    "sso.ClaimRule": "written by acts, with an entry of what it gives",
    "sso.Vouched": "a session; its sign-in and its end are in the log",
    "break_glass.Account": "written by acts, with an entry of each",
    "break_glass.Seal": "append-only, and written with an entry about its account",
    "break_glass.Breaking": "written with an entry about its account",
    "break_glass.GlassMail": "no person writes it",
    "health.Heartbeat": "no person writes it",
    "backups.LastBackup": "no person writes it",
}


def test_every_model_that_people_change_is_registered() -> None:
    ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in OURS]
    unregistered = {model._meta.label for model in ours if not auditlog.contains(model)}
    assert unregistered == NOT_REGISTERED.keys()
    assert auditlog.contains(Group)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "label",
    [
        "audit.LogEntry",
        "custody.HandoutStep",
        "custody.LateWithdrawal",
        "custody.PatientCorrection",
        "custody.PreparedMove",
        "outage.TimelineEntry",
        "outage.PlanChange",
        "outage.Routine",
        "outage.RoutineStep",
        "outage.Tick",
        "outage.Reading",
        "people.WardChange",
        "people.Succession",
        "people.ClinicChange",
        "people.ClinicSuccession",
    ],
)
def test_what_needs_no_entry_because_it_never_changes_is_held_by_triggers(label: str) -> None:
    table = apps.get_model(label)._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if connection.vendor == "sqlite"
            else "SELECT tgname FROM pg_trigger"
        )
        assert {f"{table}_no_update", f"{table}_no_delete"} <= {name for (name,) in cursor}
    assert triggers.faults(connection) == []


def test_a_change_of_password_is_logged_and_the_password_is_not(cast: Cast) -> None:
    cast.tilda.password = make_password(PASSWORD)
    cast.tilda.save()
    assert last().object_id == cast.tilda.pk
    assert last().changes == {"password": ["******", "******"]}


def test_a_change_of_roles_is_logged(cast: Cast) -> None:
    cast.noone.groups.add(Group.objects.get(name="auditor"))
    change = last().changes["groups"]
    assert (change["operation"], change["objects"]) == ("add", ["auditor"])


def test_belonging_to_a_ward_and_no_longer_is_logged(cast: Cast) -> None:
    Membership.objects.get(user=cast.wilma).delete()
    assert (last().act, last().object_repr) == ("delete", f"wilma – {cast.iva}")


@scene
def tilda(cast: Cast) -> User:
    cast.tilda.set_password(PASSWORD)
    cast.tilda.save()
    return cast.tilda


def about(user: User) -> list[tuple[str, int | None, str | None]]:
    """Return act, actor and address of what came of signing in, the oldest first."""
    found = LogEntry.objects.filter(object_id=user.pk, act__startswith="sign").order_by("id")
    return list(found.values_list("act", "actor", "remote_addr"))


def send(client: Client, vgr_id: str, password: str) -> None:
    client.post("/sign-in/", {"username": vgr_id, "password": password}, REMOTE_ADDR="10.1.2.3")


def test_signing_in_and_out_is_logged(client: Client, tilda: User) -> None:
    send(client, "tilda", PASSWORD)
    client.post("/sign-out/", REMOTE_ADDR="10.1.2.3")
    assert about(tilda) == [
        ("sign_in", tilda.pk, "10.1.2.3"),
        ("sign_out", tilda.pk, "10.1.2.3"),
    ]


def test_a_failed_sign_in_is_logged_and_nobody_is_said_to_have_done_it(
    client: Client, tilda: User
) -> None:
    send(client, "TILDA", "guess")
    assert about(tilda) == [("sign_in_failed", None, "10.1.2.3")]


def test_what_a_stranger_typed_is_not_logged(client: Client, cast: Cast) -> None:
    before = LogEntry.objects.count()
    send(client, PASSWORD, "tilda")  # a password typed into the wrong field
    assert LogEntry.objects.count() == before


@pytest.mark.django_db
def test_a_command_is_named_with_its_system_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "operator")
    with trail.command("add_staff"):
        person("newcomer")
    assert last().additional_data == {"command": "add_staff", "system_user": "operator"}


@pytest.mark.django_db
def test_what_comes_after_a_command_that_failed_is_not_its_own() -> None:
    with pytest.raises(ZeroDivisionError), trail.command("load_wards"):
        raise ZeroDivisionError
    person("newcomer")
    assert last().additional_data is None


@pytest.mark.django_db
def test_migrating_again_puts_a_lost_trigger_back() -> None:
    triggers.remove(connection)
    assert triggers.faults(connection)
    call_command("migrate", verbosity=0)
    assert triggers.faults(connection) == []
