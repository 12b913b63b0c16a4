"""What calls leave to do: callers whom nobody knows, patients without a number, of whom too."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.people.roles import Role
from befreg_reserv.times import moment
from befreg_reserv.to_do.waiting import MOST, Asked, Waiting
from custody.calls import callers, unmet
from custody.forms.till import CallerForm
from custody.handouts import followup, switches
from custody.models import Handout, LateRegistration
from custody.planned import late_registration

READ_BACK_WITHIN = timedelta(minutes=15)  # a call is over by then


def unknown_callers(_asked: Asked) -> Iterator[Waiting]:
    """Yield the calls whose caller's vgr-id nobody knows yet, the oldest first."""
    for call in callers.unknown()[: MOST + 1]:
        yield Waiting(
            _("Caller's vgr-id unknown"),
            Role.ADMINISTRATOR.label,
            since=call.taken_at,
            piece="custody/to_do/unknown_caller.html",
            about=call,
            form=CallerForm,
            ids=f"caller_{call.pk}_%s",
            shown=call,
        )


def without_number(_asked: Asked) -> Iterator[Waiting]:
    """Yield the patients who wait for a number, the longest waiting first."""
    patients: Iterable[Any] = unmet.in_reality()[: MOST + 1]  # with what is annotated
    for patient in patients:
        yield Waiting(
            patient.get_state_display(),
            Role.TILL.label if patient.befreg_is_down else str(patient.ward),
            since=patient.waiting_since,
            piece="custody/to_do/without_number.html",
            about=patient,
            shown=patient,
        )


def never_read_back(asked: Asked) -> Iterator[Waiting]:
    """Yield the outages of which numbers were neither read back nor confirmed at the patient."""
    unread = followup.not_read_back(drill=False).filter(
        handed_out_at__lte=asked.now - READ_BACK_WITHIN
    )
    outages = unread.order_by().values("outage", "outage__started_at")
    for row in outages.annotate(count=Count("pk"), oldest=Min("handed_out_at")).order_by("oldest"):
        text = ngettext(
            "%(count)d number of the outage that began %(time)s was never read back.",
            "%(count)d numbers of the outage that began %(time)s were never read back.",
            row["count"],
        )
        yield Waiting(
            _("Not read back"),
            Role.TILL.label,
            text % {"count": row["count"], "time": moment(row["outage__started_at"])},
            row["oldest"],
            reverse("outage:open", args=[row["outage"]]),
            _("Call the wards back"),
        )


def unregistered(_asked: Asked) -> Iterator[Waiting]:
    """Yield the outages with patients who were treated without a number and aren't registered."""
    waiting = LateRegistration.objects.filter(late_registration.OPEN, outage__drill=False)
    outages = waiting.order_by().values("outage", "outage__started_at")
    for row in outages.annotate(count=Count("pk"), oldest=Min("treated_at")).order_by("oldest"):
        text = ngettext(
            "%(count)d patient of the outage that began %(time)s isn't registered yet.",
            "%(count)d patients of the outage that began %(time)s aren't registered yet.",
            row["count"],
        )
        yield Waiting(
            _("To register"),
            _("The wards"),
            text % {"count": row["count"], "time": moment(row["outage__started_at"])},
            row["oldest"],
            reverse("outage:late", args=[row["outage"]]),
            _("The patients, ward by ward"),
        )


def unswitched(_asked: Asked) -> Iterator[Waiting]:
    """Yield that closed numbers still stand somewhere in the place of the real ones."""
    owed = switches.owed(Handout.objects.filter(outage__drill=False))
    found = owed.aggregate(count=Count("pk"), oldest=Min("switching_since"))
    if found["count"]:
        text = ngettext(
            "%(count)d closed number isn't switched over everywhere.",
            "%(count)d closed numbers aren't switched over everywhere.",
            found["count"],
        )
        yield Waiting(
            _("Switch list"),
            _("The wards"),
            text % {"count": found["count"]},
            found["oldest"],
            f"{reverse('ward:open')}?kind=switches",
            _("See which"),
        )
