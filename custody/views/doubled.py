"""Two patients, one number: the alarm on every page about it, and what was done."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from befreg_reserv.acts.answers import event, status_of
from befreg_reserv.addresses import of_kind
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import guarded, sent
from custody.forms.doubled import SettleForm
from custody.handouts import doubles
from custody.handouts.doubles import Doubled
from custody.models import DoubledNumber
from custody.views.refused import answers_refusals, carry_out


def shown(request: HttpRequest, alarms: QuerySet[DoubledNumber]) -> list[Doubled]:
    """Return the alarms as ``custody/_doubled.html`` shows them, and log the look at them."""
    found = list(alarms)
    looked_at(request, *found)
    return doubles.described(found)


@guarded("custody.settle_doubled", "GET", "POST")
@answers_refusals
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an alarm, and take what was done about it."""
    alarm = get_object_or_404(DoubledNumber.objects.select_related(*doubles.RELATED), pk=pk)
    form = SettleForm(sent(request))
    if carry_out(
        request, form, lambda: doubles.settle(pk, event(request), done=form.cleaned_data["done"])
    ):
        messages.success(request, _("What was done is written. The alarm stands no more."))
        return redirect(of_kind(reverse("binder:overview"), drill=alarm.drill))
    looked_at(request, alarm)
    context = {
        "alarm": alarm,
        "drill": alarm.drill,
        "doubled": doubles.described([alarm]),
        "form": form,
    }
    return render(request, "custody/doubled.html", context, status=status_of(form))
