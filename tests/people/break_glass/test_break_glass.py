"""Sealed accounts: broken with a reason, once, for some hours, loudly; dead until sealed anew."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import DisposalProposal, LogEntry
from befreg_reserv.people.break_glass import keeping, mails
from befreg_reserv.people.break_glass.keeping import NewAccount
from befreg_reserv.people.break_glass.models import Account, Breaking, GlassMail, Seal
from befreg_reserv.people.break_glass.refusals import IsBroken, NoGlass, SealedAnew
from befreg_reserv.people.disposal import agreeing
from befreg_reserv.people.models import User
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.resets.refusals import NotByTwo
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import enrolled, passwords
from befreg_reserv.people.signing_in.allowed import NobodysOwn
from befreg_reserv.people.staff import keeping as people
from befreg_reserv.people.staff.refusals import IsSealed, KnownPerson, LastAdministrator
from custody.afterwards.story import pages
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn

KEY = UUID(int=7)
NAME = "glas-1"
NEW = NewAccount(NAME, frozenset({Role.TILL, Role.ADMINISTRATOR}), "Kassaskåpet")
REASON = "Berit Ek: inloggningen är nere"
PAGE = "/registers/break-glass/"


def secret(key: UUID = KEY) -> passwords.OneTime:
    return passwords.one_time(key, NAME)


def made(cast: Cast) -> Account:
    return keeping.make(NEW, scenes.now(cast.adele), secret=secret(), request_key=KEY).row


@pytest.fixture
def account(cast: Cast) -> Account:
    return made(cast)


def broken(account: Account, reason: str = REASON) -> Breaking:
    return keeping.break_open(account.user, reason, scenes.now(account.user)).row


def sealed(account: Account, cast: Cast, key: UUID) -> Seal:
    new = passwords.one_time(key, NAME)
    return keeping.seal(account, scenes.now(cast.adele), secret=new, request_key=key).row


def break_it(client: Client, text: str = "", **fields: str) -> Any:
    form = {"username": NAME, "password": text or secret().text, "reason": REASON, **fields}
    return client.post("/sign-in/glass/", form)


def acts() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("act", flat=True))


@pytest.mark.both_databases
def test_it_is_made_broken_ended_and_sealed_anew(
    sign_in: SignIn, client: Client, cast: Cast
) -> None:
    adele = sign_in(cast.adele)
    form = {"vgr_id": NAME, "role-till": "on", "place": "Kassaskåpet", "request_key": str(KEY)}
    envelope = adele.post(f"{PAGE}make/", form).content.decode()
    assert secret().text in envelope
    assert secret().text in adele.post(f"{PAGE}make/", form).content.decode()  # sent twice
    assert secret().text not in adele.get(PAGE).content.decode()
    assert break_it(client).headers["Location"] == "/"
    till = client.get("/till/").content.decode()
    assert (NAME in till, "/registers/break-glass/done/" in till) == (True, True)
    assert REASON in adele.get(PAGE).content.decode()
    assert client.post(f"{PAGE}done/").headers["Location"] == "/sign-in/"
    assert client.get("/till/").status_code == 302
    assert break_it(client).status_code == 400  # dead
    account, key = Account.objects.get(), uuid4()
    again = adele.post(f"{PAGE}{account.pk}/seal/", {"request_key": str(key)}).content.decode()
    new = passwords.one_time(key, NAME).text
    assert new in again
    assert break_it(client).status_code == 400  # the old secret
    assert break_it(client, new).status_code == 302
    use = Breaking.objects.latest("pk")
    assert adele.post(f"{PAGE}uses/{use.pk}/end/").headers["Location"] == PAGE
    assert client.get("/till/").status_code == 302
    told = [act for act in acts() if act.startswith("glass_")]
    assert told == [
        *("glass_made", "glass_sealed", "glass_broken", "glass_ended", "glass_sealed"),
        *("glass_broken", "glass_ended"),
    ]


def test_the_page_that_answers_the_form_says_it_too(client: Client, account: Account) -> None:
    assert "/registers/break-glass/done/" in break_it(client, straight="1").content.decode()


@pytest.mark.parametrize("reason", ["", "nere", " " * 20, "x" * 501])
def test_without_a_reason_nothing_opens(client: Client, account: Account, reason: str) -> None:
    assert break_it(client, reason=reason).status_code == 400
    assert not Breaking.objects.exists()


def test_a_wrong_secret_opens_nothing_and_is_throttled(client: Client, account: Account) -> None:
    answers = [break_it(client, "fel").status_code for _ in range(7)]
    assert answers[-1] == 429
    assert not Breaking.objects.exists()


def test_the_ordinary_page_opens_no_sealed_account(client: Client, account: Account) -> None:
    form = {"username": NAME, "password": secret().text}
    answer = client.post("/sign-in/", form)
    assert answer.status_code == 400
    assert "Det här kontot är förseglat" in answer.content.decode()
    assert acts()[-1] == "sign_in_not_allowed"
    broken(account)
    assert client.post("/sign-in/", form).status_code == 302  # another workstation, the same hours
    assert client.get("/till/").status_code == 200
    keeping.end(Breaking.objects.get(), scenes.now(account.user))
    assert client.get("/till/").status_code == 302
    assert Client().post("/sign-in/", form).status_code == 400


def test_an_ordinary_account_breaks_no_glass(client: Client, cast: Cast) -> None:
    cast.tilda.set_password(secret().text)
    cast.tilda.save()
    answer = break_it(client, username="tilda")
    assert "Det här är inget nödkonto" in answer.content.decode()
    with pytest.raises(NoGlass):
        keeping.break_open(cast.tilda, REASON, scenes.now(cast.tilda))


@pytest.fixture
def inside(client: Client, account: Account) -> Client:
    assert break_it(client).status_code == 302
    assert client.get("/till/").status_code == 200
    return client


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four hours later."""
    monkeypatch.setattr(Breaking, "until", timezone.now())


