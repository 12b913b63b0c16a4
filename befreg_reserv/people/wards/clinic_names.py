"""Clinics by name, and which come after a closed one: followed to the open ends of the chain.

Inserts those that open, for whatever names one that is new.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Clinic, ClinicChange, ClinicSuccession
from befreg_reserv.text import clean_line, sort_key


class ClinicHasClosed(Refused):
    """A closed clinic is named where an open one is wanted."""

    field = "new_clinic"

    def __init__(self, clinic: Clinic, then: list[Clinic]) -> None:
        advice = _("Open it again on the page of clinics, or write another one.")
        if then:
            advice = _("Choose %(clinics)s in the list.")
        words = {"clinics": _(" or ").join(each.name for each in then)}
        super().__init__(f"{closed(clinic, then)} {advice % words}")


def closed(clinic: Clinic, then: list[Clinic]) -> str:
    """Return in words since when a clinic is closed, and which came after it."""
    text = _("%(clinic)s closed on %(day)s, and no clinic came after it.")
    if then:
        text = _("%(clinic)s closed on %(day)s, and %(clinics)s came after it.")
    clinics = ", ".join(each.name for each in then)
    return text % {"clinic": clinic, "day": clinic.closed_on, "clinics": clinics}


def open_one(name: str) -> Clinic | None:
    """Return the open clinic of this name."""
    return Clinic.objects.filter(key=sort_key(name), closed_on=None).first()


def closed_one(name: str) -> Clinic | None:
    """Return the closed clinic of this name; of several the latest."""
    found = Clinic.objects.filter(key=sort_key(name), closed_on__isnull=False)
    return found.order_by("closed_on", "pk").last()


def named(name: str) -> Clinic:
    """Return the open clinic of this name, or one that isn't saved yet. Raises ClinicHasClosed."""
    if known := open_one(name):
        return known
    if former := closed_one(name):
        raise ClinicHasClosed(former, after([former])[former.pk])
    return Clinic(name=clean_line(name), key=sort_key(name))


def opened_clinic(clinic: Clinic, day: date, event: AnyEvent, reason: str) -> Clinic:
    """Insert a clinic that opens. Callers hold a transaction, and have looked for the name."""
    clinic.opened_on = day
    record.insert(clinic)
    by = {"by": event.by, "recorded_at": event.recorded_at, "recorded_by": event.recorded_by}
    opened = ClinicChange.Kind.OPENED
    record.insert(ClinicChange(clinic=clinic, kind=opened, day=day, reason=reason, **by))
    said = record.said(name=clinic.name, opened_on=day)
    said |= record.said(reason=reason) if reason else {}
    record.record(clinic, Logged.CLINIC_OPENED, event, said, action=trail.Action.CREATE)
    return clinic


def keep_open(clinic: Clinic) -> None:
    """Let a clinic be closed by nobody until the transaction's end. Raises ClinicHasClosed.

    Whatever puts a ward into a clinic calls this: the rule in the database doesn't see what another
    transaction closes at the same moment.
    """
    rows = Clinic.objects.select_for_update(no_key=True).filter(pk=clinic.pk)
    if not (now := rows.get()).is_open:
        raise ClinicHasClosed(now, after([now])[now.pk])


def after(clinics: Iterable[Clinic]) -> dict[int, list[Clinic]]:
    """Return the open clinics at the ends of the chains from closed ones, by these ones' keys.

    In Swedish order. At most two statements, for a hospital has few clinics that closed.
    """
    then: dict[int, list[int]] = defaultdict(list)
    for former, successor in ClinicSuccession.objects.values_list("change__clinic", "clinic"):
        then[former].append(successor)
    ends = {clinic.pk: _ends(clinic.pk, then) for clinic in clinics}
    found = Clinic.objects.filter(pk__in=set().union(*ends.values()), closed_on=None)
    return {
        pk: [clinic for clinic in found if clinic.pk in own and clinic.pk != pk]
        for pk, own in ends.items()
    }


def _ends(clinic: int, then: dict[int, list[int]]) -> set[int]:
    found, waiting, seen = set[int](), [clinic], set[int]()
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting.extend(then.get(at, ()))
            found |= set() if at in then else {at}
    return found
