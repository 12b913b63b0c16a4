"""The acts on people: added, changed, moved, deactivated, reactivated, given a password.

The one writer of roles, of who may sign in, and of wards but for ``wards.register.add_member``.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditlog.context import disable_auditlog
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import STAFF_ROLES, Role
from befreg_reserv.people.signing_in import allowed, held, passwords
from befreg_reserv.people.signing_in.passwords import OneTime
from befreg_reserv.people.staff import finding
from befreg_reserv.people.staff.finding import Person
from befreg_reserv.people.staff.refusals import (
    AboveAdministrators,
    IsDeactivated,
    IsSealed,
    KnownPerson,
    LastAdministrator,
    OwnAccount,
    PersonChanged,
)
from befreg_reserv.people.vgr_id import normalise
from befreg_reserv.people.wards.register import NotConfirmed

Passwords = Mapping[int, OneTime]  # by the person's key
Marks = Mapping[int, str]  # of what the page showed of each person, by their key


@dataclass(frozen=True)
class NewPerson:
    """Somebody to be added: ``vgr_id`` in lower case, and what they are given."""

    vgr_id: str
    roles: frozenset[Role] = frozenset()
    wards: tuple[Ward, ...] = ()
    email: str = ""

    @property
    def in_words(self) -> str:
        """The roles as people call them."""
        return finding.in_words(role for role in Role if role in self.roles)


def _added_meanwhile(
    new: NewPerson, _event: AnyEvent, /, *, password: str | OneTime = ""
) -> User | None:
    known = User.objects.filter(username=normalise(new.vgr_id)).first()
    return _answered(known, password) if known else None


@act(on_conflict=_added_meanwhile)
def add(new: NewPerson, event: AnyEvent, *, password: str | OneTime) -> Done[User]:
    """Add a person with roles and wards, who signs in with the one-time ``password``.

    Raises KnownPerson if the vgr-id has an account, unless it was made with this password: then
    the form was sent before. Raises NotConfirmed for a ward that the register doesn't have.
    """
    if known := User.objects.filter(username=normalise(new.vgr_id)).first():
        return Done(_answered(known, password), new=False)
    _check_wards(new.wards)
    user = _begun(new)
    with disable_auditlog():  # the act writes its own entry
        passwords.set_one_time(user, password, event)
    _complete(user, new, event)
    return Done(user)


@act
def admit(new: NewPerson, event: AnyEvent, *, hashed: str = "") -> Done[User]:
    """Add somebody who gets no one-time password: they sign in elsewhere, or by a sealed secret.

    ``hashed``: what is stored of that secret. Raises KnownPerson, NotConfirmed.
    """
    if known := User.objects.filter(username=normalise(new.vgr_id)).first():
        raise KnownPerson(known)
    _check_wards(new.wards)
    user = _begun(new)
    user.password = hashed or make_password(None)
    with disable_auditlog():
        user.save()
    _complete(user, new, event)
    return Done(user)


def _begun(new: NewPerson) -> User:
    return User(username=new.vgr_id, email=new.email, is_staff=_is_staff(new.roles))


def _complete(user: User, new: NewPerson, event: AnyEvent) -> None:
    """Give a person who was just added what belongs to them, and record that."""
    _give_roles(user, new.roles)
    _join(user, new.wards)
    said = {"email": new.email, "groups": _stored(new.roles), "wards": _labels(new.wards)}
    changes = record.said(username=user.username, **{k: v for k, v in said.items() if v})
    record.record(user, Logged.PERSON_ADDED, event, changes, action=trail.Action.CREATE)


def _answered(known: User, password: str | OneTime) -> User:
    if isinstance(password, OneTime) and passwords.has_one_time(known, password):
        return known
    raise KnownPerson(known)


@act
def change(
    user: User, roles: frozenset[Role], email: str, event: AnyEvent, *, seen: str = ""
) -> Done[User]:
    """Give a person these roles and no others, and this e-mail.

    ``seen``: the mark of what the page showed. Raises PersonChanged if it isn't so any more,
    LastAdministrator if nobody else has that role, AboveAdministrators for a superuser.
    """
    _administrators_turn()  # before the person: all wait in this order
    person = _locked(user.pk)
    before, locked = frozenset(person.roles), person.user
    if (before, locked.email) == (roles, email):
        return Done(locked, new=False)
    _check_may(person, event, seen)
    if Role.ADMINISTRATOR in before - roles and locked.is_active:
        _check_another_administrator(locked, without=[locked.pk])
    said = record.assign(locked, {"email": email, "is_staff": _is_staff(roles)})
    del said["is_staff"]  # it follows from the roles
    _give_roles(locked, roles - before)
    _roles_of(locked).filter(group__name__in=before - roles).delete()
    said["groups"] = (_stored(before), _stored(roles))
    _record(locked, Logged.PERSON_CHANGED, event, said)
    return Done(locked)


@act
def move(
    user: User, leaves: Collection[int], joins: Iterable[Ward], event: AnyEvent, *, seen: str = ""
) -> Done[User]:
    """Let a person leave wards, by their keys, and join others: all of it in one step.

    ``seen``: as in ``change``. Raises PersonChanged, AboveAdministrators, IsDeactivated if somebody
    who can't sign in joins a ward, NotConfirmed for a ward that the register doesn't have.
    """
    person = _locked(user.pk)
    held = {ward.pk: ward for ward in person.wards}
    leaving = [ward for key, ward in held.items() if key in leaves]
    joining = [ward for ward in joins if ward.pk not in held]
    if not leaving and not joining:
        return Done(person.user, new=False)
    _check_may(person, event, seen)
    _check_joins(person.user, joining)
    _leave(person.user, leaving)
    _join(person.user, joining)
    stays = [ward for ward in held.values() if ward not in leaving]
    said = {"wards": (_labels(held.values()), _labels([*stays, *joining]))}
    _record(person.user, Logged.PERSON_MOVED, event, said)
    return Done(person.user)


# --- several at once --------------------------------------------------------------------------


@dataclass(frozen=True)
class ForeseenOfOne:
    """What an act on several people would do to one of them: ``new``, or nothing, or be refused."""

    person: Person
    new: bool
    refusal: Refused | None = None


def foresee(
    people: Iterable[Person], would: Callable[[Person, AnyEvent], bool], event: AnyEvent
) -> list[ForeseenOfOne]:
    """Return what an act would do to each; ``would`` is one of the functions of that name below."""
    found = []
    for person in people:
        try:
            found.append(ForeseenOfOne(person, would(person, event)))
        except Refused as refusal:
            found.append(ForeseenOfOne(person, new=False, refusal=refusal))
    return found


@act
def join_all(
    people: Collection[int], ward: Ward, event: AnyEvent, *, seen: Marks | None = None
) -> Done[list[User]]:
    """Let people join a ward, by their keys; all of them or none. Raises as ``move``."""
    marks = seen or {}

    def joined(person: Person) -> bool:
        user = person.user
        return move(user, (), [ward], event, seen=marks.get(user.pk, "")).new

    return _each(people, joined)


def would_join(ward: Ward, person: Person, event: AnyEvent) -> bool:
    """Tell whether a person would join a ward. Raises what ``join_all`` does."""
    if ward in person.wards:
        return False
    _check_may(person, event)
    _check_joins(person.user, [ward])
    return True


@act
def deactivate(
    people: Collection[int], event: AnyEvent, *, seen: Marks | None = None
) -> Done[list[User]]:
    """Let people sign in no more, by their keys; all of them or none. Their sessions end.

    Their passwords end too, so that no session comes back to life with the account. Raises
    LastAdministrator if no administrator would be left, OwnAccount for one's own,
    AboveAdministrators for a superuser, PersonChanged for one who has changed since.
    """
    _administrators_turn()
    marks = seen or {}
    return _each(
        people,
        lambda person: _deactivated(person, people, event, marks.get(person.user.pk, "")),
    )


def _deactivated(person: Person, people: Collection[int], event: AnyEvent, seen: str) -> bool:
    user = person.user
    if not would_deactivate(people, person, event, seen):
        return False
    ended = {"password": make_password(None), **passwords.NO_ONE_TIME}
    record.assign(user, {"is_active": False, **ended})
    held.drop(user)
    _record(user, Logged.PERSON_DEACTIVATED, event, {"is_active": (True, False)})
    return True


def would_deactivate(
    people: Collection[int], person: Person, event: AnyEvent, seen: str = ""
) -> bool:
    """Tell whether one of ``people`` would be deactivated. Raises what ``deactivate`` does."""
    user = person.user
    if not user.is_active:
        return False
    if user == event.recorded_by:
        raise OwnAccount(OwnAccount.of_deactivating, about=user)
    _check_may(person, event, seen)
    if Role.ADMINISTRATOR in person.roles:
        _check_another_administrator(user, without=people)
    return True


@act
def reactivate(
    people: Collection[int], event: AnyEvent, *, new: Passwords, seen: Marks | None = None
) -> Done[list[User]]:
    """Let deactivated people sign in again, with one-time passwords; all of them or none.

    Raises PersonChanged for one who may sign in already or has changed since, unless this form has
    done it before, AboveAdministrators, and IsSealed.
    """
    return _with_passwords(_reactivated, people, event, new, seen)


def _reactivated(person: Person, event: AnyEvent, password: OneTime, seen: str) -> bool:
    user = person.user
    if passwords.has_one_time(user, password):
        return False
    if not would_reactivate(person, event, seen):
        raise PersonChanged(user)
    record.assign(user, {"is_active": True})
    _record(user, Logged.PERSON_REACTIVATED, event, {"is_active": (False, True)})
    passwords.set_one_time(user, password, event)
    return True


def would_reactivate(person: Person, event: AnyEvent, seen: str = "") -> bool:
    """Tell whether a person would be reactivated. Raises what ``reactivate`` does."""
    if person.user.is_active:
        return False
    _check_may(person, event, seen)
    _check_not_sealed(person.user)
    return True


@act
def give_passwords(
    people: Collection[int], event: AnyEvent, *, new: Passwords, seen: Marks | None = None
) -> Done[list[User]]:
    """Give people one-time passwords, by their keys; all of them or none. Their sessions end.

    Raises OwnAccount, IsDeactivated, IsSealed, AboveAdministrators, and PersonChanged for one who
    has changed since: the form, sent again, would bring back a password that lies on paper.
    """
    return _with_passwords(_renewed, people, event, new, seen)


def _renewed(person: Person, event: AnyEvent, password: OneTime, seen: str) -> bool:
    user = person.user
    if passwords.has_one_time(user, password):
        return False
    would_get_password(person, event, seen)
    passwords.set_one_time(user, password, event)
    return True


def would_get_password(person: Person, event: AnyEvent, seen: str = "") -> bool:
    """Tell that a person would get a password. Raises what ``give_passwords`` does."""
    if person.user == event.recorded_by:
        raise OwnAccount(OwnAccount.of_passwords, about=person.user)
    if not person.user.is_active:
        raise IsDeactivated(person.user)
    _check_may(person, event, seen)
    _check_not_sealed(person.user)
    return True


def _with_passwords(
    one: Callable[[Person, AnyEvent, OneTime, str], bool],
    people: Collection[int],
    event: AnyEvent,
    new: Passwords,
    seen: Marks | None,
) -> Done[list[User]]:
    marks = seen or {}

    def given(person: Person) -> bool:
        key = person.user.pk
        return one(person, event, new[key], marks.get(key, ""))

    return _each(people, given)


def _each(people: Collection[int], one: Callable[[Person], bool]) -> Done[list[User]]:
    """Do the same to each, locked in one order so that two who do so can't deadlock."""
    persons = [_locked(key) for key in sorted(set(people))]
    changed = [one(person) for person in persons]
    return Done([person.user for person in persons], new=any(changed))


