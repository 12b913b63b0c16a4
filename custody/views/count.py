"""Count a binder, show what a count found, and refill the binder after it."""

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import CONFLICT, event, status_of, typed_event
from befreg_reserv.addresses import asks_for_drills
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import guarded, sent
from custody.binder.refill import refill_of
from custody.counts import count, settle
from custody.forms.binder import BinderForm
from custody.forms.counts import CountForm, DestroyForm, ForeignForm
from custody.models import Binder, Count, CountLine, ForeignSheet, Handout, Quarantine
from custody.models.states import State
from custody.views.refused import answers_refusals

PAGE_SIZE = 50


@guarded("custody.count_binder", "GET", "POST")
@answers_refusals
def count_binder(request: HttpRequest, pk: int) -> HttpResponse:
    """List the tabs; take what lay there, and ask once for the reason of a variance."""
    binder = get_object_or_404(Binder, pk=pk)
    data = sent(request)
    if data is None:
        return _form_page(request, binder, CountForm.blank(binder, timezone.now()))
    form = CountForm(binder, data)
    if form.ticks_another_list:
        return _form_page(request, binder, form.anew(timezone.now()))
    if not form.is_valid() or not form.explains(count.compare(binder, form.findings)):
        return _form_page(request, binder, form)
    by, options = form.cleaned_data["by"], ("request_key", "reason")
    done = count.count_binder(
        binder.pk,
        form.findings,
        typed_event(request, {"by": by}),
        **{name: form.cleaned_data[name] for name in options},
    )
    messages.success(request, _("The count is recorded."))
    return redirect(done.row)


def _form_page(request: HttpRequest, binder: Binder, form: CountForm) -> HttpResponse:
    looked_at(request, *(row.number for row in [*form.lying, *form.used]))
    context = {"binder": binder, "form": form, "drill": binder.training}
    status = CONFLICT if form.begun_anew else status_of(form)
    return render(request, "custody/count.html", context, status=status)


@guarded("custody.view_count")
def counted(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a count found, and what is to be done about it."""
    return _result_page(request, _count(pk))


@guarded("custody.explain_quarantine", "POST")
@answers_refusals
def destroyed(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a sheet which shouldn't have lain there was destroyed."""
    line = get_object_or_404(CountLine, pk=pk)
    form = DestroyForm(request.POST, auto_id=f"destroy_{pk}_%s")
    if not form.is_valid():
        return _result_page(request, _count(line.count_id), form, pk)
    settle.destroy_sheet(pk, event(request), note=form.cleaned_data["note"])
    messages.success(request, _("The sheet is recorded as destroyed. Its number stays spent."))
    return redirect(line.count)


@guarded("custody.explain_quarantine", "POST")
@answers_refusals
def explain_foreign(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what became of a sheet that didn't belong in the binder."""
    sheet = get_object_or_404(ForeignSheet, pk=pk)
    form = ForeignForm(request.POST, auto_id=f"foreign_{pk}_%s")
    if not form.is_valid():
        return _result_page(request, _count(sheet.count_id), form, pk)
    settle.explain_foreign(pk, event(request), explanation=form.cleaned_data["reason"])
    messages.success(request, _("What became of the sheet is recorded."))
    return redirect(sheet.count)


def _count(pk: int) -> Count:
    return get_object_or_404(Count.objects.select_related("binder", "recorded_by"), pk=pk)


def _result_page(
    request: HttpRequest, found: Count, failed: forms.Form | None = None, failed_pk: int = 0
) -> HttpResponse:
    all_lines = list(found.lines.select_related("number__binder"))
    lines = [line for line in all_lines if line.concerned]
    sheets = list(found.foreign_sheets.all())
    looked_at(request, *lines, *sheets)
    destroying = {failed_pk: failed} if isinstance(failed, DestroyForm) else {}
    explaining = {failed_pk: failed} if isinstance(failed, ForeignForm) else {}
    context = {
        "count": found,
        "lines": lines,
        "missing": _missing(found),
        "surplus": _surplus(found, lines, destroying),
        "foreign": [(row, explaining.get(row.pk) or _foreign_form(row)) for row in sheets],
        "lay_there": sum(line.found for line in lines),
        "meanwhile": sum(line.meanwhile for line in lines),
        "expected": sum(line.expected and not line.meanwhile for line in lines),
        "past": len(all_lines) - len(lines),
        "drill": found.binder.training,
    }
    return render(request, "custody/counted.html", context, status=status_of(failed))


def _foreign_form(sheet: ForeignSheet) -> ForeignForm | None:
    """Return the form while the sheet waits for an explanation."""
    return None if sheet.explained_at else ForeignForm(auto_id=f"foreign_{sheet.pk}_%s")


def _missing(found: Count) -> list[Quarantine]:
    """Return the quarantines of the count, of each number the latest."""
    quarantines = found.quarantines.select_related("number").order_by("found_at", "id")
    return list({row.number_id: row for row in quarantines}.values())


def _surplus(
    found: Count, lines: list[CountLine], failed: dict[int, DestroyForm]
) -> list[tuple[CountLine, Handout | None, DestroyForm | None]]:
    """Return the surplus lines, each with its handout, and a form until it is settled."""
    surplus = [line for line in lines if line.surplus]
    waiting = set(settle.waiting().filter(count=found).values_list("pk", flat=True))
    handouts = _handouts(surplus)
    forms = {pk: failed.get(pk) or DestroyForm(auto_id=f"destroy_{pk}_%s") for pk in waiting}
    return [(line, handouts.get(line.number_id), forms.get(line.pk)) for line in surplus]


def _handouts(lines: list[CountLine]) -> dict[int, Handout]:
    """Return the handouts by which these numbers left the binder, by number."""
    standing = Handout.objects.filter(number__in=[line.number_id for line in lines])
    return {handout.number_id: handout for handout in standing.exclude(state=State.UNDONE)}


@guarded("custody.view_count")
def counts(request: HttpRequest) -> HttpResponse:
    """List all counts, the latest first; if asked, only those with a variance."""
    drill = asks_for_drills(request)
    rows = Count.objects.filter(binder__training=drill).select_related("binder", "recorded_by")
    varying = "differing" in request.GET
    chosen = rows.filter(~Q(reason="")) if varying else rows
    page = Uncounted(chosen, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request, "custody/counts.html", {"page": page, "varying": varying, "drill": drill}
    )


@guarded("custody.load_binder")
def refill(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the empty tabs and the numbers to create for them, in a form that loads them."""
    binder = get_object_or_404(Binder, pk=pk)
    lacking = refill_of(binder)
    looked_at(request, *lacking.empty)
    kept = ("name", "training", "family_name", "given_name")
    initial = {name: getattr(binder, name) for name in kept} | {"text": lacking.text}
    form = BinderForm(initial=initial)
    form.fields["text"].label = _("Tab and new number, one on each line")
    context = {
        "binder": binder,
        "refill": lacking,
        "form": form,
        "drill": binder.training,
    }
    return render(request, "custody/refill.html", context)
