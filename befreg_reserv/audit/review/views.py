"""The review page of the audit log. ``befreg_reserv.urls`` says who may open it."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from befreg_reserv.audit.review import names, pages, periods
from befreg_reserv.audit.review.asking import QUESTIONS
from befreg_reserv.audit.review.forms import SearchForm
from befreg_reserv.audit.review.meaning import Meaning, meaning, units
from befreg_reserv.audit.review.recording import record
from befreg_reserv.audit.review.shown import ShownEntry, explained


def log(request: HttpRequest) -> HttpResponse:
    """List what was done, by whom, to which number; the newest first."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _page(request, form, pages.Page([]), Meaning([]), status=HTTPStatus.BAD_REQUEST)
    search = form.search()
    found = meaning(**search.texts)
    page = pages.page(search, found, pages.Cursor.read(request.GET))
    about = {(asked.get("number", ""), asked.get("unit", "")) for asked in found.columns}
    record(request, search, about, found.offered_numbers)
    return _page(request, form, page, found)


def _page(
    request: HttpRequest, form: SearchForm, page: pages.Page, found: Meaning, status: int = 200
) -> HttpResponse:
    called = names.of(page.entries)
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [ShownEntry(entry, called) for entry in page.entries],
        "meant": [explained(part, request.GET, found.too_wide) for part in found.parts],
        "unanswered": bool(found.unknown or found.too_wide),
        "kinds": QUESTIONS.values(),
        "units": units(),
        "periods": periods.offered(request.GET, timezone.now()),
        "asked": [field for field in form if field.data],
    }
    return render(request, "audit/log.html", context, status=status)
