"""One handout's page: what it shows, and how its forms are answered."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import status_of
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.people.access import fetched, may, person
from befreg_reserv.people.models import User
from custody.afterwards.tasks import next_task
from custody.forms.fields import ReasonForm
from custody.forms.ward import (
    BedsideForm,
    ConfirmationReasonForm,
    NoticeForm,
    PairForm,
    PairReasonForm,
    ReplaceForm,
    SwitchForm,
)
from custody.handouts import bedside, doubles, notices, pair, switches
from custody.handouts.followup import readable_by, training_identity, visible_to
from custody.logged import Logged
from custody.models import Handout, HandoutStep
from custody.numbers.identities import LONGEST
from custody.numbers.readings import marked
from custody.views.refused import carry_out
from custody.views.ward import same_person

Data = dict[str, Any]


def visible(request: HttpRequest, pk: int) -> Handout:
    """Return the handout if the person may see it; 404 for another ward's."""
    return fetched(request, _with_history, pk)


def readable(request: HttpRequest, pk: int) -> Handout:
    """Return the handout if the person may read it, as the ward that had it before may too."""
    return fetched(request, lambda user: _history_of(readable_by(user)), pk)


def _with_history(user: User) -> QuerySet[Handout]:
    return _history_of(visible_to(user))


def _history_of(rows: QuerySet[Handout]) -> QuerySet[Handout]:
    history = Prefetch(
        "steps", HandoutStep.objects.select_related("recorded_by", "former_ward__clinic")
    )
    return rows.select_related("successor__number").prefetch_related(history, "notices")


def do(
    request: HttpRequest,
    pk: int,
    form: forms.Form,
    act: Callable[[Data], Done[Handout]],
    success: str,
) -> HttpResponse:
    """Authorise, check the form, do the act, and return to the handout's page."""
    found = visible(request, pk)
    if carry_out(request, form, lambda: act(form.cleaned_data)):
        messages.success(request, success)
        return to_next(found)
    return page_of(request, found, form)


def to_next(found: Handout) -> HttpResponse:
    """Lead to the handout's page, from where Tab leads into what comes next."""
    return redirect(f"{found.get_absolute_url()}#next")


def page_of(request: HttpRequest, found: Handout, failed: forms.Form | None = None) -> HttpResponse:
    """Render the handout with an empty form for each act, or the one that failed."""
    looked_at(request, found)
    context = {
        "handout": found,
        "doubled": doubles.about(found),
        "drill": found.number.training,
        "place": found.place,
        "moved_away": _moved_away(found, person(request)),
        "notice_fields": notices.fields(found) if found.real_identity else [],
        "separate": notices.to_separate(found) if found.real_identity else "",
        "to_type_in_a_drill": training_identity(found) if found.number.training else "",
        "forms": _forms(found, failed),
        "also": same_person.also(request, found),
        "earlier": same_person.question_of(request, found, failed),
        **_next(found, person(request)),
        **_at_bedside(request, found, failed),
        **_of_the_pair(request, found),
    }
    return render(request, "custody/handout.html", context, status=status_of(failed))


def _next(found: Handout, user: User) -> dict[str, Any]:
    """Return what comes next for whoever closes numbers: the page shows no number of it."""
    if not may(user, "custody.close_handout"):
        return {}
    following = next_task(user, drill=found.outage.drill, beside=found)
    return {"finished": not found.is_open, "next_task": following}


def _moved_away(found: Handout, user: User) -> bool:
    """Tell whether a former ward of the handout reads it: one statement if it was ever moved."""
    moved = any(step.former_ward_id for step in found.steps.all())
    return moved and not visible_to(user).filter(pk=found.pk).exists()


def _forms(found: Handout, failed: forms.Form | None) -> dict[str, forms.Form]:
    place, shown = {"place": found.place}, {"identity": found.real_identity}
    blank: dict[str, forms.Form] = {
        "bedside": BedsideForm(auto_id="bedside_%s", initial=place),
        "replace": ReplaceForm(auto_id="replace_%s", initial=place),
        "notice": NoticeForm(auto_id="notice_%s", initial=shown),
        "witness": PairForm(auto_id="witness_%s", initial=shown),
        "switches": switch_form(found),
        "undo": ReasonForm(auto_id="undo_%s"),
        "withdraw_confirmation": ConfirmationReasonForm(
            auto_id="withdraw_confirmation_%s", initial={"shown": bedside.confirmation_of(found)}
        ),
        **{
            name: PairReasonForm(auto_id=f"{name}_%s", initial=shown)
            for name in ("withdraw_replacement", "withdraw_notice")
        },
    }
    return {
        name: failed if failed and failed.auto_id == form.auto_id else form
        for name, form in blank.items()
    }


def switch_form(found: Handout, data: Any = None) -> SwitchForm:
    """Return the form over what must be switched to the handout's real number."""
    lines = switches.lines(found)
    return SwitchForm(lines, data, identity=found.real_identity or "", auto_id="switches_%s")


def _at_bedside(request: HttpRequest, found: Handout, failed: forms.Form | None) -> dict[str, Any]:
    """Return what the page says of the wristband, beside another number that was read there."""
    others = bedside.others_open(found).count() if found.awaits_real_number else 0
    confirmed = bedside.is_confirmed(found)
    context = {"others": others, "confirmed": confirmed, "asks": others or not confirmed}
    # As it was sent: a field with an error has no cleaned text.
    typed = failed["wristband"].value() if failed and "wristband" in failed.fields else ""
    reading = bedside.compare(found, typed or "")
    if not typed or reading.right or len(typed) > LONGEST:
        return context
    owner = bedside.owner_of(found, reading)
    if owner:
        looked_at(request, owner, act=Logged.NUMBER_CHECKED)
    return context | {
        "wrong": reading,
        "owner": owner,
        "meant": marked(found.number.value, reading.places),
    }


def _of_the_pair(request: HttpRequest, found: Handout) -> dict[str, Any]:
    if not found.awaits_notice:
        return {}
    witness = pair.witness_of(found)
    required = settings.MERGE_WITNESS == pair.REQUIRE
    waits = required and not pair.is_in_person(witness)
    asked = waits or (settings.MERGE_WITNESS == pair.ASK and not witness)
    return {
        "witness": witness,
        "waits_for_witness": waits,
        "may_witness": asked and pair.may_witness(found, person(request)),
    }
