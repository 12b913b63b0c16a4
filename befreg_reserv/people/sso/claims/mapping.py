"""What the provider's claims give: roles and wards, by rules that the administrator keeps.

What the rules gave a person, they take away again; what an administrator gave by hand stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.audit import trail
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.sso.logged import SsoLogged
from befreg_reserv.people.sso.models import VALUE_LENGTH, ClaimRule, Identity
from befreg_reserv.people.sso.refusals import KnownRule
from befreg_reserv.people.staff import finding, keeping
from befreg_reserv.people.staff.finding import Person
from befreg_reserv.people.staff.refusals import LastAdministrator

MOST_VALUES: Final = 500  # of one claim
Kept = dict[str, list[str]]  # claim → its values, as they are stored


@dataclass(frozen=True)
class Given:
    """What rules give to somebody."""

    roles: frozenset[Role]
    wards: tuple[Ward, ...]


@dataclass(frozen=True)
class ForeseenOfPerson:
    """What would become of one person: what they gain and lose, in words."""

    person: Person
    gains: tuple[str, ...]
    loses: tuple[str, ...]


def kept(claims: Mapping[str, Any], names: Iterable[str]) -> Kept:
    """Return those claims that rules may ask for, each as a list of texts; anything else is left.

    ``names`` may lead into a claim with dots: realm_access.roles.
    """
    return {name: values for name in names if (values := _values(_found(claims, name)))}


def _found(claims: Any, name: str) -> Any:
    if not isinstance(claims, Mapping):
        return None
    if name in claims:
        return claims[name]
    head, dot, tail = name.partition(".")
    return _found(claims.get(head), tail) if dot else None


def _values(found: Any) -> list[str]:
    listed = found if isinstance(found, list) else [found]
    texts = [text for text in listed if isinstance(text, str) and 0 < len(text) <= VALUE_LENGTH]
    return [text for text in texts if "\0" not in text][:MOST_VALUES]


def rules() -> list[ClaimRule]:
    """Return all rules."""
    return list(ClaimRule.objects.select_related("ward__clinic"))


def rule(claim: str, value: str, gives: Role | Ward) -> ClaimRule:
    """Return a rule that isn't kept yet."""
    return ClaimRule(claim=claim, value=value, **_columns(gives))


def given(claims: Mapping[str, list[str]], among: Iterable[ClaimRule]) -> Given:
    """Return what the rules ``among`` give to whoever has these claims. A closed ward is none."""
    fit = [each for each in among if each.value in claims.get(each.claim, ())]
    wards = {each.ward.pk: each.ward for each in fit if each.ward and _is_joined(each.ward)}
    return Given(frozenset(Role(each.role) for each in fit if each.role), tuple(wards.values()))


def _is_joined(ward: Ward) -> bool:
    return ward.confirmed and ward.is_open


def differences(after: list[ClaimRule]) -> list[ForeseenOfPerson]:
    """Return what these rules, instead of the present ones, would mean for whom we know."""
    people = (_foreseen(identity, after) for identity in _everybody())
    return [each for each in people if each.gains or each.loses]


def _everybody() -> Iterable[Identity]:
    known = Identity.objects.filter(user__is_active=True).select_related("user")
    return known.prefetch_related("user__groups", "user__wards__clinic").order_by("user__username")


def _foreseen(identity: Identity, among: list[ClaimRule]) -> ForeseenOfPerson:
    person = finding.shown(identity.user)
    roles, wards = _after(identity, person, given(identity.claims, among))
    held, joined = set(person.roles), set(person.wards)
    gains = (*_words(roles - held), *map(str, wards - joined))
    loses = (*_words(held - roles), *map(str, joined - wards))
    return ForeseenOfPerson(person, gains, loses)


def _words(roles: Iterable[Role]) -> list[str]:
    return sorted(str(role.label) for role in roles)


def _after(identity: Identity, person: Person, now: Given) -> tuple[set[Role], set[Ward]]:
    """Return the roles and wards that a person has then: what was given before goes."""
    roles = {role for role in person.roles if role.value not in identity.roles} | now.roles
    wards = {ward for ward in person.wards if ward.pk not in identity.wards} | set(now.wards)
    return roles, wards


def apply(identity: Identity, claims: Mapping[str, list[str]], event: AnyEvent) -> None:
    """Give a person what the rules give for these claims, and take away what they gave before.

    A part of every arrival, re-check and change of a rule: ``identity`` is locked. The last
    administrator keeps the role: else nobody could change anything. It goes once there is another.
    """
    now = given(claims, rules())
    users = finding.whole(User.objects.filter(pk=identity.user_id))
    person = finding.shown(users.get())
    roles, wards = _after(identity, person, now)
    try:
        keeping.change(person.user, frozenset(roles), person.user.email, event)
    except LastAdministrator:
        now = replace(now, roles=now.roles | {Role.ADMINISTRATOR})
        roles.add(Role.ADMINISTRATOR)
        keeping.change(person.user, frozenset(roles), person.user.email, event)
    leaves = {ward.pk for ward in person.wards} - {ward.pk for ward in wards}
    keeping.move(person.user, leaves, wards, event)
    by_hand_roles = {role.value for role in person.roles} - set(identity.roles)
    by_hand_wards = {ward.pk for ward in person.wards} - set(identity.wards)
    record.assign(
        identity,
        {
            "claims": dict(claims),
            "roles": sorted({role.value for role in now.roles} - by_hand_roles),
            "wards": sorted({ward.pk for ward in now.wards} - by_hand_wards),
        },
    )


def _there_already(
    claim: str, value: str, gives: "Role | Ward", _event: AnyEvent, /
) -> ClaimRule | None:
    return ClaimRule.objects.filter(claim=claim, value=value, **_columns(gives)).first()


@act(on_conflict=_there_already)
def add(claim: str, value: str, gives: Role | Ward, event: AnyEvent) -> Done[ClaimRule]:
    """Let whoever has ``value`` in ``claim`` have a role, or belong to a ward, from now on.

    Raises KnownRule.
    """
    if known := _there_already(claim, value, gives, event):
        raise KnownRule(about=known)
    new = rule(claim, value, gives)
    new.save()
    said = record.said(claim=claim, value=value, gives=new.gives)
    record.record(new, SsoLogged.RULE_ADDED, event, said, action=trail.Action.CREATE)
    _apply_to_all(event)
    return Done(new)


@act
def drop(dropped: ClaimRule, event: AnyEvent) -> Done[ClaimRule]:
    """Let a rule give nothing any more, and take away what it gave."""
    locked = ClaimRule.objects.select_for_update(of=("self",)).filter(pk=dropped.pk).first()
    if locked is None:
        return Done(dropped, new=False)
    said = {name: (getattr(dropped, name), None) for name in ("claim", "value", "gives")}
    record.record(locked, SsoLogged.RULE_DROPPED, event, said, action=trail.Action.DELETE)
    locked.delete()
    _apply_to_all(event)
    return Done(dropped)


def _columns(gives: Role | Ward) -> dict[str, Any]:
    return {"ward": gives} if isinstance(gives, Ward) else {"role": gives.value, "ward": None}


def _apply_to_all(event: AnyEvent) -> None:
    for each in differences(rules()):
        identity = Identity.objects.select_for_update(of=("self",), no_key=True).get(
            user=each.person.user
        )
        apply(identity, identity.claims, event)
