"""A file of rows: sent at once if there are few, else made beside the request, with its page."""

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from befreg_reserv.making import views as making
from befreg_reserv.making.files import Order, Parts
from befreg_reserv.people.access import person

CSV = "text/csv; charset=utf-8"
MOST_AT_ONCE = 500  # rows of a file that a person waits for: half a second


def order(
    request: HttpRequest,
    *,
    back: str,
    permission: str,
    name: str,
    drill: bool,
    total: int,
    parts: Parts,
) -> Order:
    """Return the order for a file of ``total`` rows, for the person who asks."""
    return Order(
        address=request.get_full_path(),
        back=back,
        person=person(request).pk,
        session=str(request.session.session_key),
        permission=permission,
        name=name,
        content_type=CSV,
        drill=drill,
        total=total,
        parts=parts,
    )


def answer(request: HttpRequest, wanted: Order) -> HttpResponseBase:
    """Return the file; of many rows, lead to the page that tells how far it is."""
    if wanted.total > MOST_AT_ONCE:
        return making.made(request, wanted)
    file = [text for _done, text in wanted.parts()]
    return StreamingHttpResponse(file, content_type=CSV, headers=named(wanted.name))


def named(name: str) -> dict[str, str]:
    """Return the header that lets a browser keep an answer under this name."""
    return {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""
    }
