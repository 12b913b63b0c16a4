"""Which changes to people and wards the audit log records, and which rows can't be deleted."""

from django.contrib.auth.models import Group
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit import triggers
from befreg_reserv.audit.review import names
from befreg_reserv.audit.watched import watch
from befreg_reserv.people.models import Alias, Clinic, Membership, User, Ward
from befreg_reserv.people.roles import Role


def register() -> None:
    """Register the models people change, and protect the rows that history mentions."""
    names.register(Group, _("roles"), _role)
    watch(User, without=["last_login"], mask_fields=["password"], m2m_fields={"groups"})
    watch(Group, m2m_fields={"permissions"})
    watch(Clinic, without=["key"])
    watch(Ward, without=["key", "searched"])
    watch(Alias, without=["key"])
    watch(Membership)
    triggers.register(
        triggers.undeletable(User),
        triggers.unchangeable(User, "username"),  # history identifies people by it
        triggers.undeletable(Clinic),
        triggers.undeletable(Ward),
        triggers.unchangeable(Ward, "drill"),
    )


def _role(group: str) -> str | Promise:
    """Return what people call a role; a group that is none keeps its name."""
    return Role(group).label if group in Role.values else group
