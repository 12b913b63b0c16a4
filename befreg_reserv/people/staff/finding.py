"""People: found by vgr-id, role or ward, with their roles in words and what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.vgr_id import normalise
from befreg_reserv.text import words


class Lack(TextChoices):
    """What a person needs before they can work. Only of people who may sign in."""

    ROLE = "role", _("No role: nothing opens")
    WARD = "ward", _("No ward: sees no numbers")
    SIGN_IN = "sign_in", _("Hasn't signed in with the one-time password yet")
    SHUT_OUT = "shut_out", _("The one-time password is used or too old: needs a new one")


class Which(TextChoices):
    """Which people a list shows."""

    ACTIVE = "", _("Those who may sign in")
    LACKING = "lacking", _("Something is missing")
    DEACTIVATED = "deactivated", _("Deactivated")
    ALL = "all", _("All")


@dataclass(frozen=True)
class Person:
    """A person as pages show them: ``roles`` in the order of their words, ``wards`` by name."""

    user: User
    roles: tuple[Role, ...]
    wards: tuple[Ward, ...]

    @property
    def lacks(self) -> list[Lack]:
        """Return what is missing."""
        if not self.user.is_active or self.user.is_superuser:
            return []
        found = [] if self.roles else [Lack.ROLE]
        if Role.WARD in self.roles and not self.wards:
            found.append(Lack.WARD)
        if self.user.must_change_password:
            shut_out = self.user.is_shut_out(timezone.now())
            found.append(Lack.SHUT_OUT if shut_out else Lack.SIGN_IN)
        return found

    @property
    def mark(self) -> str:
        """Return a text that is another one once anything of the person has changed."""
        user, wards = self.user, sorted(ward.pk for ward in self.wards)
        told = (sorted(self.roles), wards, user.email, user.is_active, user.password)
        return salted_hmac("befreg_reserv.people.staff", repr(told)).hexdigest()


def whole(users: QuerySet[User]) -> QuerySet[User]:
    """Return the people with what ``shown`` needs; two statements more."""
    return users.prefetch_related("groups", "wards__clinic")


def shown(user: User) -> Person:
    """Return a person as pages show them. A group that is no role of ours gives no right here."""
    held = {group.name for group in user.groups.all()}
    return Person(user, tuple(role for role in Role if role in held), tuple(user.wards.all()))


def search(text: str = "", role: str = "", which: str = Which.ACTIVE) -> QuerySet[User]:
    """Return people by vgr-id; those whose vgr-id has ``text`` in it, or who belong to such a ward.

    ``role``: only those who hold it. ``which``: one of Which.
    """
    found = User.objects.filter(_which(which)).order_by("username")
    if text.strip():
        found = found.filter(Q(username__contains=normalise(text)) | _of_ward(text))
    return found.filter(_holds(role)) if role else found


def _which(which: str) -> Q:
    if which == Which.ALL:
        return Q()
    if which == Which.DEACTIVATED:
        return Q(is_active=False)
    return Q(is_active=True) & (lacking() if which == Which.LACKING else Q())


def lacking() -> Q:
    """Return the condition that something is missing for a person to work: see ``Lack``."""
    held = User.groups.through.objects.filter(user=OuterRef("pk"))
    has_role = Exists(held.filter(group__name__in=Role.values))
    homeless = Q(_holds(Role.WARD)) & ~Q(Exists(Membership.objects.filter(user=OuterRef("pk"))))
    return Q(is_superuser=False) & (~Q(has_role) | homeless | Q(one_time_at__isnull=False))


def _holds(role: str) -> Exists:
    held = User.groups.through.objects.filter(user=OuterRef("pk"), group__name=role)
    return Exists(held)


def _of_ward(text: str) -> Q:
    typed = words(text)
    if not typed:
        return Q(pk__in=[])
    fits = Q(*(("ward__searched__contains", word) for word in sorted(set(typed))))
    return Q(Exists(Membership.objects.filter(fits, user=OuterRef("pk"))))


def in_words(roles: Iterable[Role]) -> str:
    """Return roles as people call them."""
    return ", ".join(str(role.label) for role in roles)
