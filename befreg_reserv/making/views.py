"""The page of a file that is being made, and the file."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django_htmx.middleware import HtmxDetails

from befreg_reserv import waits
from befreg_reserv.making import files
from befreg_reserv.making.files import File, Full, Order
from befreg_reserv.people.access import guarded, may, person
from befreg_reserv.people.signing_in import idle

UNAVAILABLE = 503


def made(request: HttpRequest, order: Order) -> HttpResponse:
    """Have a file made, and lead to its page."""
    try:
        return redirect("making:file", files.order_or_join(order).pk)
    except Full:
        seconds = waits.RETRY_LONG_SECONDS
        page = render(request, "too_much.html", {"seconds": seconds}, status=UNAVAILABLE)
        page.headers["Retry-After"] = str(seconds)
        return page


@idle.not_activity
@guarded(None)
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far the file is; the page asks for this piece again until it has ended."""
    found = _find(request, pk)
    context = {"file": found, "drill": found.order.drill}
    piece = bool(HtmxDetails(request))
    return render(request, "making/_file.html" if piece else "making/file.html", context)


@guarded(None)
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the file. That its rows were shown was logged when it was made."""
    found = _find(request, pk)
    if found.content is None:
        return redirect("making:file", pk)
    found.fetched = True
    name = content_disposition_header(as_attachment=True, filename=found.order.name) or ""
    headers = {"Content-Disposition": name}
    return HttpResponse(found.content, content_type=found.order.content_type, headers=headers)


@guarded(None, "POST")
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget the file, made or not."""
    found = _find(request, pk)
    files.drop(found)
    return redirect(found.order.back)


def _find(request: HttpRequest, pk: int) -> File:
    """Return the file of this session, if its person may still have it; 404 otherwise."""
    user = person(request)
    found = files.find(pk, request.session.session_key, user.pk)
    if found is None or not may(user, found.order.permission):
        raise Http404
    return found
