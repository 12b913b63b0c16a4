"""The extract of the log that a patient may ask for: shown, as PDF, and as a file for Excel."""

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import status_of
from befreg_reserv.audit.review.recording import record
from befreg_reserv.making import csv_file
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people.access import guarded, sent
from befreg_reserv.serving.budget import long_work
from custody.afterwards import extract as extracts
from custody.afterwards.extract import Extract
from custody.forms.extract import ExtractForm
from custody.logged import Logged

MOST_SHOWN = 100  # entries on the page; the files have all


class _File(NamedTuple):
    """A way in which an extract is given out: its act, its kind, and what makes it."""

    act: TextChoices
    content_type: str
    content: Callable[[Extract], bytes]


def _csv(made: Extract) -> bytes:
    return "".join(extracts.csv(made)).encode()


FILES = {
    "pdf": _File(Logged.EXTRACT_PDF, "application/pdf", extracts.pdf),
    "csv": _File(Logged.EXTRACT_CSV, csv_file.CSV, _csv),
}


@long_work
@guarded("audit.view_logentry", "GET", "POST")
@may_be_sent_twice
def extract(request: HttpRequest) -> HttpResponse:
    """Show a patient's extract, or return it as a file.

    It is sent as a form, so that no number stands in an address.
    """
    form = ExtractForm(sent(request))
    if not form.is_valid():
        return _page(request, form)
    made = extracts.extract(form.identity, form.search(), timezone.now())
    wanted = request.POST.get("as", "")
    file = FILES.get(wanted)
    about = [(number, "") for number in made.numbers]
    record(request, made.search, about, act=file.act if file else Logged.EXTRACT)
    if file is None:
        return _page(request, form, made)
    headers = csv_file.named(_name(made, wanted))
    return HttpResponse(file.content(made), content_type=file.content_type, headers=headers)


def _name(made: Extract, ending: str) -> str:
    """Return what the file is called; the number isn't in it, since folders are seen by others."""
    words = _("log-extract")
    name = f"{words}-{timezone.localdate(made.at).isoformat()}.{ending}"
    return f"{_('DRILL')}-{name}" if made.identity.training else name


def _page(request: HttpRequest, form: ExtractForm, made: Extract | None = None) -> HttpResponse:
    context = {
        "form": form,
        "made": made,
        "lines": made.lines[:MOST_SHOWN] if made else [],
        "cut": made and len(made.rows) > MOST_SHOWN,
        "most": MOST_SHOWN,
        "about": extracts.about(),
        "drill": bool(made and made.identity.training),
    }
    status = 200 if made else status_of(form)
    return render(request, "custody/extract.html", context, status=status)
