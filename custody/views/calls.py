"""A call's own page at the till: who got a number, who waits, and how a wait ends."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.answers import carry_out, event, point_out, status_of
from befreg_reserv.addresses import of_kind
from befreg_reserv.audit.trail import looked_at
from befreg_reserv.health import seconds
from befreg_reserv.pages.unanswered import may_be_sent_twice
from befreg_reserv.people.access import fetched, guarded, may, person
from befreg_reserv.people.models import User
from custody.afterwards.tasks import next_task
from custody.binder import contents
from custody.binder.contents import Stock
from custody.calls import said_wrong, unmet, waiting
from custody.forms.fields import ReasonForm, SettledForm
from custody.forms.till import ServeForm
from custody.forms.wrong import CorrectWaitingForm
from custody.models import Call, Handout, Patient
from custody.models.calls import PatientState
from custody.numbers.identities import Sex
from custody.views.refused import answers_refusals
from custody.views.ward.handouts import listed
from outage.models import Outage

EVERY_WARD: Final = "custody.see_all_wards"
# What a correction says besides the ward.
SAID: Final = ("caller", "callback", "sex", "age_group", "reason", "shown")
NUMBERS_OF: Final[dict[str, str | Promise]] = {
    Sex.WOMAN: _("Hand out a woman's number"),
    Sex.MAN: _("Hand out a man's number"),
    Sex.UNKNOWN: _("Hand out a number of unknown sex"),
}


@guarded("custody.see_all_wards")
def call_taken(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a call: each patient with the number, or what to do while there is none."""
    return _call(request, fetched(request, _calls, pk))


