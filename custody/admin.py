"""Binders, numbers and handouts in Django's admin: to look at. Acts have pages of their own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from befreg_reserv.read_only import ReadOnlyAdmin, ReadOnlyInline
from custody.models import Binder, Handout, HandoutStep, MergeNotice, Quarantine, ReserveNumber


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
