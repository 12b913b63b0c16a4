"""The routine on pages: the version that holds today, and who may read it."""

from typing import Any

from django import template
from django.utils import timezone

from outage.routine import readers, text

register = template.Library()


@register.simple_tag
def the_routine() -> text.Text:
    """Return the routine as it holds today; one statement."""
    return text.in_force(timezone.localdate())


@register.simple_tag(takes_context=True)
def may_read_routine(context: dict[str, Any]) -> bool:
    """Tell whether whoever asks for the page may read the routine without signing in."""
    request = context.get("request")
    return request is not None and readers.reads(request)
