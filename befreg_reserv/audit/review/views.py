"""The review page of the audit log. ``befreg_reserv.urls`` says who may open it."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review import names, pages
from befreg_reserv.audit.review.forms import SearchForm
from befreg_reserv.audit.review.meaning import Meaning, meaning, units
from befreg_reserv.audit.review.shown import ShownEntry, explained


def log(request: HttpRequest) -> HttpResponse:
    """List what was done, by whom, to which number; the newest first."""
    form = SearchForm(request.GET)
    if not form.is_valid():
        return _page(request, form, pages.Page([]), Meaning([]), status=HTTPStatus.BAD_REQUEST)
    search = form.search()
    found = meaning(**search.texts)
    page = pages.page(search, found, pages.Cursor.read(request.GET))
    _record(request, search, found)
    return _page(request, form, page, found)


def _record(request: HttpRequest, search: pages.Search, found: Meaning) -> None:
    """Write that the log was looked at: it shows patients' numbers (HSLF-FS 2016:40).

    One entry for each number and unit that was searched for, so that each patient's log shows it;
    and one for each number that the page offers as a choice.
    """
    now, action = timezone.now(), LogEntry.Action.ACCESS
    about = {(asked.get("number", ""), asked.get("unit", "")) for asked in found.columns}
    about |= {(number, "") for number in found.offered_numbers}
    trail.write(
        *(
            trail.entry(
                LogEntry(number=number, unit=unit),
                Logged.REVIEW,
                actor=request.user,  # type: ignore[arg-type]
                at=now,
                changes=search.asked,
                action=action,
            )
            for number, unit in sorted(about or {("", "")})
        )
    )


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
        "units": units(),
        "asked": [field for field in form if field.data],
    }
    return render(request, "audit/log.html", context, status=status)