def test_its_hours_end_in_the_middle_of_work(inside: Client, over: None) -> None:
    assert inside.get("/till/").headers["Location"] == "/sign-in/?next=/till/"
    assert "Nödkontot är stängt" in inside.get("/sign-in/").content.decode()
    assert break_it(inside).status_code == 400


def test_without_the_look_at_each_request_it_would_stay_open(
    inside: Client, over: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Breaking, "goes_on", lambda *_args: True)
    assert inside.get("/till/").status_code == 200


def test_sealing_anew_ends_what_goes_on(inside: Client, account: Account, cast: Cast) -> None:
    sealed(account, cast, uuid4())
    assert inside.get("/till/").status_code == 302
    assert Breaking.objects.get().ended_by == "adele"


def test_at_the_till_the_page_asks_for_the_computers_key(client: Client, cast: Cast) -> None:
    row = scenes.enrolled(cast, public_key="x")
    client.cookies[enrolled.COOKIE] = enrolled.secret_of(row.request_key)
    page = client.get("/sign-in/glass/").content.decode()
    assert 'name="proof"' in page
    assert "data-challenge" in page
    assert "workstation.js" in page


def test_deactivated_it_opens_nothing(client: Client, account: Account) -> None:
    User.objects.filter(pk=account.user_id).update(is_active=False)
    assert break_it(client).status_code == 400


def test_somebody_without_glass_ends_nothing(sign_in: SignIn, cast: Cast) -> None:
    tilda = sign_in(cast.tilda)
    assert tilda.post(f"{PAGE}done/").headers["Location"] == "/"
    assert get_user(tilda).is_authenticated


# --- acts -------------------------------------------------------------------------------------


def test_a_form_sent_twice_answers_once(account: Account, cast: Cast) -> None:
    assert not keeping.make(NEW, scenes.now(cast.adele), secret=secret(), request_key=KEY).new
    key = uuid4()
    assert sealed(account, cast, key) == sealed(account, cast, key)
    with pytest.raises(SealedAnew):
        made(cast)
    sealed(account, cast, uuid4())
    with pytest.raises(SealedAnew):
        sealed(account, cast, key)
    assert Seal.objects.count() == 3


def test_a_key_of_one_account_seals_no_other(account: Account, cast: Cast) -> None:
    other = NewAccount("glas-2", frozenset({Role.TILL}), "x")
    with pytest.raises(SealedAnew):
        keeping.make(other, scenes.now(cast.adele), secret=secret(), request_key=KEY)
    key = uuid4()
    sealed(account, cast, key)
    with pytest.raises(SealedAnew):
        keeping.make(other, scenes.now(cast.adele), secret=secret(), request_key=key)
    second = keeping.make(other, scenes.now(cast.adele), secret=secret(), request_key=uuid4()).row
    with pytest.raises(SealedAnew):
        sealed(second, cast, key)


def test_each_account_on_the_page_has_a_key_of_its_own(
    sign_in: SignIn, account: Account, cast: Cast
) -> None:
    other = NewAccount("glas-2", frozenset({Role.TILL}), "x")
    keeping.make(other, scenes.now(cast.adele), secret=secret(), request_key=uuid4())
    page = sign_in(cast.adele).get(PAGE).content.decode()
    keys = re.findall(r'name="request_key" value="([^"]+)"', page)
    assert len(set(keys)) == len(keys) == 3


