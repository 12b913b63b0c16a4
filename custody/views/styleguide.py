"""Every component of the screens in every state, on one page; in development only."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from befreg_reserv.people.access import guarded
from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.templatetags.manners import TAGS
from custody.binder.contents import SexStock, Stock
from custody.forms.fields import ReasonForm
from custody.forms.till import CallForm
from custody.handouts.notices import Field
from custody.handouts.switches import SwitchLine
from custody.models import Binder, Handout, HandoutStep, ReserveNumber, SwitchItem
from custody.models.states import State
from custody.numbers.identities import Sex
from outage.models import NewsItem, Outage, Reading
from outage.signals.seen import Run, Seen, line

THEN = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
# A training number: nothing on this page may be mistaken for a patient's.
NUMBER = "20000101K007"


class SampleForm(forms.Form):
    """A field of each kind."""

    line = forms.CharField(label="A line of text", help_text="With help under its label.")
    tick = forms.BooleanField(label="A box to tick")
    many = forms.CharField(label="Several lines", widget=forms.Textarea(attrs={"rows": 2}))


@guarded(None)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components."""
    outage = Outage(pk=1, kind=Outage.Kind.UNPLANNED, drill=False, started_at=THEN, ended_at=THEN)
    context: dict[str, Any] = {
        "drill": False,
        "tags": sorted(TAGS),
        "colors": ["info", "success", "warning", "danger"],
        "value": NUMBER,
        "handouts": [_handout(state, outage) for state in State],
        "switch_lists": {1: [SwitchLine(SwitchItem(name="ID-bandet", name_en="Wristband"), None)]},
        "stocks": [_stock(5), _stock(1), _stock(0)],
        "form": SampleForm(auto_id="blank_%s"),
        "wrong_form": SampleForm({"line": ""}, auto_id="wrong_%s"),
        "call": CallForm.blank(1, THEN),
        "reason_form": ReasonForm(auto_id="reason_%s"),
        "seen": _seen(),
        "notice_fields": [Field(_("Real number, that remains"), NUMBER)],
    }
    return render(request, "styleguide.html", context)


def _seen() -> Seen:
    """Return what the probe has seen, a line of each kind, with a piece of news."""
    news = NewsItem(title="Befreg ligger nere", published_at=THEN, first_seen_at=THEN)
    silent, answers, broken = (
        Run(result, status, first_at=THEN, last_at=THEN, tries=12, whole=True)
        for result, status in (
            (Reading.Result.TIMEOUT, None),
            (Reading.Result.ANSWERED, 200),
            (Reading.Result.ERROR, 503),
        )
    )
    runs = {"befreg": silent, "intranet": answers, "a": broken, "b": None}
    lines = [line(name, run, THEN) for name, run in runs.items()]
    return Seen([*lines, line("c", answers, THEN + timedelta(days=1))], [news], start=True)


def _number(tab: int, *, taken: bool = False, missing: bool = False) -> ReserveNumber:
    number = ReserveNumber(
        pk=tab,
        binder=Binder(pk=1, name="Övningspärm", training=True, birth_date=THEN.date()),
        tab=tab,
        value=NUMBER,
        sex="K",
        training=True,
        taken_at=THEN if taken else None,
    )
    number.missing = missing  # type: ignore[attr-defined]  # as contents.stock annotates it
    return number


def _stock(left: int) -> Stock:
    tabs = [_number(tab, taken=tab > left, missing=tab == left + 1) for tab in range(1, 6)]
    return Stock([SexStock(sex, left, tabs) for sex in (Sex.WOMAN, Sex.MAN)])


def _handout(state: State, outage: Outage) -> Handout:
    real = NUMBER if state in {State.REPLACED, State.CLOSED} else None
    handout = Handout(
        pk=1,
        number=_number(1, taken=True),
        outage=outage,
        ward=Ward(pk=1, name="IVA", clinic=Clinic(pk=1, name="Anestesikliniken")),
        caller="demav",
        state=state,
        handed_out_at=THEN,
        handed_out_by="demka",
        real_identity=real,
        real_kind="reserve" if real else "",
    )
    # As if they had been fetched: a real handout may have the same key.
    steps = [HandoutStep(handout=handout, sequence=1, place="Sal 3")]
    vars(handout)["_prefetched_objects_cache"] = {"steps": steps}
    return handout
