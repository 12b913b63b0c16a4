"""What each person chooses for themselves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from befreg_reserv.addresses import own_address
from befreg_reserv.people.access import guarded, person


@guarded(None, "POST")
def single_keys(request: HttpRequest) -> HttpResponse:
    """Turn the keys of one letter on or off for the signed-in person."""
    user = person(request)
    user.single_keys = request.POST.get("on") == "1"
    user.save(update_fields=["single_keys"])
    return redirect(own_address(request.POST.get("next", "")) or "door")
