"""The four roles, as Django groups. Each app says what a role may do with its own things."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db.models import TextChoices
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """The value is the group's name in the database and on the command line."""

    TILL = "till", _("Till")
    WARD = "ward", _("Ward")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = (
        "auditor",
        _("Auditor"),
    )  # reads everything; judges samples of the log, and changes nothing else


# Who may enter Django's admin: one to keep the registers, the other to read them.
STAFF_ROLES = frozenset({Role.ADMINISTRATOR.value, Role.AUDITOR.value})

Grants = Mapping[Role, tuple[str, ...]]


def grant_after_migrate(app: AppConfig, grants: Grants) -> None:
    """After every migration, give the roles exactly these permissions of ``app``.

    ``grants``: role → codenames of the app's permissions. The code alone says what a role may do:
    a permission given or taken by hand lasts until the next migration at most. After a migration
    and not in one, because Django creates permissions then.
    """

    def grant(*, using: str, apps: Any = installed, **_kwargs: object) -> None:
        # Django may create them only after this, and then a first migration would grant nothing.
        create_permissions(app, using=using, apps=apps, verbosity=0)
        groups = apps.get_model("auth", "Group").objects.using(using)
        permissions = apps.get_model("auth", "Permission").objects.using(using)
        own = permissions.filter(content_type__app_label=app.label)
        for role in Role:
            group, _created = groups.get_or_create(name=role.value)
            granted = grants.get(role, ())
            group.permissions.remove(*own.exclude(codename__in=granted))
            group.permissions.add(*own.filter(codename__in=granted))

    post_migrate.connect(grant, sender=app, weak=False, dispatch_uid=f"grants of {app.label}")
