"""The administrator's pages of clinics: the list, one clinic, and what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.answers import BAD_FORM, CONFLICT, answering, carry_out, event, status_of
from befreg_reserv.acts.refused import Refused
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import answers_on, guarded, sent
from befreg_reserv.people.models import Clinic
from befreg_reserv.people.wards import pages
from befreg_reserv.people.wards.changes import refusals as of_wards
from befreg_reserv.people.wards.clinics import changing, listing
from befreg_reserv.people.wards.clinics.changing import ClinicTerms, WardOutcome
from befreg_reserv.people.wards.clinics.forms import (
    CloseClinicForm,
    OpenClinicForm,
    RenameClinicForm,
    SpellingForm,
    WardPlacesForm,
)

MOST_LISTED = 50
FORMS: dict[str, type[CloseClinicForm | RenameClinicForm]] = {
    "close": CloseClinicForm,
    "rename": RenameClinicForm,
}
TITLES = {
    "close": gettext_lazy("Close %(clinic)s"),
    "rename": gettext_lazy("Rename %(clinic)s"),
}
# A refusal of one of its wards, beside the field that this form has for it.
BESIDE: dict[str, dict[type[Refused], str]] = {"close": {of_wards.NameOfAnother: "into"}}


def _to_clinic(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Redirect to the clinic's page, and say there why an act was refused."""
    keys = request.resolver_match.kwargs if request.resolver_match else {}
    there = ("wards:clinic", keys["pk"]) if "pk" in keys else ("wards:clinics",)
    return pages.say_there(request, refusal, *there)


answers_on_clinic = answering("refused.html", {Refused: _to_clinic})


@guarded("people.view_ward")
def index(request: HttpRequest) -> HttpResponse:
    """List the clinics, open or closed."""
    closed = request.GET.get("closed") == "1"
    page = Uncounted(listing.every(closed=closed), MOST_LISTED).get_page(request.GET.get("page"))
    return render(request, "people/clinics/index.html", {"page": page, "closed": closed})


@guarded("people.view_ward")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one clinic: its wards, and what became of it."""
    return _clinic_page(request, get_object_or_404(Clinic, pk=pk))


def _clinic_page(
    request: HttpRequest, clinic: Clinic, form: SpellingForm | None = None
) -> HttpResponse:
    initial = {"name": clinic.name, "seen": changing.spelled(clinic)}
    form = form or SpellingForm(initial=initial, auto_id="clinic_%s")
    context = {"told": listing.told(clinic), "clinic": clinic, "form": form}
    return render(request, "people/clinics/clinic.html", context, status=status_of(form))


@guarded("people.change_ward", "POST")
@answers_on("wards:clinic")
@answers_on_clinic
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right how a clinic's name is spelled."""
    clinic = get_object_or_404(Clinic, pk=pk)
    form = SpellingForm(request.POST, auto_id="clinic_%s")

    def act() -> Any:
        said = form.cleaned_data
        return changing.correct(clinic, said["name"], event(request), shown=said["seen"])

    if carry_out(form, act) is None:
        return _clinic_page(request, clinic, form)
    messages.success(request, _("Saved."))
    return redirect("wards:clinic", pk)


@guarded("people.change_ward", "GET", "POST")
@answers_on_clinic
def new(request: HttpRequest) -> HttpResponse:
    """Open a clinic."""
    form = OpenClinicForm(sent(request), auto_id="new_%s")

    def act() -> Any:
        said = form.cleaned_data
        options = {"reason": said["reason"], "again": said["again"]}
        opened = changing.proposed(said["name"])
        return changing.open_clinic(opened, said["day"], event(request), **options)

    done = carry_out(form, act)
    if done is None:
        context = {"form": form, "title": _("Open a clinic"), "home": reverse("wards:clinics")}
        context["back"] = _("Back to the clinics")
        return render(request, "people/clinics/change.html", context, status=status_of(form))
    messages.success(request, _("%(clinic)s is open.") % {"clinic": done.row})
    return redirect("wards:clinic", done.row.pk)


@guarded("people.change_ward", "GET", "POST")
@answers_on_clinic
def change(request: HttpRequest, pk: int, *, kind: str) -> HttpResponse:
    """Rename or close a clinic: a form, what becomes of its wards, and then the act."""
    clinic, data = get_object_or_404(Clinic, pk=pk), sent(request)
    form = FORMS[kind](clinic, data, auto_id="change_%s")
    check = _checker(request, clinic)
    terms = carry_out(form, lambda: check(_said(clinic, form, data)), BESIDE.get(kind))
    if terms is None:
        return _change_page(request, clinic, kind, form, status=status_of(form))
    outcomes = changing.outcomes(clinic, terms)
    confirmed = "confirmed" in (data or {})
    shown: dict[str, Any] = {"terms": terms, "outcomes": outcomes, "mark": changing.mark(outcomes)}
    if kind == "close":
        places = WardPlacesForm(clinic, outcomes, data if confirmed else None)
        if confirmed and form.cleaned_data["seen"] not in ("", shown["mark"]):
            places.fill_in()
        shown["places"] = places
        if confirmed:
            terms = _placed(places, terms, check)
    if not confirmed or terms is None:
        status = BAD_FORM if confirmed else 200
        return _change_page(request, clinic, kind, form, status=status, **shown)
    try:
        seen = form.cleaned_data["seen"]
        done = changing.change(clinic, terms, event(request), preview=seen)
    except of_wards.MovesMeanwhile as refused:
        shown["meanwhile"] = refused
        return _change_page(request, clinic, kind, form, status=CONFLICT, **shown)
    return pages.to_what_came_after(request, done.row, "wards:clinic", pk)


Check = Callable[[ClinicTerms], ClinicTerms]


def _checker(request: HttpRequest, clinic: Clinic) -> Check:
    """Return what checks terms as the act would, and returns them. It raises what that raises."""

    def check(terms: ClinicTerms) -> ClinicTerms:
        now = event(request)
        if not changing.done_before(clinic, terms, now):
            changing.check(clinic, terms, now)
        return terms

    return check


def _said(clinic: Clinic, form: CloseClinicForm | RenameClinicForm, data: Any) -> ClinicTerms:
    """Return the terms of a valid form; of one that comes again, with where each ward went.

    The clinic's wards are closed by then, so that no preview lists them. Without them the form
    would seem to say of all what it says of the rest.
    """
    terms = form.clinic_terms()
    if not (went := changing.wards_when_closed(clinic)):
        return terms
    places = WardPlacesForm(clinic, [WardOutcome(ward, terms.into, []) for ward in went], data)
    return replace(terms, others=places.others()) if places.is_valid() else terms


def _placed(places: WardPlacesForm, terms: ClinicTerms, check: Check) -> ClinicTerms | None:
    """Return the terms with where each ward goes; None if something there must be corrected."""
    if not places.is_valid():
        return None
    terms = replace(terms, others={**terms.others, **places.others()})
    try:
        return check(terms)
    except of_wards.NameOfAnother as refused:
        places.add_error(None, refused.beside_field)
        return None


def _change_page(
    request: HttpRequest,
    clinic: Clinic,
    kind: str,
    form: CloseClinicForm | RenameClinicForm,
    *,
    status: int,
    **context: Any,
) -> HttpResponse:
    context |= {"of": clinic, "kind": kind, "title": TITLES[kind] % {"clinic": clinic}}
    context |= {"home": reverse("wards:clinic", args=[clinic.pk]), "back": _("Back to the clinic")}
    template = "people/clinics/change.html"
    return pages.change_page(request, template, form, status=status, **context)
