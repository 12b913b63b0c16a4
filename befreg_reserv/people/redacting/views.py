"""The pages of masked texts: all of them, and one more."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.audit.models import Redaction
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.lists import Uncounted
from befreg_reserv.people.access import guarded, may, person, sent
from befreg_reserv.people.redacting import finding
from befreg_reserv.people.redacting.finding import Place
from befreg_reserv.people.redacting.forms import RedactForm
from befreg_reserv.people.redacting.redaction import redact

PAGE_SIZE = 50
MAY_REDACT = "audit.add_redaction"


@guarded("audit.view_redaction")
def index(request: HttpRequest) -> HttpResponse:
    """List what was masked, by whom and why, the latest first."""
    rows = Redaction.objects.select_related("by")
    page = Uncounted(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    listed = [(each, *finding.in_words(each.table, each.column)) for each in page]
    context = {"page": page, "listed": listed, "may_redact": may(person(request), MAY_REDACT)}
    return render(request, "people/redacting/index.html", context)


@guarded(MAY_REDACT, "GET", "POST")
@answers_refusals
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a text, show each place where it stands, and then mask it."""
    form = RedactForm(sent(request))
    if not form.is_valid():
        return render(request, NEW, {"form": form}, status=status_of(form))
    said = form.cleaned_data
    if not said["seen"]:
        return _preview(request, form, finding.places(said["text"]))
    done = carry_out(form, lambda: redact(said["text"], event(request), **_options(said)))
    if done is None:
        return render(request, NEW, {"form": form}, status=status_of(form))
    count = len(done.row)
    text = ngettext(
        "The text is masked in %(count)d place.", "The text is masked in %(count)d places.", count
    )
    messages.success(request, text % {"count": count} if count else _("It is masked already."))
    return redirect("redacting:index")


NEW = "people/redacting/new.html"


def _options(said: dict[str, str]) -> dict[str, str]:
    return {"reason": said["reason"], "seen": said["seen"]}


def _preview(request: HttpRequest, form: RedactForm, found: list[Place]) -> HttpResponse:
    """Show what would be masked; who looks sees texts of patients, so that is logged."""
    looked_at(request, *(place.row for place in found))
    context = {
        "form": form,
        "places": found,
        "too_many": len(found) > finding.MOST,
        "seen": finding.mark(found),
        "asked": True,
    }
    return render(request, NEW, context)
