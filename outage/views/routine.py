"""The routine: its page, which some read without signing in, its versions, and a new one."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from befreg_reserv.acts.answers import BAD_FORM, answers_refusals, event
from befreg_reserv.people.access import back_to, guarded, sent, sent_to
from befreg_reserv.people.signing_in import idle
from outage.forms.routine import RoutineForm
from outage.models import Routine
from outage.routine import keeping, readers, text


@idle.reached_when_locked
@require_safe
def show(request: HttpRequest) -> HttpResponseBase:
    """Show the routine as it holds today, and whom to call now; nothing else to a stranger."""
    if not readers.reads(request):
        return sent_to(request, settings.LOGIN_URL, back_to(request))
    return render(request, "outage/routine.html", {"routine": text.in_force(timezone.localdate())})


@guarded("outage.view_routine")
def versions(request: HttpRequest) -> HttpResponse:
    """List all versions, the latest first."""
    found = Routine.objects.select_related("recorded_by")
    context = {"versions": found, "in_force": text.in_force(timezone.localdate()).routine}
    return render(request, "outage/routine_versions.html", context)


@guarded("outage.view_routine")
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version, also one that has not begun or is over."""
    try:
        shown = text.of_version(pk)
    except Routine.DoesNotExist as error:
        raise Http404 from error
    context = {"routine": shown, "in_force": text.in_force(timezone.localdate()).routine}
    return render(request, "outage/routine_version.html", context)


@guarded("outage.keep_routine", "GET", "POST")
@answers_refusals
def new(request: HttpRequest) -> HttpResponse:
    """Take a draft of the next version, show what the ward will see, and store it once decided."""
    data = sent(request)
    form = RoutineForm(data, last=text.latest())
    if data is None or not form.is_valid() or "again" in data:
        status = BAD_FORM if form.errors else 200
        return render(request, "outage/routine_new.html", {"form": form}, status=status)
    if "decided" not in data:
        context = {"form": form, "routine": form.draft}
        return render(request, "outage/routine_preview.html", context)
    decided = keeping.decide(form.draft, event(request)).row
    messages.success(request, _("Version %(version)s is decided.") % {"version": decided})
    return redirect(decided)
