"""How times, fields and numbers are shown, the same on every page."""

from datetime import datetime

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def moment(value: datetime | None) -> str:
    """Return a time as ``2026-11-22 14:05`` in the hospital's time zone."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else ""


@register.filter
def clock(value: datetime) -> str:
    """Return a time of today as ``14:05``, of another day with its date."""
    local = timezone.localtime(value)
    today = local.date() == timezone.localdate()
    return local.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")


@register.filter
def age(value: datetime) -> str:
    """Return how long ago something was, to the minute: ``3 min``, ``2 h 5 min``, ``4 d 1 h``."""
    seconds = max(0, int((timezone.now() - value).total_seconds()))
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}


@register.filter
def styled(field: BoundField) -> SafeString:
    """Return the field's widget in the design system's dress."""
    return field.as_widget(attrs={"class": "ds-input"})
