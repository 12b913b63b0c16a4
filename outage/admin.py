"""Registers of this app in Django's admin, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from befreg_reserv.audit.read_only import ReadOnlyAdmin, ReadOnlyInline
from outage.models import (
    Contact,
    ContactDay,
    ContactHours,
    Doubt,
    DrillTargets,
    Need,
    NewsItem,
    Outage,
    Plan,
    PlanChange,
    Reading,
    Tick,
    TimelineEntry,
)


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


class Changes(ReadOnlyInline):
    """What was announced, changed and cancelled."""

    model = PlanChange
    seen_with = "outage.view_plan"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("by")


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    """Planned outages; they are announced and changed on pages of their own."""

    list_display = ["planned_start", "planned_end", "drill", "all_wards", "cancelled_at", "reason"]
    list_filter = ["drill"]
    inlines = [Changes]


@admin.register(Need)
class NeedAdmin(ReadOnlyAdmin):
    """What wards need for planned outages, as they have stated it."""

    list_display = ["plan__planned_start", "ward", "women", "men", "registers_late", "answered_at",
                    "answered_by", "concerned"]  # fmt: skip
    list_select_related = ["plan", "ward__clinic", "answered_by"]


class Points(ReadOnlyInline):
    """Which points were checked, and which were skipped."""

    model = Tick
    seen_with = "outage.view_doubt"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("by")


@admin.register(Doubt)
class DoubtAdmin(ReadOnlyAdmin):
    """First doubts, including those that led to no outage."""

    list_display = ["opened_at", "closed_at", "outcome", "drill"]
    list_filter = ["drill", "outcome"]
    list_select_related = ["outage"]
    inlines = [Points]


@admin.register(Reading)
class ReadingAdmin(ReadOnlyAdmin):
    """What the probe has seen, try by try."""

    list_display = ["at", "target", "result", "status", "milliseconds", "detail"]
    list_filter = ["result"]
    ordering = ["-id"]  # as they were stored: no index is by time alone


@admin.register(NewsItem)
class NewsItemAdmin(ReadOnlyAdmin):
    """Items of the IT news, including those that have left the feed."""

    list_display = ["title", "published_at", "first_seen_at", "last_seen_at"]
    ordering = ["-id"]


class HoursInline(ReadOnlyInline):
    """When a contact answers; without a row, at any time."""

    model = ContactHours


class DaysInline(ReadOnlyInline):
    """Single days that are unlike the others; without times, nobody answers all day."""

    model = ContactDay


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    """Whom to call; their own pages change them."""

    list_display = ["name", "number", "purpose", "position", "active"]
    list_filter = ["purpose", "active"]
    inlines = [HoursInline, DaysInline]


@admin.register(DrillTargets)
class DrillTargetsAdmin(ReadOnlyAdmin):
    """How fast a drill should go: one row, which a migration creates."""

    list_display = ["__str__", "call_to_number_seconds", "close_out_minutes"]