def test_a_name_that_somebody_has_is_refused(cast: Cast) -> None:
    taken = NewAccount("tilda", frozenset({Role.TILL}), "x")
    with pytest.raises(KnownPerson):
        keeping.make(taken, scenes.now(cast.adele), secret=secret(), request_key=KEY)
    assert not Account.objects.exists()


def test_a_seal_is_broken_once(account: Account) -> None:
    use = broken(account)
    with pytest.raises(IsBroken):
        broken(account)
    assert keeping.end(use, scenes.now(account.user)).new
    assert not keeping.end(use, scenes.now(account.user)).new
    with pytest.raises(IsBroken):
        broken(account)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"vgr_id": NAME, "place": "x", "request_key": str(KEY)},
        {"vgr_id": NAME, "role-till": "on", "request_key": str(KEY)},
        {"vgr_id": "a b", "role-till": "on", "place": "x", "request_key": str(KEY)},
        {"vgr_id": "tilda", "role-till": "on", "place": "x", "request_key": str(KEY)},
        {"vgr_id": NAME, "role-till": "on", "place": "x", "request_key": "1"},
        {"vgr_id": NAME, "role-till": "on", "place": "x" * 101, "request_key": str(KEY)},
    ],
)
def test_half_an_account_is_none(sign_in: SignIn, cast: Cast, form: dict[str, str]) -> None:
    assert sign_in(cast.adele).post(f"{PAGE}make/", form).status_code == 400
    assert not Account.objects.exists()


# --- loud -------------------------------------------------------------------------------------


def test_the_overview_says_so_until_it_is_sealed_anew(
    sign_in: SignIn, account: Account, cast: Cast
) -> None:
    overview = sign_in(cast.adele)
    assert NAME not in overview.get("/binder/overview/").content.decode()
    broken(account)
    assert REASON in overview.get("/binder/overview/").content.decode()
    sealed(account, cast, uuid4())
    assert REASON not in overview.get("/binder/overview/").content.decode()


def test_the_story_of_a_real_outage_has_it(account: Account, cast: Cast, outage: Outage) -> None:
    broken(account)

    def told(user: User, of: Outage) -> list[str]:
        shown = pages.page_of(of, user, None, latest_first=True)
        return [entry.text for entry in shown if entry.by == NAME]

    assert told(cast.tilda, outage) == [REASON]
    assert told(cast.wilma, outage) == []
    assert told(cast.tilda, scenes.begin(cast.tilda, drill=True)) == []


def test_the_next_run_of_the_timer_mails_it_once(account: Account, cast: Cast) -> None:
    User.objects.filter(pk=cast.adele.pk).update(email="adele@example.org")
    User.objects.filter(pk=cast.gunde.pk).update(email="gunde@example.org")
    User.objects.filter(pk=cast.tilda.pk).update(email="tilda@example.org")
    broken(account)
    for _ in range(2):
        call_command("remind", stdout=StringIO())
    (sent,) = mail.outbox
    assert sent.to == ["adele@example.org", "gunde@example.org"]
    assert REASON in sent.body
    assert GlassMail.objects.get().sent_at is not None


def test_a_mail_that_reaches_nobody_fails_the_run(account: Account) -> None:
    broken(account)
    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("remind", stdout=StringIO(), stderr=err)
    assert (
        f"Nobody to write to: administrators and auditors <> about the break-glass account {NAME}"
        in err.getvalue()
    )


def test_a_failed_mail_is_followed_by_another_up_to_five(account: Account, cast: Cast) -> None:
    User.objects.filter(pk=cast.adele.pk).update(email="adele@example.org")
    use = broken(account)
    for sequence in range(1, 6):
        (due,) = mails.due(timezone.now())
        assert due.sequence == sequence
        GlassMail.objects.create(
            breaking=use, sequence=sequence, to="x", claimed_at=timezone.now(), failure="no"
        )
    assert mails.due(timezone.now()) == []


# --- what the database itself refuses ---------------------------------------------------------

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "columns",
    [
        {"reason": ""},
        {"minutes": 0},
        {"minutes": 24 * 60 + 1},
        {"ended_at": NOW},
        {"ended_by": "adele"},
        {"ended_at": NOW - timedelta(1), "ended_by": "adele"},
    ],
)
def test_a_use_is_whole(account: Account, columns: dict[str, Any]) -> None:
    given = {"seal": account.newest, "reason": "x", "at": NOW, "minutes": 60, **columns}
    with pytest.raises(IntegrityError), transaction.atomic():
        Breaking.objects.create(**given)


