"""What every page says about outages."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from outage.ongoing import outages


def ongoing(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``ongoing_outages``: the real one first, then the drill; one statement."""
    # A request may be refused, for instance for its Host, before its user is set.
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"ongoing_outages": []}
    return {"ongoing_outages": SimpleLazyObject(outages)}
