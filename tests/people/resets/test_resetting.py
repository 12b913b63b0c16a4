"""Two colleagues let a third in: two others, in time, on record, and the administrators told."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import IntegrityError
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.mailing import Unreachable
from befreg_reserv.people.models import Reset, ResetAnswer, ResetMail, ResetSeen, User
from befreg_reserv.people.resets import mails, refusals, resetting, to_do
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import passwords
from befreg_reserv.people.staff import keeping
from befreg_reserv.to_do.waiting import Asked
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.custody.handouts.reminders.post import ADELE, Down
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import acts, browser, type_in
from tests.races.together import race, row_of

Kind = ResetAnswer.Kind


def hire(cast: Cast) -> tuple[User, User]:
    """Return two more of the till, beside tilda."""
    return casting.person("theo", Role.TILL), casting.person("tyra", Role.TILL)


@scene
def theo(cast: Cast) -> User:
    return hire(cast)[0]


@scene
def tyra(theo: User) -> User:
    return User.objects.get(username="tyra")


@scene
def begun(cast: Cast, theo: User) -> Reset:
    """Tilda has begun to let theo in."""
    return resetting.begin(theo, scenes.now(cast.tilda), request_key=uuid4()).row


def secret(reset: Reset, key: UUID | None = None) -> passwords.OneTime:
    return passwords.one_time(key or uuid4(), reset.person.username)


def later(user: User, minutes: float) -> Event:
    at = timezone.now() + timedelta(minutes=minutes)
    return Event.now(user, at)


def test_two_let_a_third_in(begun: Reset, cast: Cast, theo: User, tyra: User) -> None:
    given = secret(begun)
    resetting.confirm(begun, scenes.now(tyra), password=given)
    theo.refresh_from_db()
    assert (theo.one_time_by, theo.check_password(given.text)) == ("tilda + tyra", True)
    told = ["reset_begun", "reset_confirmed", "one_time_password"]
    assert [act for act in acts(theo) if act != "update"][-3:] == told
    by = dict(LogEntry.objects.values_list("act", "actor__username"))
    assert (by["reset_begun"], by["reset_confirmed"]) == ("tilda", "tyra")
    type_in(browser(), "theo", given.text)
    entry = LogEntry.objects.get(act="one_time_used")
    assert entry.changes == {"one_time_by": ["None", "tilda + tyra"]}
    assert given.text not in str(list(LogEntry.objects.values()))


def test_the_same_form_twice_shows_the_same_and_another_is_refused(
    begun: Reset, tyra: User
) -> None:
    given = secret(begun)
    first = resetting.confirm(begun, scenes.now(tyra), password=given)
    second = resetting.confirm(begun, scenes.now(tyra), password=given)
    assert (first.new, second.new, first.row) == (True, False, second.row)
    with pytest.raises(refusals.AnsweredAlready):
        resetting.confirm(begun, scenes.now(tyra), password=secret(begun))


def test_who_began_it_begins_once(begun: Reset, cast: Cast, theo: User, tyra: User) -> None:
    again = resetting.begin(theo, scenes.now(cast.tilda), request_key=uuid4())
    key = resetting.begin(theo, scenes.now(cast.tilda), request_key=begun.request_key)
    assert [again.row, again.new, key.row, key.new] == [begun, False, begun, False]
    with pytest.raises(refusals.BegunAlready):
        resetting.begin(theo, scenes.now(tyra), request_key=uuid4())


def test_what_was_declined_or_taken_back_gives_nothing(
    begun: Reset, cast: Cast, theo: User, tyra: User
) -> None:
    resetting.decline(begun, scenes.now(tyra))
    assert not resetting.decline(begun, scenes.now(tyra)).new
    with pytest.raises(refusals.AnsweredAlready):
        resetting.confirm(begun, scenes.now(tyra), password=secret(begun))
    anew = resetting.begin(theo, scenes.now(cast.tilda), request_key=uuid4()).row
    resetting.decline(anew, scenes.now(cast.tilda))
    with pytest.raises(refusals.AnsweredAlready):
        resetting.confirm(anew, scenes.now(tyra), password=secret(anew))
    theo.refresh_from_db()
    assert (theo.one_time_by, acts(theo)[-1]) == ("", "reset_withdrawn")


@pytest.mark.parametrize("name", ["adele", "gunde", "tilda"])
def test_nobody_is_let_in_who_is_above_or_oneself(cast: Cast, name: str) -> None:
    refused = refusals.OfOneself if name == "tilda" else refusals.NotByTwo
    with pytest.raises(refused):
        resetting.begin(getattr(cast, name), scenes.now(cast.tilda), request_key=uuid4())
    assert not Reset.objects.exists()


def test_nor_who_has_left(cast: Cast) -> None:
    with pytest.raises(refusals.NotByTwo):
        resetting.begin(casting.gone(cast, "gone"), scenes.now(cast.tilda), request_key=uuid4())


def refused(reset: Reset, event: Event) -> type[Refused]:
    """Return why a confirmation is refused."""
    with pytest.raises(Refused) as why:
        resetting.confirm(reset, event, password=secret(reset))
    assert not ResetAnswer.objects.exists()
    assert not User.objects.get(pk=reset.person_id).must_change_password
    return why.type


def test_one_alone_confirms_nothing(begun: Reset, cast: Cast, theo: User, tyra: User) -> None:
    assert refused(begun, scenes.now(cast.tilda)) is refusals.OtherMustConfirm
    assert refused(begun, scenes.now(theo)) is refusals.OfOneself
    assert refused(begun, later(tyra, 16)) is refusals.TooLate
    cast.tilda.groups.clear()
    assert refused(begun, scenes.now(tyra)) is refusals.NoRight
    keeping.deactivate([cast.tilda.pk], scenes.now(cast.adele))
    assert refused(begun, scenes.now(tyra)) is refusals.NoRight


def test_a_server_whose_clock_is_behind_confirms_it_too(begun: Reset, tyra: User) -> None:
    resetting.confirm(begun, later(tyra, -1.5), password=secret(begun))
    assert begun.answer.answered_at == begun.begun_at


def test_who_has_left_since_the_form_was_read_is_refused_too(cast: Cast, theo: User) -> None:
    keeping.deactivate([theo.pk], scenes.now(cast.adele))
    assert theo.is_active
    with pytest.raises(refusals.NotByTwo):
        resetting.begin(theo, scenes.now(cast.tilda), request_key=uuid4())


def test_who_became_an_administrator_meanwhile_isnt_let_in(
    begun: Reset, cast: Cast, theo: User, tyra: User
) -> None:
    roles = frozenset({Role.ADMINISTRATOR})
    keeping.change(theo, roles, "", scenes.now(cast.adele))
    assert refused(begun, scenes.now(tyra)) is refusals.NotByTwo


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_gives_the_password(cast: Cast) -> None:
    theo, tyra = hire(cast)
    third = casting.person("tove", Role.TILL)
    for _turn in range(5):
        begun = resetting.begin(theo, scenes.now(cast.tilda), request_key=uuid4()).row
        two = [(each, secret(begun)) for each in (tyra, third)]
        outcomes = race(
            *(row_of(resetting.confirm, begun, scenes.now(by), password=own) for by, own in two)
        )
        refusals_ = [type(each) for each in outcomes if each != theo]
        assert refusals_ == [refusals.AnsweredAlready], outcomes
        user = User.objects.get(pk=theo.pk)
        opens = [user.check_password(own.text) for _by, own in two]
        assert sorted(opens) == [False, True]
        assert user.one_time_by == f"tilda + {begun.answer.by}"


# --- the database, past the Python ----------------------------------------------------------


def row(reset: Reset, by: User, kind: str = "confirmed", minutes: float = 0) -> ResetAnswer:
    at = reset.begun_at + timedelta(minutes=minutes)
    return ResetAnswer(reset=reset, by=by, kind=kind, answered_at=at)


def kept(**changes: Any) -> Reset:
    now = timezone.now()
    until = now + timedelta(minutes=15)
    return Reset(**{"begun_at": now, "until": until, "request_key": uuid4(), **changes})


@pytest.mark.parametrize("case", ["first", "person", "late", "early", "takes back", "declines"])
def test_the_database_takes_no_answer_of_the_wrong_one(
    begun: Reset, cast: Cast, tyra: User, case: str
) -> None:
    answers = {
        "first": row(begun, cast.tilda),
        "person": row(begun, begun.person),
        "late": row(begun, tyra, minutes=15.1),
        "early": row(begun, tyra, minutes=-1),
        "takes back": row(begun, tyra, "withdrawn"),
        "declines": row(begun, cast.tilda, "declined"),
    }
    with pytest.raises(IntegrityError):
        answers[case].save(force_insert=True)


def test_nor_one_by_who_has_left_or_for_who_keeps_registers(
    begun: Reset, cast: Cast, tyra: User
) -> None:
    User.objects.filter(pk=cast.tilda.pk).update(is_active=False)
    with pytest.raises(IntegrityError):
        row(begun, tyra).save(force_insert=True)


def test_nor_a_second_one_nor_another_one(begun: Reset, tyra: User) -> None:
    row(begun, tyra).save(force_insert=True)
    with pytest.raises(IntegrityError):
        row(begun, tyra, "declined").save(force_insert=True)


@pytest.mark.parametrize("case", ["oneself", "administrator", "gone", "by who has left", "over"])
def test_the_database_takes_no_reset_that_isnt_a_colleagues(cast: Cast, case: str) -> None:
    gone = casting.gone(cast, "gone")
    wrong = {
        "oneself": kept(person=cast.tilda, begun_by=cast.tilda),
        "administrator": kept(person=cast.adele, begun_by=cast.tilda),
        "gone": kept(person=gone, begun_by=cast.tilda),
        "by who has left": kept(person=cast.tilda, begun_by=gone),
        "over": kept(person=cast.wilma, begun_by=cast.tilda, until=timezone.now()),
    }
    wrong["over"].until = wrong["over"].begun_at
    with pytest.raises(IntegrityError):
        wrong[case].save(force_insert=True)


@pytest.mark.parametrize("change", [{"until": timezone.now() + timedelta(days=9)}, {"person": 1}])
def test_what_was_begun_stays_as_it_was(begun: Reset, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        Reset.objects.filter(pk=begun.pk).update(**change)


def test_it_stays_altogether(begun: Reset) -> None:
    with pytest.raises(IntegrityError):
        Reset.objects.all().delete()


def test_who_had_a_part_isnt_the_one_who_looks(begun: Reset, cast: Cast, tyra: User) -> None:
    resetting.confirm(begun, scenes.now(tyra), password=secret(begun))
    with pytest.raises(refusals.HadAPart):
        resetting.see(begun, scenes.now(tyra))
    with pytest.raises(IntegrityError):
        ResetSeen(reset=begun, by=tyra, seen_at=timezone.now()).save(force_insert=True)


# --- the administrators are told --------------------------------------------------------------


@pytest.fixture
def confirmed(begun: Reset, cast: Cast, tyra: User) -> Reset:
    User.objects.filter(pk=cast.adele.pk).update(email=ADELE)
    resetting.confirm(begun, scenes.now(tyra), password=secret(begun))
    return begun


def sent(minutes: float = 0) -> list[EmailMessage]:
    before = len(mail.outbox)
    at = timezone.now() + timedelta(minutes=minutes)
    for _outcome in mails.send(lambda: at):
        pass
    return mail.outbox[before:]


def told(user: User) -> list[str]:
    return [str(each.text) for each in to_do.given_by_two(Asked(user, timezone.now()))]


def test_the_overview_says_it_until_an_administrator_has_looked(
    confirmed: Reset, cast: Cast
) -> None:
    assert told(cast.adele) == ["tilda and tyra let theo in with a one-time password."]
    assert resetting.see(confirmed, scenes.now(cast.adele)).new
    assert not resetting.see(confirmed, scenes.now(cast.adele)).new
    assert told(cast.adele) == []
    assert acts(confirmed.person)[-1] == "reset_seen"


def test_one_mail_goes_to_the_administrators(confirmed: Reset) -> None:
    (letter,) = sent()
    assert letter.to == [ADELE]
    assert ["theo" in letter.subject, "tilda" in letter.body, "tyra" in letter.body] == [True] * 3
    assert sent(60) == []
    assert acts(confirmed.person)[-1] == "reset_mailed"


def test_one_that_fails_is_sent_again(confirmed: Reset, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{Down.__module__}.{Down.__qualname__}"
    with pytest.raises(Unreachable):
        sent()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    ResetMail.objects.create(
        reset=confirmed, sequence=1, to=ADELE, claimed_at=timezone.now(), failure="x"
    )
    assert len(sent()) == 1
    assert list(confirmed.mails.values_list("sequence", flat=True)) == [1, 2]


def test_what_came_to_nothing_is_told_to_nobody(begun: Reset, cast: Cast) -> None:
    assert (told(cast.adele), sent()) == ([], [])