def test_a_use_is_of_the_newest_seal_and_the_only_one(account: Account, cast: Cast) -> None:
    old = account.newest
    new = sealed(account, cast, uuid4())
    given: dict[str, Any] = {"reason": "x", "at": NOW, "minutes": 60}
    with pytest.raises(IntegrityError), transaction.atomic():
        Breaking.objects.create(seal=old, **given)
    Breaking.objects.create(seal=new, **given)
    with pytest.raises(IntegrityError), transaction.atomic():
        Breaking.objects.create(seal=new, **given)


def test_what_was_written_of_a_use_stays(account: Account) -> None:
    use = broken(account)
    keeping.end(use, scenes.now(account.user))
    rows = Breaking.objects.filter(pk=use.pk)
    for changed in (
        {"reason": "y"},
        {"minutes": 1},
        {"at": NOW},
        {"ended_at": None, "ended_by": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**changed)
    for row in (rows, Seal.objects.all(), Account.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Seal.objects.update(by="somebody")


@pytest.mark.parametrize("number", [0, 1, 3])
def test_seals_are_numbered_without_gaps(account: Account, cast: Cast, number: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Seal.objects.create(
            account=account, number=number, request_key=uuid4(), by="x", recorded_at=NOW
        )


def test_an_account_has_a_place(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(user=cast.tilda, place="", request_key=uuid4())


def test_a_mail_is_one_of_a_kind(account: Account) -> None:
    given: dict[str, Any] = {"breaking": broken(account), "to": "x", "claimed_at": NOW}
    GlassMail.objects.create(sequence=1, **given)
    for wrong in ({"sequence": 1}, {"sequence": 2, "sent_at": NOW, "failure": "no"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            GlassMail.objects.create(**given, **wrong)


def test_the_hours_are_a_setting(account: Account, settings: LazySettings) -> None:
    settings.BREAK_GLASS_HOURS = 2
    use = broken(account)
    assert use.until - use.at == timedelta(hours=2)
    assert not use.goes_on(use.until)
    assert Event.now(account.user, use.at).at == use.at


# --- what nobody else makes of it -----------------------------------------------------------------


def test_no_other_page_gives_it_a_password(account: Account, cast: Cast) -> None:
    password = {account.user.pk: passwords.one_time(uuid4(), NAME)}
    with pytest.raises(IsSealed):
        people.give_passwords([account.user.pk], scenes.now(cast.adele), new=password)
    people.deactivate([account.user.pk], scenes.now(cast.adele))
    with pytest.raises(IsSealed):
        people.reactivate([account.user.pk], scenes.now(cast.adele), new=password)


def test_two_colleagues_give_it_none(cast: Cast) -> None:
    till = NewAccount(NAME, frozenset({Role.TILL}), "Kassaskåpet")
    made = keeping.make(till, scenes.now(cast.adele), secret=secret(), request_key=KEY).row
    with pytest.raises(NotByTwo):
        resetting.begin(made.user, scenes.now(cast.tilda), request_key=uuid4())
    assert made.user.check_password(secret().text)


def test_it_is_no_administrator_that_stays(account: Account, cast: Cast) -> None:
    assert Role.ADMINISTRATOR in NEW.roles
    others = User.objects.filter(groups__name=Role.ADMINISTRATOR.value)
    others = others.exclude(pk__in=[account.user.pk, cast.adele.pk])
    assert not others.filter(is_active=True).exists()
    with pytest.raises(LastAdministrator):
        people.deactivate([cast.adele.pk], scenes.now(account.user))


def test_whoever_uses_it_makes_no_envelope(account: Account, cast: Cast) -> None:
    broken(account)
    by, other = scenes.now(account.user), replace(NEW, name="glas-9")
    with pytest.raises(NobodysOwn):
        keeping.seal(account, by, secret=secret(uuid4()), request_key=uuid4())
    with pytest.raises(NobodysOwn):
        keeping.make(other, by, secret=secret(uuid4()), request_key=uuid4())


def test_whoever_uses_it_is_neither_of_two(account: Account, cast: Cast) -> None:
    broken(account)
    by = scenes.now(account.user)
    with pytest.raises(NobodysOwn):
        resetting.begin(cast.tilda, by, request_key=uuid4())
    reset = resetting.begin(cast.vidar, scenes.now(cast.tilda), request_key=uuid4()).row
    with pytest.raises(NobodysOwn):
        resetting.confirm(reset, by, password=secret(uuid4()))
    with pytest.raises(NobodysOwn):
        agreeing.propose(2015, by, reason="Fem år har gått")
    proposal = DisposalProposal(
        year=2015, ends=agreeing.end_of(2015), reason="x", at=timezone.now(), by=cast.adele
    )
    proposal.save()
    with pytest.raises(NobodysOwn):
        agreeing.confirm(proposal, by)
