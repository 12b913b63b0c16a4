"""Which changes to people and wards the audit log records, and which rows can't be deleted."""

from django.contrib.auth.models import Group
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit import redactable, triggers
from befreg_reserv.audit.review import names
from befreg_reserv.audit.seals import sealed
from befreg_reserv.audit.triggers import Trigger
from befreg_reserv.audit.watched import watch
from befreg_reserv.people import rules
from befreg_reserv.people.models import (
    Alias,
    Clinic,
    ClinicChange,
    ClinicSuccession,
    Membership,
    Reset,
    ResetAnswer,
    ResetSeen,
    Succession,
    User,
    Ward,
    WardChange,
)
from befreg_reserv.people.roles import Role

PEOPLE, ROLES, GROUPS = (model._meta.db_table for model in (User, User.groups.through, Group))
ROLE_ITSELF = f"(SELECT id FROM {GROUPS} WHERE name = '{Role.ADMINISTRATOR.value}')"  # noqa: S608
ADMINISTRATORS = f"""
    (SELECT p.id FROM {PEOPLE} p JOIN {ROLES} r ON r.user_id = p.id
     WHERE p.is_active AND r.group_id IN {ROLE_ITSELF})
"""  # noqa: S608  table names of our own
STAYS = "the last active administrator stays one"


def _is_last(person: str) -> str:
    """Return the condition that this person is an active administrator, and nobody else is."""
    others = f"SELECT 1 FROM {PEOPLE} WHERE id <> {person} AND id IN {ADMINISTRATORS}"  # noqa: S608
    return f"{person} IN {ADMINISTRATORS} AND NOT EXISTS ({others})"


# Two who take each other away at the same moment are stopped by ``staff.keeping`` alone.
LAST_ADMINISTRATOR = (
    Trigger(
        f"{PEOPLE}_last_administrator",
        PEOPLE,
        "UPDATE",
        STAYS,
        f"OLD.is_active AND NOT NEW.is_active AND {_is_last('OLD.id')}",
    ),
    Trigger(
        f"{ROLES}_last_administrator",
        ROLES,
        "DELETE",
        STAYS,
        f"OLD.group_id IN {ROLE_ITSELF} AND {_is_last('OLD.user_id')}",
    ),
    triggers.unchangeable(User.groups.through, "user", "group"),  # a role is given and taken away
)


def register() -> None:
    """Register the models people change, and protect the rows that history mentions."""
    names.register(Group, _("roles"), _role)
    watch(User, without=["last_login"], mask_fields=["password"], m2m_fields={"groups"})
    watch(Group, m2m_fields={"permissions"})
    watch(Clinic, without=["key"])
    watch(Ward, without=["key", "searched", "closed_at"])
    watch(Alias, without=["key"])
    watch(Membership)
    triggers.register(rules.RULES, LAST_ADMINISTRATOR)
    sealed.register(WardChange, Succession, ClinicChange, ClinicSuccession)
    for change in (WardChange, ClinicChange):
        redactable.register(change, "reason")
    sealed.register(Reset, ResetAnswer, ResetSeen)


def _role(group: str) -> str | Promise:
    """Return what people call a role; a group that is none keeps its name."""
    return Role(group).label if group in Role.values else group
