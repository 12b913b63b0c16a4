"""The warning about a wrong clock, for the pages that are used during an outage."""

from typing import Any

from django import template

from befreg_reserv.health import wrong_clock

register = template.Library()


@register.inclusion_tag("_wrong_clock.html")
def wrong_clock_warning() -> dict[str, Any]:
    """Warn, with both times, if this server's clock is contradicted; otherwise show nothing.

    At most two statements.
    """
    return {"wrong": wrong_clock.found()}
