"""The page on which two people agree that a year of the log goes."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.audit.models import DisposalProposal
from befreg_reserv.people.access import guarded, may, person, sent
from befreg_reserv.people.disposal import agreeing
from befreg_reserv.people.disposal.forms import ProposeForm

MAY_PROPOSE, MAY_CONFIRM = "audit.add_disposalproposal", "audit.add_disposalconfirmation"


@guarded("audit.view_disposalproposal")
def index(request: HttpRequest) -> HttpResponse:
    """Show which year may go, and what was agreed on."""
    return _page(request)


@guarded(MAY_PROPOSE, "POST")
@answers_refusals
def propose(request: HttpRequest) -> HttpResponse:
    """Propose that the oldest year goes."""
    form = ProposeForm(sent(request))
    said = form.cleaned_data if form.is_valid() else {}
    done = carry_out(
        form, lambda: agreeing.propose(said["year"], event(request), reason=said["reason"])
    )
    if done is None:
        return _page(request, form)
    messages.success(request, _("It is proposed. Somebody else must agree."))
    return redirect("disposal:index")


@guarded(MAY_CONFIRM, "POST")
@answers_refusals
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree, as a second person."""
    agreeing.confirm(get_object_or_404(DisposalProposal, pk=pk), event(request))
    messages.success(request, _("You have agreed. Whoever runs the server does it now."))
    return redirect("disposal:index")


def _page(request: HttpRequest, form: ProposeForm | None = None) -> HttpResponse:
    user, year = person(request), agreeing.next_year(timezone.now())
    rows = DisposalProposal.objects.select_related("by", "confirmation__by")
    proposals = rows.select_related("confirmation__disposal")
    proposed = any(each.year == year for each in proposals)
    context = {
        "year": year,
        "form": form or ProposeForm(initial={"year": year}),
        "may_propose": may(user, MAY_PROPOSE) and (form or (year and not proposed)),
        "may_confirm": may(user, MAY_CONFIRM),
        "proposals": proposals,
    }
    return render(request, "people/disposal.html", context, status=status_of(form))
