"""The administrator's binder: what lies in it, and loading more."""

import csv
from io import StringIO

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import BAD_FORM, event
from befreg_reserv.addresses import asks_for_drills
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import guarded, sent
from befreg_reserv.serving.budget import long_work
from custody.binder import contents, loading
from custody.binder.loading import Preview
from custody.counts import schedule
from custody.forms.binder import BinderForm
from custody.models import ReserveNumber
from custody.numbers.binder_file import NAMES
from custody.views.refused import answers_refusals

PAGE_SIZE = 50


@guarded("custody.view_binder")
def index(request: HttpRequest) -> HttpResponse:
    """List the binders with what is left, and every number with its tab, the latest first."""
    drill, before = asks_for_drills(request), request.GET.get("emptied", "")
    of_kind = ReserveNumber.objects.filter(contents.of_kind(drill)).select_related("binder")
    numbers = contents.with_whereabouts(of_kind).order_by("-binder_id", "tab", "id")
    page = Uncounted(numbers, PAGE_SIZE).get_page(request.GET.get("page"))
    looked_at(request, *page)
    due = {row.binder.pk: row for row in schedule.due(timezone.now())}
    binders, more = contents.binders(
        training=drill, also=due, before=int(before[:18]) if before.isdecimal() else None
    )
    last = schedule.last_counts(binders)
    context = {
        "drill": drill,
        "binders": [(row, due.get(row.pk), last.get(row.pk)) for row in binders],
        "emptied": more,
        "page": page,
    }
    return render(request, "custody/binder.html", context)


@long_work
@guarded("custody.load_binder", "GET", "POST")
@answers_refusals
def load(request: HttpRequest) -> HttpResponse:
    """Take a file, show a preview, and load it once that is confirmed."""
    data = sent(request)
    if data is None:
        return _page(request, BinderForm())
    form = BinderForm(data, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    fields = {key: form.cleaned_data[key] for key in ("name", "training")}
    options = {key: form.cleaned_data[key] for key in ("family_name", "given_name", "since")}
    numbers = form.content
    if "confirmed" not in data:
        return _page(request, form, loading.preview(numbers, **fields))
    try:
        loaded = loading.load(numbers, event(request), **fields, **options).row
    except loading.BinderRefused as refused:
        return _page(request, form, Preview([], refused.faults, refill=False))
    messages.success(request, _("The numbers lie in the binder “%(name)s”.") % {"name": loaded})
    return redirect("binder:index")


def _page(request: HttpRequest, form: BinderForm, preview: Preview | None = None) -> HttpResponse:
    bad = (form.is_bound and not form.is_valid()) or bool(preview and preview.faults)
    context = {
        "form": form,
        "preview": preview,
        "binders": BinderForm.known_names(),
        # The form sends back exactly the rows of the preview, with their tabs.
        "canonical": _as_csv(preview) if preview else "",
    }
    return render(request, "custody/binder_load.html", context, status=BAD_FORM if bad else 200)


def _as_csv(preview: Preview) -> str:
    rows = StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["tab", "number", *NAMES])
    for planned in preview.planned:
        row = planned.row
        writer.writerow([planned.tab, row.identity.value, row.family_name, row.given_name])
    return rows.getvalue()
