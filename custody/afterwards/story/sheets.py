"""Sheets that were missing, counts, and sheets that don't belong to their binder."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from custody.afterwards.belonging import counts_of
from custody.afterwards.merged import Source
from custody.afterwards.story.happening import Happening, recorded
from custody.models import ForeignSheet, Quarantine
from outage.models import Outage


def of_missing(missing: QuerySet[Quarantine]) -> list[Source]:
    """Return the sources of these missing sheets and of their explanations."""
    about = ("number__binder", "recorded_by")
    explained = missing.filter(explained_at__isnull=False)
    return [
        Source(missing, "found_at", _missed, about),
        Source(explained, "explained_at", _explained, about),
    ]


def of_counts(outage: Outage, *, linked: bool) -> list[Source]:
    """Return the sources of an outage's counts; ``linked``: and of what the counts show."""
    counted = partial(_counted, linked=linked)
    return [
        Source(counts_of(outage), "at", counted, ("binder", "recorded_by")),
        *(_of_foreign_sheets(outage) if linked else []),
    ]


def _of_foreign_sheets(outage: Outage) -> list[Source]:
    counts = counts_of(outage).order_by().values("pk")
    return of_foreign(ForeignSheet.objects.filter(count__in=counts))


def of_foreign(sheets: QuerySet[ForeignSheet]) -> list[Source]:
    """Return the sources of sheets that lay in a foreign binder, and of their explanations."""
    sheets = sheets.annotate(found_at=F("count__at"))
    explained = sheets.filter(explained_at__isnull=False)
    return [
        Source(sheets, "found_at", _foreign, ("count__recorded_by",)),
        Source(explained, "explained_at", _foreign_explained),
    ]


def _missed(quarantine: Quarantine, at: datetime) -> Happening:
    return Happening(
        at,
        quarantine.found_by,
        _("Sheet missing"),
        text=quarantine.reason,
        number=quarantine.number.value,
        shown=quarantine,
        **recorded(at, quarantine.found_by, quarantine),
    )


def _explained(quarantine: Quarantine, at: datetime) -> Happening:
    return Happening(
        at,
        quarantine.explained_by,
        _("Missing sheet explained"),
        text=quarantine.explanation,
        number=quarantine.number.value,
        shown=quarantine,
    )


def _foreign(sheet: ForeignSheet, at: datetime) -> Happening:
    return Happening(
        at,
        sheet.count.by,
        _("A sheet that doesn't belong there"),
        detail=str(sheet.get_kind_display()),
        number=sheet.value,
        shown=sheet,
        **recorded(at, sheet.count.by, sheet.count),
    )


def _foreign_explained(sheet: ForeignSheet, at: datetime) -> Happening:
    return Happening(
        at,
        sheet.explained_by,
        _("Sheet that didn't belong there explained"),
        text=sheet.explanation,
        number=sheet.value,
        shown=sheet,
    )


def _counted(count: Any, at: datetime, *, linked: bool) -> Happening:
    varies = count.missing or count.surplus or count.foreign
    found = variance_in_words(count) if varies else _("No variance")
    return Happening(
        at,
        count.by,
        _("Binder counted"),
        # The reason may quote a number that stood on a sheet.
        text=count.reason if linked else "",
        detail=f"{count.binder}: {found}",
        link=count.get_absolute_url() if linked else "",
        **recorded(at, count.by, count),
    )


def variance_in_words(count: Any) -> str:
    """Return a count's variance in words. ``count`` comes from ``counts_of``."""
    figures = {"missing": count.missing, "surplus": count.surplus}
    text = _("%(missing)d missing, %(surplus)d too many") % figures
    if not count.foreign:
        return text
    foreign = ngettext(
        "%(number)d sheet that doesn't belong there",
        "%(number)d sheets that don't belong there",
        count.foreign,
    )
    return f"{text}, {foreign % {'number': count.foreign}}"
