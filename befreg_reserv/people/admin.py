"""The plain registers in Django's admin: people, clinics, wards."""

from typing import Any

from auditlog import admin as auditlog_admin  # registers the log, which has a page of its own
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit.read_only import ReadOnly, ReadOnlyAdmin
from befreg_reserv.people.models import Clinic, User, Ward
from befreg_reserv.text import sort_key, words

admin.site.site_header = "Befreg reserv"
admin.site.site_title = "Befreg reserv"
admin.site.index_title = _("Registers")
admin.site.unregister((auditlog_admin.LogEntry, Group))


class Kept(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when run
    """A register whose rows history mentions: they change, but never go."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FoundBySwedishName(Kept):
    """Finds å by Å, which neither SQLite nor a C-locale PostgreSQL does by itself."""

    search_fields = ["key"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, sort_key(search_term))


@admin.register(User)
class PersonAdmin(ReadOnlyAdmin):
    """People to look at; their own pages change them (``people.staff``)."""

    list_display = ["username", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username"]
    fields = ["username", "is_active", "groups", "language", "email", "last_login"]


@admin.register(Group)
class RoleAdmin(ReadOnly, GroupAdmin):
    """Roles and their rights, read-only: the code says what a role may do."""


@admin.register(Clinic)
class ClinicAdmin(ReadOnly, FoundBySwedishName):
    """Clinics to look at; their own pages change them (``people.wards.clinics``)."""

    list_display = ["name", "opened_on", "closed_on"]
    sortable_by = []  # the stored order is the Swedish one


@admin.register(Ward)
class WardAdmin(Kept):
    """Wards. A typed-in one gets a clinic and is confirmed, or refers to the right ward."""

    list_display = [
        "name",
        "clinic",
        "hsa_id",
        "telephone",
        "email",
        "confirmed",
        "same_as",
        "drill",
    ]
    list_filter = ["drill", "confirmed"]
    list_select_related = ["clinic", "same_as__clinic"]
    autocomplete_fields = ["same_as"]
    search_fields = ["searched"]
    sortable_by = []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search as at the till, by any part. The key won't do: it has lengths before numbers."""
        folded = " ".join(words(search_term))
        return super().get_search_results(request, queryset, folded)
