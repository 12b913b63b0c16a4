"""What of an outage is still open: what, whose and since when, from every table.

The database sorts and cuts the list, as it does for the story: a page costs the same however long
the list is.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.paginator import Page
from django.db.models import F, Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from befreg_reserv.addresses import of_kind
from befreg_reserv.people.models import User
from custody.afterwards.belonging import counts_of, quarantines_of
from custody.afterwards.merged import Source, paged
from custody.binder.contents import life_of
from custody.calls import unmet
from custody.counts import settle
from custody.handouts import doubles
from custody.handouts.followup import open_for, visible_to
from custody.models import (
    CountLine,
    DoubledNumber,
    ForeignSheet,
    Handout,
    LateRegistration,
    Patient,
    PreparedNumber,
    Quarantine,
)
from custody.planned import late_registration, prepared
from outage.models import Outage


@dataclass(frozen=True)
class OpenItem:
    """One thing that is left to do: what, whose, since when, and where to do it."""

    what: str | Promise
    owner: str
    since: datetime
    link: str = ""
    number: str = ""
    detail: str = ""
    handout: Handout | None = None
    # The object whose number is shown, for the audit log.
    shown: Model | None = None

    @property
    def life(self) -> str:
        """Return the address of the life of the number that is shown; "" if no binder's."""
        row = self.shown.second if isinstance(self.shown, DoubledNumber) else self.shown
        return life_of(row)


def open_items(outage: Outage, user: User, page: str | None, size: int) -> Page[Any]:
    """Return one page of what is open, as OpenItem objects, what has waited longest first.

    It has what ``user`` may see, by the same rule as the story.
    """
    return paged(_sources(outage, user), page, latest_first=False, size=size)


def _sources(outage: Outage, user: User) -> list[Source]:
    handouts = visible_to(user).filter(outage=outage)
    sees_counts = user.has_perm("custody.view_count")
    missing = quarantines_of(outage, handouts, with_counts=sees_counts)
    may_explain = user.has_perm("people.view_ward")
    sees_calls = user.has_perm("custody.see_all_wards")
    unmarked = prepared.unaccounted(outage).values("pk")
    return [
        Source(doubles.waiting_for(user).filter(doubles.in_outage(outage)), "found_at", _doubled),
        Source(open_for(user).filter(outage=outage), "handed_out_at", _handout),
        Source(
            unmet.waiting_for(user).filter(call__outage=outage),
            "waiting_since",
            partial(_waiting, linked=sees_calls),
        ),
        Source(
            prepared.visible_to(user)
            .filter(pk__in=unmarked)
            .annotate(since=F("plan__outage__started_at")),
            "since",
            _unmarked,
        ),
        Source(
            late_registration.visible_to(user).filter(late_registration.OPEN, outage=outage),
            "treated_at",
            _unregistered,
        ),
        Source(
            missing.filter(explained_at__isnull=True),
            "found_at",
            partial(_missing, linked=may_explain),
            ("number",),
        ),
        *(_of_counts(outage) if sees_counts else []),
    ]


def _of_counts(outage: Outage) -> list[Source]:
    counts = counts_of(outage).order_by().values("pk")
    since = F("count__at")
    return [
        Source(settle.waiting().filter(count__in=counts).annotate(since=since), "since", _surplus),
        Source(
            settle.foreign_waiting().filter(count__in=counts).annotate(since=since),
            "since",
            _foreign,
        ),
    ]


def _doubled(alarm: DoubledNumber, since: datetime) -> OpenItem:
    return OpenItem(
        _("TWO PATIENTS, ONE NUMBER"),
        f"{alarm.first.ward}, {alarm.second.ward}",
        since,
        link=alarm.second.get_absolute_url(),
        number=alarm.second.number.value,
        detail=_("The administrator writes what was done"),
        shown=alarm,
    )


def _handout(handout: Handout, since: datetime) -> OpenItem:
    return OpenItem(
        handout.get_state_display(),
        str(handout.ward),
        since,
        link=handout.get_absolute_url(),
        number=handout.number.value,
        handout=handout,
        shown=handout,
    )


def _waiting(patient: Patient, since: datetime, *, linked: bool) -> OpenItem:
    call, ward = (
        patient.call.get_absolute_url(),
        of_kind(reverse("ward:open"), drill=patient.call.drill),
    )
    return OpenItem(
        patient.get_state_display(),
        str(patient.ward),
        since,
        link=f"{call}#patient-{patient.position}" if linked else f"{ward}#waits-{patient.pk}",
        detail=patient.words,
    )


def _unmarked(number: PreparedNumber, since: datetime) -> OpenItem:
    return OpenItem(
        _("Prepared number, not marked"),
        str(number.ward),
        since,
        link=reverse("outage:prepared", args=[number.plan_id]),
        number=number.value,
        shown=number,
    )


def _unregistered(patient: LateRegistration, since: datetime) -> OpenItem:
    return OpenItem(
        _("Patient to register afterwards"),
        str(patient.ward),
        since,
        link=reverse("outage:late", args=[patient.outage_id]),
        detail=patient.place,
    )


def _missing(quarantine: Quarantine, since: datetime, *, linked: bool) -> OpenItem:
    overview = of_kind(reverse("binder:overview"), drill=quarantine.number.training)
    link = overview if linked else ""
    return _sheet(_("Sheet missing"), quarantine, quarantine.number.value, since, link)


def _surplus(line: CountLine, since: datetime) -> OpenItem:
    link = line.count.get_absolute_url()
    return _sheet(_("Sheet too many"), line, line.number.value, since, link)


def _foreign(sheet: ForeignSheet, since: datetime) -> OpenItem:
    link = sheet.count.get_absolute_url()
    return _sheet(_("A sheet that doesn't belong there"), sheet, sheet.value, since, link)


def _sheet(what: str, shown: Model, number: str, since: datetime, link: str) -> OpenItem:
    """Return the open item of a sheet: the administrator settles it, whoever found it."""
    owner = _("The administrator")
    return OpenItem(what, owner, since, link=link, number=number, shown=shown)