# --- what is asked of all ---------------------------------------------------------------------


def _locked(key: int) -> Person:
    """Return a person as they are now, locked. Their sign-in needn't wait: the key stays."""
    users = User.objects.select_for_update(of=("self",), no_key=True)
    user = users.get(pk=key)
    return finding.shown(finding.whole(User.objects.filter(pk=user.pk)).get())


def _administrators_turn() -> None:
    """Wait until nobody else takes an administrator away, and let others wait.

    Two who each take away the other one would both find that one is left.
    """
    Group.objects.select_for_update(no_key=True).get(name=Role.ADMINISTRATOR.value)


def _check_may(person: Person, event: AnyEvent, seen: str = "") -> None:
    by = event.recorded_by
    if person.user.is_superuser and not (by is None or by.is_superuser):
        raise AboveAdministrators(person.user)
    if seen and seen != person.mark:
        raise PersonChanged(person.user)


def _check_another_administrator(user: User, without: Collection[int]) -> None:
    others = User.objects.filter(is_active=True, groups__name=Role.ADMINISTRATOR.value)
    # A sealed account opens once, for some hours, and then needs an administrator itself.
    if all(allowed.is_sealed(other) for other in others.exclude(pk__in=without)):
        raise LastAdministrator(user)


def _check_not_sealed(user: User) -> None:
    if allowed.is_sealed(user):
        raise IsSealed(user)


