"""Outages in Django's admin: to look at. They are started and ended on their own pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from befreg_reserv.read_only import ReadOnlyAdmin, ReadOnlyInline
from outage.models import Outage, TimelineEntry


class Timeline(ReadOnlyInline):
    """Who did what."""

    model = TimelineEntry
    seen_with = "outage.view_outage"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("recorded_by")


@admin.register(Outage)
class OutageAdmin(ReadOnlyAdmin):
    """Outages and drills."""

    list_display = ["started_at", "ended_at", "kind", "drill"]
    list_filter = ["drill", "kind"]
    inlines = [Timeline]
