"""Whom to call, as people read it."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from befreg_reserv.times import clock, moment
from outage.calling import contacts

register = template.Library()


@register.filter
def when(value: datetime) -> str:
    """Return a future time: ``16:30`` today, otherwise ``Monday 2026-11-23 07:30``."""
    local = timezone.localtime(value)
    today = local.date() == timezone.localdate()
    return clock(value) if today else f"{date_format(local, 'l')} {moment(value)}"


@register.simple_tag
def calls_now() -> contacts.Calls:
    """Return whom to call now, for each purpose; two statements."""
    return contacts.calls(timezone.now())


@register.inclusion_tag("outage/_administrator.html")
def the_administrator(css: str = "number") -> dict[str, Any]:
    """Show how to reach the system administrator now; two statements."""
    return {"calls": contacts.calls(timezone.now()), "css": css}
