"""The review page of the audit log. Who may open it is said in the composition root."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string

from befreg_reserv.audit import review, trail
from befreg_reserv.audit.forms import SearchForm
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.shown import Row

BAD_FORM = 400


def log(request: HttpRequest) -> HttpResponse:
    """List what was done, by whom, to which number; the newest first."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _page(request, form, review.Page([]), status=BAD_FORM)
    search = form.search()
    page = review.page(search, review.Cursor.read(request.GET))
    _record(request, search)
    return _page(request, form, page)


def _record(request: HttpRequest, search: review.Search) -> None:
    """Write that the log was looked at: it shows patients' numbers (HSLF-FS 2016:40)."""
    trail.record(
        LogEntry(number=search.number, unit=search.unit),
        "review",
        actor=request.user,
        at=timezone.now(),
        changes=search.asked,
        action=LogEntry.Action.ACCESS,
    )


def _page(
    request: HttpRequest, form: SearchForm, page: review.Page, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [Row(entry) for entry in page.entries],
        "units": import_string(settings.AUDIT_UNITS)(),
        "asked": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "audit/log.html", context, status=status)
