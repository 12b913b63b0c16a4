"""Whether a board has anything new to show. Each asks every few seconds, and mostly it has not."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from befreg_reserv import times
from befreg_reserv.audit import changed
from outage.models import Reading

# In the address: what the board was made from that is shown.
MARK = "mark"


def mark() -> str:
    """Return a mark of all that a board shows, in one statement; read it before the board.

    It differs after each act and each try of the probe, and with each minute: ages grow, limits
    pass, and the journal, a file, is looked at.
    """
    probes = settings.PROBE_TARGETS or settings.PROBE_FEED
    made_from = changed.mark(*([Reading] if probes else []))
    return f"{made_from}.{minute()}" if made_from else ""


def minute() -> str:
    """Return which minute it is, of all time."""
    return f"{timezone.now():%Y%m%d%H%M}"


def nothing(request: HttpRequest, now: str) -> HttpResponse | None:
    """Return the answer that there is nothing new, or None; ``now``: the mark of now.

    It says when, so that the page can.
    """
    if not now or request.GET.get(MARK) != now:
        return None
    return HttpResponse(status=204, headers={"Heard": times.clock_seconds(timezone.now())})
