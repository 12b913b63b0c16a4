"""What a locked screen still shows at the till: how it stands, and nothing of any patient."""

from typing import Any, NamedTuple

from django import template
from django.http import HttpRequest

from befreg_reserv.people.signing_in import enrolled, idle
from custody.binder import contents
from custody.binder.contents import Stock
from outage import ongoing
from outage.models import Outage

register = template.Library()


class LockedStanding(NamedTuple):
    """The real outage that goes on, if any, and what is left in the binders."""

    outage: Outage | None
    stock: Stock


@register.simple_tag(takes_context=True)
def how_it_stands(context: dict[str, Any]) -> LockedStanding | None:
    """Return what anybody at the till may see; None elsewhere. Two statements."""
    request = context.get("request")
    if request is None or not _is_at_till(request):
        return None
    outage = next((each for each in ongoing.outages() if not each.drill), None)
    return LockedStanding(outage, contents.stock(training=False))


def _is_at_till(request: HttpRequest) -> bool:
    """Tell whether this is an enrolled workstation, or locked by somebody with the board."""
    person = idle.behind_lock(request)
    of_board = person is not None and person.has_perm("custody.see_all_wards")
    return of_board or enrolled.seen(request) is not None
