"""The administrator's pages of wards: the list, one ward, and what becomes of it."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.answers import (
    BAD_FORM,
    CONFLICT,
    answering,
    carry_out,
    event,
    status_of,
)
from befreg_reserv.acts.refused import Refused
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import answers_on, guarded, sent
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import pages
from befreg_reserv.people.wards.changes import (
    chain,
    changing,
    details,
    following,
    listing,
    refusals,
)
from befreg_reserv.people.wards.changes.details import Details
from befreg_reserv.people.wards.changes.forms import (
    FORMS,
    ChangeForm,
    DetailsForm,
    MoveOnForm,
    OpenForm,
    PlacesForm,
)

MOST_LISTED = 50
TITLES = {
    "close": gettext_lazy("Close %(ward)s"),
    "merge": gettext_lazy("Merge %(ward)s into another ward"),
    "rename": gettext_lazy("Rename %(ward)s"),
    "split": gettext_lazy("Split %(ward)s"),
}
# Beside which field of its form a refusal is shown that belongs to another one elsewhere.
BESIDE: dict[str, dict[type[Refused], str]] = {
    "rename": {refusals.IntoItself: "name"},
    "split": {refusals.IntoItself: "names", refusals.NoSuccessor: "names",
              refusals.NameOfAnother: "names", refusals.SameName: "names"},
}  # fmt: skip


def _to_ward(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Redirect to the ward's page, and say there why an act was refused."""
    pk = request.resolver_match.kwargs["pk"] if request.resolver_match else 0
    return pages.say_there(request, refusal, "wards:ward", pk)


def _to_list(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Redirect to the list of wards, and say there why an act was refused."""
    return pages.say_there(request, refusal, "wards:every")


answers_on_ward = answering("refused.html", {Refused: _to_ward})
answers_in_list = answering("refused.html", {Refused: _to_list})


@guarded("people.view_ward")
def every(request: HttpRequest) -> HttpResponse:
    """List the wards of the register, found by name, open or closed."""
    text, closed = request.GET.get("q", "")[:200], request.GET.get("closed") == "1"
    page = Uncounted(listing.search(text, closed=closed), MOST_LISTED)
    context = {"page": page.get_page(request.GET.get("page")), "q": text, "closed": closed}
    return render(request, "people/changes/index.html", context)


@guarded("people.view_ward")
def ward(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one ward: what the register says of it, its people, and what became of it."""
    return _ward_page(request, _ward(pk))


def _ward(pk: int) -> Ward:
    """Return a ward of the register; 404 for a name that nobody has settled."""
    return get_object_or_404(Ward.objects.select_related("clinic"), pk=pk, confirmed=True)


def _ward_page(request: HttpRequest, found: Ward, form: DetailsForm | None = None) -> HttpResponse:
    now = Details.of(found)
    form = form or DetailsForm(initial=asdict(now) | {"seen": now.mark}, auto_id="ward_%s")
    context = {"told": listing.told(found), "ward": found, "form": form}
    return render(request, "people/changes/ward.html", context, status=status_of(form))


@guarded("people.change_ward", "POST")
@answers_on("wards:ward")
@answers_on_ward
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what the register says of a ward beside its name."""
    found = _ward(pk)
    form = DetailsForm(request.POST, auto_id="ward_%s")

    def act() -> Any:
        said = {name: form.cleaned_data[name] for name in asdict(Details.of(found))}
        return details.correct(
            found, Details(**said), event(request), seen=form.cleaned_data["seen"]
        )

    if carry_out(form, act) is None:
        return _ward_page(request, found, form)
    messages.success(request, _("Saved."))
    return redirect("wards:ward", pk)


@guarded("people.change_ward", "GET", "POST")
@answers_in_list
def new(request: HttpRequest) -> HttpResponse:
    """Open a ward."""
    form = OpenForm(sent(request), auto_id="new_%s")

    def act() -> Any:
        said = form.cleaned_data
        options = {"reason": said["reason"], "again": said["again"]}
        return changing.open_ward(form.proposed(), said["day"], event(request), **options)

    done = carry_out(form, act)
    if done is None:
        context = {"form": form, "title": _("Open a ward"), "home": reverse("wards:every")}
        context["back"] = _("Back to every ward")
        return render(request, "people/changes/change.html", context, status=status_of(form))
    messages.success(request, _("%(ward)s is open.") % {"ward": done.row})
    return redirect("wards:ward", done.row.pk)


@guarded("people.change_ward", "GET", "POST")
@answers_on_ward
def change(request: HttpRequest, pk: int, *, kind: str) -> HttpResponse:
    """Close, merge, rename or split a ward: a form, what would move, and then the act."""
    found, data = _ward(pk), sent(request)
    initial = {"clinic": found.clinic_id, "name": found.name}
    form = FORMS[kind](data, initial=initial, auto_id="change_%s")
    terms = carry_out(form, lambda: _checked(request, found, form), BESIDE.get(kind))
    if terms is None:
        return _change_page(request, found, kind, form, status=status_of(form))
    left = following.left_at(found)
    confirmed = bool(data) and "confirmed" in (data or {})
    places = PlacesForm(left, terms.successors, data if confirmed else None)
    shown = {"terms": terms, "left": following.going_on(left), "mark": following.mark(left)}
    shown["stays"] = [each for each in left if not each.kind.move]
    several = len(terms.successors) > 1
    if several:
        shown["places"] = places
    if not confirmed or (several and not places.is_valid()):
        status = BAD_FORM if confirmed else 200
        return _change_page(request, found, kind, form, status=status, **shown)
    placed = places.placed() if several else None
    try:
        done = changing.change(
            found, terms, event(request), seen=form.cleaned_data["seen"], placed=placed
        )
    except refusals.MovesMeanwhile as refused:
        shown["meanwhile"] = refused
        return _change_page(request, found, kind, form, status=CONFLICT, **shown)
    return pages.to_what_came_after(request, done.row, "wards:ward", pk)


def _checked(request: HttpRequest, found: Ward, form: ChangeForm) -> changing.Terms:
    """Return the terms of a valid form. Raises what ``changing.change`` would."""
    terms, now = form.terms(found), event(request)
    if not changing.done_before(found, terms, now):
        changing.check(found, terms, now)
    return terms


def _change_page(
    request: HttpRequest,
    found: Ward,
    kind: str,
    form: forms.Form,
    *,
    status: int,
    **context: Any,
) -> HttpResponse:
    context |= {"of": found, "kind": kind, "title": TITLES[kind] % {"ward": found}}
    context |= {"home": reverse("wards:ward", args=[found.pk]), "back": _("Back to the ward")}
    template = "people/changes/change.html"
    return pages.change_page(request, template, form, status=status, **context)


@guarded("people.change_ward", "GET", "POST")
@answers_on_ward
def move_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an open ward have what a closed one left."""
    found = _ward(pk)
    if found.is_open:
        return redirect("wards:ward", pk)
    left = following.left_at(found)
    form = MoveOnForm(sent(request), auto_id="move_%s", candidates=chain.heirs(found))
    said = form.cleaned_data if form.is_valid() else {}
    done = carry_out(
        form,
        lambda: changing.move_on(
            found, said["ward"], event(request), reason=said["reason"], seen=said["seen"]
        ),
    )
    if done is None:
        goes_on = following.going_on(left)
        context = {"form": form, "ward": found, "left": goes_on, "mark": following.mark(left)}
        return render(request, "people/changes/move_on.html", context, status=status_of(form))
    messages.success(request, _("Moved to %(ward)s.") % {"ward": said["ward"]})
    return redirect("wards:ward", pk)
