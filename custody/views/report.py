"""An outage afterwards: its report as page and PDF, its rows as CSV, its sign-off."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import CONFLICT, carry_out, event, status_of
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.making import csv_file
from befreg_reserv.people.access import guarded, sent
from befreg_reserv.serving.budget import long_work
from custody.afterwards import deviations
from custody.afterwards import sign_off as signing
from custody.afterwards.refusals import NotFinished
from custody.afterwards.report import rows_csv
from custody.afterwards.report import words as report_text
from custody.afterwards.report.drawing import Bucket, draw
from custody.afterwards.report.figures import Report
from custody.afterwards.report.figures import report as report_of
from custody.afterwards.report.pdf import pdf
from custody.calls import unmet
from custody.forms.afterwards import SignOffForm
from custody.handouts import doubles, followup
from custody.logged import Logged
from custody.models import Handout
from custody.views import doubled
from outage.models import Outage

SEES_ROWS = "custody.see_all_wards"


def _outage(pk: int) -> Outage:
    return get_object_or_404(Outage.objects.select_related("plan"), pk=pk)


def over_time(curve: list[Bucket]) -> dict[str, Any]:
    """Return what ``custody/_over_time.html`` needs: the drawing, and the same figures."""
    drawing = draw(curve)
    return {
        "drawing": drawing,
        "axis": report_text.axis(drawing.across),
        "curve_note": report_text.curve_note(),
        "curve_heads": report_text.curve_heads(),
        "curve_rows": report_text.curve_rows(curve),
    }


@long_work
@guarded("custody.see_all_wards")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the report, as a page that can be printed too."""
    outage = _outage(pk)
    made = report_of(outage, timezone.now())
    looked_at(request, outage, *_shown(made), act=Logged.REPORT)
    context = {
        "outage": outage,
        "drill": outage.drill,
        "report": made,
        "doubled": doubled.shown(request, doubles.waiting().filter(doubles.in_outage(outage))),
        "title": report_text.title(made),
        "sections": report_text.sections(made),
        **over_time(made.curve),
    }
    return render(request, "custody/report.html", context)


def _shown(made: Report) -> list[Model]:
    """Return the objects whose numbers the report shows, each once."""
    listed = made.listed[: report_text.MOST_LISTED]
    shown = [*(row.shown for row in listed), *made.calls.unmet]
    return list({(type(row), row.pk): row for row in shown}.values())


@long_work
@guarded("custody.see_all_wards")
def report_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the report as a PDF file."""
    outage = _outage(pk)
    made = report_of(outage, timezone.now())
    paper = pdf(made)
    looked_at(request, outage, *_shown(made), act=Logged.REPORT_PDF)
    headers = csv_file.named(_name(outage, _("report"), "pdf"))
    return HttpResponse(paper, content_type="application/pdf", headers=headers)


@long_work
@guarded(SEES_ROWS)
def rows(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Return the handouts as a file; of many, the page that tells how far it is."""
    outage = _outage(pk)
    total = Handout.objects.filter(outage=outage).count()
    order = csv_file.order(
        request,
        back=reverse("outage:report", args=[outage.pk]),
        permission=SEES_ROWS,
        name=_name(outage, _("numbers"), "csv"),
        drill=outage.drill,
        total=total,
        parts=partial(_parts, request, outage),
    )
    return csv_file.answer(request, order)


def _parts(request: HttpRequest, outage: Outage) -> Iterator[tuple[int, str]]:
    """Yield the file in parts, with the handouts so far. What a part shows is logged before it.

    They are read once, for both: with a second reading a row could come in between, unlogged.
    """
    words, found, done = rows_csv.Words.of(drill=outage.drill), deviations.of(outage), 0
    yield done, rows_csv.head(words)
    for handouts in rows_csv.chunks(rows_csv.of_outage(outage)):
        looked_at(request, *handouts, act=Logged.REPORT_CSV)
        done += len(handouts)
        yield done, rows_csv.lines(handouts, words, found)
    others = [row for row in found if not isinstance(row.shown, Handout)]
    looked_at(request, *(row.shown for row in others), act=Logged.REPORT_CSV)
    yield done, rows_csv.other_lines(others, words)
    without = list(unmet.of(outage))
    looked_at(request, *without, act=Logged.REPORT_CSV)
    yield done, rows_csv.lines_without_number(without, words)


def _name(outage: Outage, what: str, ending: str) -> str:
    """Return what a file is called, ``driftstopp-2026-11-22-rapport.pdf``."""
    day = timezone.localdate(outage.started_at).isoformat()
    name = f"{_('outage')}-{day}-{what}.{ending}"
    if outage.drill:
        name = f"{_('DRILL')}-{name}"
    return name


@guarded("custody.sign_off", "GET", "POST")
def sign_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is missing, and sign the outage off when nothing is."""
    outage = _outage(pk)
    form = SignOffForm(sent(request))
    try:
        done = carry_out(form, lambda: signing.sign_off(pk, event(request), **form.cleaned_data))
    except NotFinished:
        return _sign_off_page(request, outage, form, CONFLICT)
    if done is None:
        return _sign_off_page(request, outage, form, status_of(form))
    messages.success(request, _("It is signed off."))
    return redirect(outage)


def _sign_off_page(
    request: HttpRequest, outage: Outage, form: SignOffForm, status: int
) -> HttpResponse:
    context = {
        "outage": outage,
        "drill": outage.drill,
        "form": form,
        "missing": signing.missing(outage),
        "never_read_back": followup.never_read_back(outage).count(),
        "signed_off": outage.sign_offs.select_related("by").last(),
        "refused": status == CONFLICT,
    }
    return render(request, "custody/sign_off.html", context, status=status)
