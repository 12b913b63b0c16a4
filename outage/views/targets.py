"""The page of the targets of drills."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import answers_refusals, carry_out, event, status_of
from befreg_reserv.people.access import guarded, sent
from outage import targets
from outage.forms.targets import TargetsForm


@guarded("outage.view_drilltargets")
def show(request: HttpRequest) -> HttpResponse:
    """Show how fast a drill should go, with a form for who may change it."""
    return _page(request, TargetsForm(instance=targets.present()))


@guarded("outage.change_drilltargets", "POST")
@answers_refusals
def change(request: HttpRequest) -> HttpResponse:
    """Set the targets of drills to come."""
    form = TargetsForm(sent(request), instance=targets.present())
    done = carry_out(
        form,
        lambda: targets.change(form.columns, event(request), shown=form.cleaned_data["seen"]),
    )
    if done is None:
        return _page(request, form)
    messages.success(request, _("The targets are changed. A drill that goes on keeps its own."))
    return redirect("targets:show")


def _page(request: HttpRequest, form: TargetsForm) -> HttpResponse:
    context = {"form": form, "targets": targets.present()}
    return render(request, "outage/targets.html", context, status=status_of(form))
