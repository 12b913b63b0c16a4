"""What of the people is written to the audit log, and what can't be deleted."""

from auditlog.registry import auditlog
from django.contrib.auth.models import Group

from befreg_reserv.audit import triggers
from befreg_reserv.people.models import Clinic, Membership, User, Ward


def register() -> None:
    """Register the models people change, and protect the rows that history mentions."""
    auditlog.register(
        User, exclude_fields=["last_login"], mask_fields=["password"], m2m_fields={"groups"}
    )
    auditlog.register(Group, m2m_fields={"permissions"})
    auditlog.register(Clinic, exclude_fields=["key"])
    auditlog.register(Ward, exclude_fields=["key"])
    auditlog.register(Membership)
    triggers.register(triggers.undeletable(User), triggers.undeletable(Ward))
