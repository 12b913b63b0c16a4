"""Django's admin for history: it can be viewed, never changed."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse

from befreg_reserv.audit.trail import looked_at


class ReadOnly:
    """Refuses to add, change and delete, to superusers too: history has writers of its own.

    ``seen_with`` is the permission to view, if it isn't the model's own.
    """

    seen_with = ""
    opts: Any

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        own = f"{self.opts.app_label}.view_{self.opts.model_name}"
        return request.user.has_perm(self.seen_with or own)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not generic when run
    """Lists and shows rows. Each row that is shown is written to the audit log."""

    actions = None
    sortable_by = ()  # only the model's own order is indexed
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show a page of rows, after writing that they were shown."""
        response = super().changelist_view(request, extra_context)
        changes = getattr(response, "context_data", {}).get("cl")
        if changes:
            looked_at(request, *changes.result_list)
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show one row, after writing that it was shown."""
        looked_at(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)


class ReadOnlyInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to a row of history, on its page."""

    extra = 0
    can_delete = False
