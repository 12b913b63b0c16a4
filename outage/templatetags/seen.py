"""What the probe has seen; only pages with this tag run its statements."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils import timezone

from outage.models import Outage
from outage.signals.seen import Seen, seen

register = template.Library()


@register.simple_tag(takes_context=True)
def seen_now(context: dict[str, Any]) -> Seen | None:
    """Return what was seen, or None when nothing is configured: see ``outage.signals.seen``."""
    return seen(context["ongoing_outages"], timezone.now())


@register.filter
def of_a_kind(outages: Iterable[Outage], drill: bool) -> list[Outage]:  # noqa: FBT001  a filter's
    """Return the real ones of these outages, or the drills: a page is about one of the two."""
    return [outage for outage in outages if outage.drill == drill]


@register.filter
def shown_at(item: Any) -> Any:
    """Return the time from which a news item's age counts: its own, or when it was first seen."""
    return item.published_at or item.first_seen_at
