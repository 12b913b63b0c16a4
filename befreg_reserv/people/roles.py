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
    AUDITOR = "auditor", _("Auditor")  # reads everything, changes nothing


Grants = Mapping[Role, tuple[str, ...]]


def grant_after_migrate(app: AppConfig, grants: Grants) -> None:
    """See to it that, after every migration of ``app``, the roles hold its ``grants``.

    ``grants``: role → codenames of the app's permissions. They are added, never taken away, so
    that an administrator's own additions stay. After a migration rather than in one, because
    Django creates permissions then.
    """

    def grant(*, using: str, apps: Any = installed, **_kwargs: object) -> None:
        # Django's own turn may come after ours, and then a first migration would grant nothing.
        create_permissions(app, using=using, apps=apps, verbosity=0)
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
        for role, codenames in grants.items():
            group, _created = group_model.objects.using(using).get_or_create(name=role.value)
            missing = (
                permission_model.objects.using(using)
                .filter(content_type__app_label=app.label, codename__in=codenames)
                .exclude(group=group)
            )
            group.permissions.add(*missing)

    post_migrate.connect(grant, sender=app, weak=False, dispatch_uid=f"grants of {app.label}")
