"""The acts on contacts: added, changed, their hours, and single days. The one writer of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from auditlog.context import disable_auditlog
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts import record, seen
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from outage.calling.spans import Span, written
from outage.logged import Logged
from outage.models import Contact, ContactDay, ContactHours

COLUMNS = ("purpose", "position", "name", "name_en", "number", "hint", "hint_en", "on_holidays",
           "active")  # fmt: skip
Week = Mapping[int, Sequence[Span]]  # by weekday, 0 for Monday


class DayKept(Refused):
    """The contact has other hours on that day already: they are taken away first."""

    title = gettext_lazy("This day is there already")
    field = "day"

    def __init__(self, kept: ContactDay) -> None:
        text = _("%(day)s is there already, with other hours. Take it away first.")
        super().__init__(text % {"day": kept.day}, about=kept.contact)


def week_of(contact: Contact) -> dict[int, list[Span]]:
    """Return a contact's hours by weekday; empty if it answers at any time."""
    found: dict[int, list[Span]] = {}
    for row in ContactHours.objects.filter(contact=contact).order_by("weekday", "opens"):
        found.setdefault(row.weekday, []).append(Span(row.opens, row.closes))
    return found


def mark(contact: Contact) -> str:
    """Return the mark of what a contact's page shows of it, but for its single days."""
    return seen.mark(contact, COLUMNS, in_words(week_of(contact)))


def in_words(week: Week) -> str:
    """Return the hours of a week for the log, day by day."""
    days = ((ContactHours.Weekday(day), written(week[day])) for day in sorted(week) if week[day])
    return "; ".join(f"{day.value + 1}: {hours}" for day, hours in days)


@act
def add(columns: Mapping[str, Any], event: Event) -> Done[Contact]:
    """Add a contact. One that is the same in every column is answered with it, sent twice."""
    if same := Contact.objects.filter(**columns).first():
        return Done(same, new=False)
    contact = Contact(**columns)
    record.insert(contact)
    said = record.said(**{name: value for name, value in columns.items() if value != ""})
    record.record(contact, Logged.ADD_CONTACT, event, said, action=trail.Action.CREATE)
    return Done(contact)


@act
def change(
    contact: Contact, columns: Mapping[str, Any], event: Event, *, shown: str = ""
) -> Done[Contact]:
    """Change a contact. ``shown``: the mark that its page had. Raises ChangedSince."""
    locked = _locked(contact)
    differing = seen.differing(locked, columns)
    if not differing:
        return Done(locked, new=False)
    seen.check(shown, mark(locked), locked)
    record.change(locked, Logged.CHANGE_CONTACT, event, differing)
    return Done(locked)


@act
def keep_hours(contact: Contact, week: Week, event: Event, *, shown: str = "") -> Done[Contact]:
    """Let a contact answer at these hours and no others; at any time if there are none.

    ``shown``: as in ``change``. Raises ChangedSince.
    """
    locked = _locked(contact)
    before, after = in_words(week_of(locked)), in_words(week)
    if before == after:
        return Done(locked, new=False)
    seen.check(shown, mark(locked), locked)
    with disable_auditlog():  # the act writes its own entry
        ContactHours.objects.filter(contact=locked).delete()
    rows = [
        ContactHours(contact=locked, weekday=day, opens=span.opens, closes=span.closes)
        for day, spans in week.items()
        for span in spans
    ]
    if rows:
        record.insert(*rows)
    record.record(locked, Logged.CHANGE_HOURS, event, {"hours": (before or None, after or None)})
    return Done(locked)


@act
def add_day(
    contact: Contact, day: date, span: Span | None, reason: str, event: Event
) -> Done[ContactDay]:
    """Let a contact answer at other times on one day; without ``span`` not at all.

    The same again is answered with it. Raises DayKept if that day has other hours.
    """
    locked = _locked(contact)
    opens, closes = (span.opens, span.closes) if span else (None, None)
    kept = ContactDay.objects.filter(contact=locked, day=day).select_related("contact").first()
    if kept and (kept.opens, kept.closes, kept.reason) == (opens, closes, reason):
        return Done(kept, new=False)
    if kept:
        raise DayKept(kept)
    row = ContactDay(contact=locked, day=day, opens=opens, closes=closes, reason=reason)
    record.insert(row)
    said = record.said(contact=locked.pk, opens=opens, closes=closes, reason=reason)
    record.record(row, Logged.ADD_DAY, event, said, action=trail.Action.CREATE)
    return Done(row)


@act
def drop_day(day: ContactDay, event: Event) -> Done[Contact]:
    """Let a contact answer on that day as on others of its kind."""
    locked = _locked(day.contact)
    kept = ContactDay.objects.filter(pk=day.pk).first()
    if kept is None:
        return Done(locked, new=False)
    changes = {"day": (kept.day, None), "reason": (kept.reason, None)}
    record.record(kept, Logged.DROP_DAY, event, changes, action=trail.Action.DELETE)
    with disable_auditlog():
        kept.delete()
    return Done(locked)


def _locked(contact: Contact) -> Contact:
    return Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
