"""What the pages of those who carry an outage say of a wrong clock."""

from typing import Any

from django import template

from befreg_reserv.health import wrong_clock

register = template.Library()


@register.inclusion_tag("_wrong_clock.html")
def wrong_clock_warning() -> dict[str, Any]:
    """Say in words, with both times, that this server's clock is contradicted; else nothing.

    At most two statements.
    """
    return {"wrong": wrong_clock.found()}