@may_be_sent_twice
@guarded("custody.hand_out", "POST")
@answers_refusals
@seconds.hands_out
def serve(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a waiting patient a number and show it."""
    patient = fetched(request, _patients, pk)
    form = ServeForm(request.POST, auto_id=f"serve_{pk}_%s")
    at = event(request, timezone.now())
    done = carry_out(form, lambda: waiting.serve(pk, at, **form.cleaned_data))
    if done is None:
        return _call(request, patient.call, form)
    point_out(request, form)
    return redirect("till:number", done.row.pk)


@may_be_sent_twice
@guarded("custody.hand_out", "POST")
@answers_refusals
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Record why a waiting patient needs no number any more."""
    patient = fetched(request, _patients, pk)
    form = ReasonForm(request.POST, auto_id=f"withdraw_{pk}_%s")
    done = carry_out(form, lambda: waiting.withdraw(pk, event(request), **form.cleaned_data))
    if done is None:
        return _call(request, patient.call, form)
    return redirect(patient.call)


@may_be_sent_twice
@guarded("custody.hand_out", "POST")
@answers_refusals
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what is known of a waiting patient, and whom to call back."""
    patient = fetched(request, _patients, pk)
    ids = f"correct_{pk}_%s"
    form = CorrectWaitingForm(request.POST, auto_id=ids, drill=patient.call.drill)

    def act() -> Done[Patient]:
        said = {name: form.cleaned_data[name] for name in SAID}
        return said_wrong.correct(pk, form.cleaned_data["ward"], event(request), **said)

    if carry_out(form, act) is None:
        return _call(request, patient.call, form)
    point_out(request, form)
    return redirect(patient.call)


@may_be_sent_twice
@guarded("custody.close_handout", "POST")
@answers_refusals
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that Befreg makes the number of a patient who waited until the outage ended."""
    patient = fetched(request, _patients, pk)
    form = SettledForm(request.POST, auto_id=f"settle_{pk}_%s")
    done = carry_out(form, lambda: waiting.settle(pk, event(request), **form.cleaned_data))
    at_the_till = person(request).has_perm(EVERY_WARD)
    if done is None:
        return (
            _call(request, patient.call, form)
            if at_the_till
            else listed(request, form, drill=patient.call.drill)
        )
    messages.success(request, _("It is written down that the patient is settled in Befreg."))
    ward = of_kind(reverse("ward:open"), drill=patient.call.drill)
    return redirect(patient.call if at_the_till else ward)


def _calls(_user: User) -> QuerySet[Call]:
    return Call.objects.select_related("outage", "ward__clinic", "ward__same_as__clinic")


def _patients(user: User) -> QuerySet[Patient]:
    return unmet.patients_seen_by(user)


@dataclass(frozen=True)
class PatientRow:
    """A patient on the call's page: the latest number, if any, and the forms for one who waits."""

    patient: Patient
    handout: Handout | None
    left: int  # numbers of the patient's own sex
    lying: Collection[str]  # the sexes of which numbers are left
    serving: ServeForm
    withdrawing: ReasonForm
    settling: SettledForm
    correcting: CorrectWaitingForm

    @property
    def asks(self) -> bool:
        """Tell whether the number waits for a look at its sheet."""
        return bool(self.handout and self.handout.asks_for_sheet)  # type: ignore[attr-defined]

    @property
    def other_sexes(self) -> list[tuple[str, str | Promise]]:
        """Return the sexes of numbers that lie there and may do instead, each with its word."""
        others = set(self.lying) - {self.patient.known_sex}
        return [(sex, word) for sex, word in NUMBERS_OF.items() if sex in others]


def _rows(call: Call, stock: Stock, sent: Mapping[str, BaseForm]) -> list[PatientRow]:
    """Return the call's patients. ``sent``: the form that is shown again, by its own ids."""
    lying = {row.sex.value for row in stock.rows if row.left}
    latest = {handout.patient_id: handout for handout in waiting.handouts_of(call)}
    return [
        PatientRow(
            patient,
            latest.get(patient.pk),
            stock.of(patient.known_sex),
            lying,
            *(sent.get(str(form.auto_id), form) for form in _forms(patient)),  # type: ignore[arg-type]
        )
        for patient in call.patients.select_related(*waiting.WHERE).order_by("position")
    ]


def _forms(patient: Patient) -> list[BaseForm]:
    """Return the forms of a patient, with ids that no other form of the page has."""
    kinds = {"serve": ServeForm, "withdraw": ReasonForm, "settle": SettledForm}
    forms: list[BaseForm] = [
        kind(auto_id=f"{name}_{patient.pk}_%s") for name, kind in kinds.items()
    ]
    return [*forms, CorrectWaitingForm.of(patient, f"correct_{patient.pk}_%s")]


def _call(request: HttpRequest, call: Call, form: BaseForm | None = None) -> HttpResponse:
    stock = contents.stock(training=call.drill)
    rows = _rows(call, stock, {str(form.auto_id): form} if form else {})
    # While a journal can't be relied on, each number's own page asks for its sheet first.
    asking = next((row.handout for row in rows if row.asks), None)
    if asking:
        return redirect("till:number", asking.pk)
    looked_at(request, call, *(row.handout for row in rows if row.handout))
    ongoing = Outage.objects.filter(ended_at__isnull=True, drill=call.drill).first()
    context = {
        "call": call,
        "drill": call.drill,
        "ongoing": ongoing,
        # Befreg has answered since an outage that has ended, also if it is down again.
        "settles": not (ongoing and call.goes_on),
        "rows": rows,
        "waiting": [row for row in rows if row.patient.waits],
        "stock": stock,
        "training_left": not call.drill and contents.stock(training=True).any_left,
        **_next(person(request), call, rows),
    }
    return render(request, "custody/call_taken.html", context, status=status_of(form))


def _next(user: User, call: Call, rows: Collection[PatientRow]) -> dict[str, Any]:
    """Return what else is left to do, for whoever has settled the last patient of a call."""
    settled = any(row.patient.state == PatientState.SETTLED for row in rows)
    waits = any(row.patient.waits for row in rows)
    if waits or not settled or not may(user, "custody.close_handout"):
        return {}
    return {"finished": True, "next_task": next_task(user, drill=call.drill)}
