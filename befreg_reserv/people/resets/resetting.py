"""Two colleagues let a third in who can't sign in, when no administrator is there.

One begins, another confirms within some minutes, each signed in as themselves. The third gets a
one-time password that stands for both their names; the administrators are told by mail, and by the
overview until one of them has looked. The one writer of resets and what became of them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.people.access import may
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Reset, ResetAnswer, ResetSeen, User
from befreg_reserv.people.resets.refusals import (
    AnsweredAlready,
    BegunAlready,
    HadAPart,
    NoRight,
    NotByTwo,
    OfOneself,
    OtherMustConfirm,
    TooLate,
)
from befreg_reserv.people.roles import STAFF_ROLES
from befreg_reserv.people.signing_in import allowed, passwords
from befreg_reserv.people.signing_in.passwords import OneTime

RIGHT = "people.reset_by_two"
Kind = ResetAnswer.Kind


def waiting(at: datetime) -> QuerySet[Reset]:
    """Return what waits for its second person at ``at``, the latest first."""
    return everything().filter(answer=None, until__gte=at)


def unseen() -> QuerySet[Reset]:
    """Return what gave somebody a password and no administrator has looked at, the latest first."""
    return everything().filter(answer__kind=Kind.CONFIRMED, seen=None)


def everything() -> QuerySet[Reset]:
    """Return all resets with their people and what became of them, the latest first."""
    return Reset.objects.select_related("person", "begun_by", "answer__by", "seen__by")


def is_for_two(person: User) -> bool:
    """Tell whether two colleagues may let a person in.

    Not one who keeps or reads the registers, nor a sealed account: its envelope would open nothing.
    """
    above = allowed.is_local(person) or person.groups.filter(name__in=STAFF_ROLES).exists()
    return person.is_active and not above


@act
def begin(person: User, event: Event, *, request_key: UUID) -> Done[Reset]:
    """Begin to let a person in; a second one must confirm it within RESET_BY_TWO_MINUTES.

    Raises NobodysOwn, OfOneself, NotByTwo, and BegunAlready if another colleague has begun it. What
    the same one has begun already is returned as it is.
    """
    by = event.recorded_by
    allowed.check_is_somebody(by)
    if person == by:
        raise OfOneself
    person = _locked(person, by)[0]
    before = answered(Reset.objects.filter(request_key=request_key), request_key, _is(person, by))
    if before:
        return Done(before, new=False)
    if not is_for_two(person):
        raise NotByTwo(person)
    open_now = waiting(event.at).filter(person=person).first()
    if open_now and open_now.begun_by == by:
        return Done(open_now, new=False)
    if open_now:
        raise BegunAlready(open_now)
    until = event.at + timedelta(minutes=settings.RESET_BY_TWO_MINUTES)
    reset = Reset(
        person=person, begun_by=by, begun_at=event.at, until=until, request_key=request_key
    )
    record.insert(reset)
    record.record(person, Logged.RESET_BEGUN, event, record.said(until=until))
    return Done(reset)


def _is(person: User, by: User) -> Callable[[Reset], bool]:
    return lambda reset: (reset.person_id, reset.begun_by_id) == (person.pk, by.pk)


@act
def confirm(reset: Reset, event: Event, *, password: OneTime) -> Done[User]:
    """Give the person the one-time ``password``: the second of the two says so. Sessions end.

    Sent again by the same one, it is answered as before. Raises NobodysOwn, OfOneself,
    OtherMustConfirm, AnsweredAlready, TooLate, NotByTwo, and NoRight if the first may do so no
    more.
    """
    by = event.recorded_by
    allowed.check_is_somebody(by)
    person, begun_by = _locked(reset.person, reset.begun_by, by)[:2]
    if by == person:
        raise OfOneself(field="reset")
    if by == begun_by:
        raise OtherMustConfirm
    if answer := _answer(reset):
        own = answer.by == by and answer.kind == Kind.CONFIRMED
        if own and passwords.has_one_time(person, password):
            return Done(person, new=False)
        raise AnsweredAlready(answer)
    # Another server's clock may be behind the one on which it was begun.
    event = event.after(reset.begun_at)
    if event.at > reset.until:
        raise TooLate(reset)
    if not is_for_two(person):
        raise NotByTwo(person)
    if not (begun_by.is_active and may(begun_by, RIGHT)):
        raise NoRight
    _say(reset, Kind.CONFIRMED, Logged.RESET_CONFIRMED, event)
    together = replace(event, by=f"{begun_by} + {by}")
    passwords.set_one_time(person, password, together)
    return Done(person)


@act
def decline(reset: Reset, event: Event) -> Done[Reset]:
    """Say that the person isn't to be let in; or, as the one who began it, take it back.

    Raises AnsweredAlready if somebody else was first. What is too old comes to nothing by itself.
    """
    by = event.recorded_by
    _locked(reset.person, reset.begun_by, by)
    kind = Kind.WITHDRAWN if by == reset.begun_by else Kind.DECLINED
    if by == reset.person:
        raise OfOneself(field="reset")
    if answer := _answer(reset):
        if (answer.by, answer.kind) == (by, kind):
            return Done(reset, new=False)
        raise AnsweredAlready(answer)
    names = {Kind.WITHDRAWN: Logged.RESET_WITHDRAWN, Kind.DECLINED: Logged.RESET_DECLINED}
    _say(reset, kind, names[kind], event)
    return Done(reset)


@act
def see(reset: Reset, event: Event) -> Done[Reset]:
    """Note that an administrator has looked at a reset: it stands on the overview no more.

    Raises HadAPart for one of the two, and for the person.
    """
    by = event.recorded_by
    _locked(reset.person)
    answer = _answer(reset)
    if by in {reset.person, reset.begun_by, answer.by if answer else None}:
        raise HadAPart
    if answer is None or ResetSeen.objects.filter(reset=reset).exists():
        return Done(reset, new=False)
    record.insert(ResetSeen(reset=reset, by=by, seen_at=event.at))
    record.record(reset.person, Logged.RESET_SEEN, event)
    return Done(reset)


def _locked(*people: User) -> list[User]:
    """Return people as they are now, locked in one order, and given back in theirs."""
    keys = [each.pk for each in people]
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[key] for key in keys]


def _answer(reset: Reset) -> ResetAnswer | None:
    return ResetAnswer.objects.select_related("by").filter(reset=reset).first()


def _say(reset: Reset, kind: Kind, name: Logged, event: Event) -> None:
    row = ResetAnswer(reset=reset, kind=kind, by=event.recorded_by, answered_at=event.at)
    record.insert(row)
    record.record(reset.person, name, event, record.said(begun_by=str(reset.begun_by)))
