"""Binders, numbers and handouts in Django's admin, read-only. Acts have pages of their own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from befreg_reserv.audit.read_only import ReadOnlyAdmin, ReadOnlyInline
from custody.models import (
    Binder,
    Count,
    CountLine,
    ForeignSheet,
    Handout,
    HandoutStep,
    LateRegistration,
    MergeNotice,
    PreparedNumber,
    Quarantine,
    Reminder,
    ReserveNumber,
    SignOff,
    SwitchItem,
)


@admin.register(Binder)
class BinderAdmin(ReadOnlyAdmin):
    """Binders."""

    list_display = ["name", "training", "birth_date"]


@admin.register(ReserveNumber)
class ReserveNumberAdmin(ReadOnlyAdmin):
    """Every number that any binder ever held."""

    seen_with = "custody.view_binder"
    list_display = ["value", "binder", "tab", "sex", "training", "taken_at"]
    list_filter = ["training", "binder"]
    list_select_related = ["binder"]
    search_fields = ["value"]


class Recorded(ReadOnlyInline):
    """What was recorded about a handout, and by whom."""

    seen_with = "custody.see_all_wards"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("recorded_by")


class Steps(Recorded):
    """The handout's history."""

    model = HandoutStep


class Notices(Recorded):
    """Its notices in RAPS, the withdrawn ones too."""

    model = MergeNotice


@admin.register(Handout)
class HandoutAdmin(ReadOnlyAdmin):
    """Every ward's handouts."""

    seen_with = "custody.see_all_wards"
    list_display = ["number__value", "ward", "state", "handed_out_at", "caller"]
    list_filter = ["state"]
    list_select_related = ["number", "ward__clinic"]
    search_fields = ["number__value", "real_identity", "caller"]
    inlines = [Steps, Notices]


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyAdmin):
    """Missing sheets; they are explained on the overview."""

    seen_with = "custody.view_binder"
    list_display = ["number__value", "found_at", "found_by", "explained_at", "explanation"]
    list_select_related = ["number"]
    search_fields = ["number__value"]


@admin.register(Count)
class CountAdmin(ReadOnlyAdmin):
    """When the binders were counted, and by whom."""

    list_display = ["at", "by", "binder", "recorded_at", "recorded_by", "reason"]
    list_select_related = ["binder", "recorded_by"]


@admin.register(CountLine)
class CountLineAdmin(ReadOnlyAdmin):
    """What lay there at each count. Not inline: each number that is shown is logged."""

    seen_with = "custody.view_count"
    list_display = ["count__at", "number__value", "expected", "found", "meanwhile", "destroyed_at"]
    list_select_related = ["count", "number"]
    ordering = ["-id"]
    search_fields = ["number__value"]


@admin.register(ForeignSheet)
class ForeignSheetAdmin(ReadOnlyAdmin):
    """What lay in a binder and isn't one of its numbers. Each that is shown is logged."""

    seen_with = "custody.view_count"
    list_display = ["count__at", "value", "kind", "explained_at", "explained_by", "explanation"]
    list_filter = ["kind"]
    list_select_related = ["count"]
    ordering = ["-id"]
    search_fields = ["value"]


@admin.register(PreparedNumber)
class PreparedNumberAdmin(ReadOnlyAdmin):
    """Every ward's prepared numbers."""

    seen_with = "custody.see_all_wards"
    list_display = ["value", "ward", "plan__planned_start", "training", "outcome", "marked_at"]
    list_filter = ["training", "outcome"]
    list_select_related = ["ward__clinic", "plan"]
    search_fields = ["value"]


@admin.register(LateRegistration)
class LateRegistrationAdmin(ReadOnlyAdmin):
    """Every ward's late registrations, done or still open."""

    seen_with = "custody.see_all_wards"
    list_display = ["treated_at", "ward", "place", "outage__drill", "number", "registered_at",
                    "struck_at"]  # fmt: skip
    list_select_related = ["ward__clinic", "outage"]
    search_fields = ["number"]


@admin.register(SignOff)
class SignOffAdmin(ReadOnlyAdmin):
    """Which outages were signed off, and by whom."""

    list_display = ["at", "by", "outage__started_at", "outage__drill", "text"]
    list_select_related = ["by", "outage"]


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    """Which mails went out about open handouts, and what became of them."""

    seen_with = "custody.see_all_wards"
    list_display = ["claimed_at", "ward", "sequence", "handouts", "to", "sent_at", "failure",
                    "outage__drill"]  # fmt: skip
    list_select_related = ["ward__clinic", "outage"]


@admin.register(SwitchItem)
class SwitchItemAdmin(ReadOnlyAdmin):
    """What must be switched over to a real number; its own pages change it."""

    list_display = ["name", "hint", "position", "active"]
    list_filter = ["active"]
