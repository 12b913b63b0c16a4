"""Whom to call, as people read it."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from outage import contacts

register = template.Library()


@register.filter
def when(value: datetime) -> str:
    """Return a time to come: today ``16:30``, else with its day, ``Monday 2026-11-23 07:30``."""
    local = timezone.localtime(value)
    today = local.date() == timezone.localdate()
    return local.strftime("%H:%M") if today else date_format(local, "l Y-m-d H:i")


@register.inclusion_tag("outage/_whom_to_call.html")
def the_till() -> dict[str, Any]:
    """Return at which number the till answers now; two statements."""
    return {"call": contacts.till(timezone.now())}