def _check_joins(user: User, wards: Collection[Ward]) -> None:
    if wards and not user.is_active:
        raise IsDeactivated(user)
    _check_wards(wards)


def _check_wards(wards: Iterable[Ward]) -> None:
    for ward in wards:
        ward.refresh_from_db()
        if not (ward.confirmed and ward.is_open):
            raise NotConfirmed(ward)


# --- writing ----------------------------------------------------------------------------------


def _record(user: User, name: Logged, event: AnyEvent, said: trail.Changes) -> None:
    changes = {field: pair for field, pair in said.items() if pair[0] != pair[1]}
    record.record(user, name, event, changes)


def _is_staff(roles: Collection[Role]) -> bool:
    return not STAFF_ROLES.isdisjoint(role.value for role in roles)


def _roles_of(user: User) -> Any:
    return User.groups.through.objects.filter(user=user)


def _give_roles(user: User, roles: Collection[Role]) -> None:
    groups = Group.objects.filter(name__in=[role.value for role in roles])
    rows = [User.groups.through(user=user, group=group) for group in groups]
    if rows:
        record.insert(*rows)


def _join(user: User, wards: Iterable[Ward]) -> None:
    rows = [Membership(user=user, ward=ward) for ward in wards]
    if rows:
        record.insert(*rows)


def _leave(user: User, wards: Collection[Ward]) -> None:
    with disable_auditlog():
        Membership.objects.filter(user=user, ward__in=wards).delete()


def _stored(roles: Collection[Role]) -> str:
    return ", ".join(role.value for role in Role if role in roles)


def _labels(wards: Iterable[Ward]) -> str:
    return ", ".join(map(str, wards))
