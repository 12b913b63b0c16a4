"""Whom to call, as people read it."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from befreg_reserv.times import clock, moment
from outage.calling import contacts
from outage.calling.spans import Span
from outage.models import ContactDay, ContactHours

register = template.Library()


@register.filter
def when(value: datetime) -> str:
    """Return a future time: ``16:30`` today, otherwise ``Monday 2026-11-23 07:30``."""
    local = timezone.localtime(value)
    today = local.date() == timezone.localdate()
    return clock(value) if today else f"{date_format(local, 'l')} {moment(value)}"


@register.filter
def gap_in_words(gap: contacts.Gap) -> str:
    """Return of whom nobody answers, from when, and until when if that is within the week."""
    text = _("%(whom)s: nobody in the register answers from %(since)s until %(until)s.")
    if gap.goes_on:
        text = _("%(whom)s: nobody in the register answers from %(since)s on.")
    words = {"whom": gap.purpose.label, "since": when(gap.since), "until": when(gap.until)}
    return text % words


@register.filter
def hours_in_words(hours: Iterable[contacts.Hours | ContactHours]) -> str:
    """Return when a line answers: ``Monday–Thursday 07:30–16:30, Friday 07:00–16:00``."""
    days = groupby(sorted(hours, key=attrgetter("weekday", "opens")), attrgetter("weekday"))
    spans = [(day, [str(Span(each.opens, each.closes)) for each in all_]) for day, all_ in days]
    runs: list[tuple[int, int, list[str]]] = []
    for day, span in spans:
        if runs and runs[-1][1:] == (day - 1, span):
            runs[-1] = (runs[-1][0], day, span)
        else:
            runs.append((day, day, span))
    return ", ".join(_run_in_words(*run) for run in runs)


@register.filter
def days_in_words(line: contacts.ContactLine) -> str:
    """Return the single days to come: ``2026-12-23 07:30–12:00, 2027-01-05 nobody answers``."""
    to_come = (each for each in line.days if each.day >= timezone.localdate())
    return ", ".join(f"{each.day} {_of_a_day(each)}" for each in to_come)


def _of_a_day(single: contacts.SingleDay) -> str:
    return span_in_words(single) or _("nobody answers")


@register.filter
def span_in_words(single: contacts.SingleDay | ContactDay) -> str:
    """Return when somebody answers on a single day: ``07:30–12:00``; empty if nobody does."""
    if single.opens is None or single.closes is None:
        return ""
    return str(Span(single.opens, single.closes))


def _run_in_words(first: int, last: int, spans: list[str]) -> str:
    names = [ContactHours.Weekday(day).label for day in dict.fromkeys([first, last])]
    return f"{'–'.join(map(str, names))} {', '.join(spans)}"


@register.simple_tag
def calls_now() -> contacts.WhomToCall:
    """Return whom to call now, for each purpose; two statements."""
    return contacts.calls(timezone.now())


@register.inclusion_tag("outage/_administrator.html")
def the_administrator(css: str = "number") -> dict[str, Any]:
    """Show how to reach the system administrator now; two statements."""
    return {"calls": contacts.calls(timezone.now()), "css": css}
