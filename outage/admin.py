"""Registers of this app in Django's admin: contacts are edited there, history is only viewed."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit.read_only import ReadOnlyAdmin, ReadOnlyInline
from befreg_reserv.people.admin import Kept
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


class HoursForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when run
    """One row of hours."""

    class Meta:
        model = ContactHours
        fields: ClassVar = ["weekday", "opens", "closes"]
        help_texts: ClassVar = {"closes": _("23:59 is until midnight.")}


class HoursInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic when run
    """When a contact answers; without a row, at any time."""

    model = ContactHours
    form = HoursForm
    extra = 1


class DaysInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic when run
    """Single days that are unlike the others; without times, nobody answers all day."""

    model = ContactDay
    extra = 1


@admin.register(Contact)
class ContactAdmin(Kept):
    """Whom to call. A contact that is no longer needed is set inactive, never deleted."""

    list_display = ["name", "number", "purpose", "position", "active"]
    list_filter = ["purpose", "active"]
    sortable_by = []  # the stored order is the one in which they are tried
    inlines = [HoursInline, DaysInline]


@admin.register(DrillTargets)
class DrillTargetsAdmin(Kept):
    """How fast a drill should go: one row, which a migration creates."""

    list_display = ["__str__", "call_to_number_seconds", "close_out_minutes"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
