"""Open numbers and prepared ones follow a ward to the one that takes over from it.

Patients who wait, and those to be registered afterwards, keep its name: its successor sees them.
"""

from collections.abc import Sequence
from typing import cast

from django.db.models import Q
from django.utils.translation import ngettext

from befreg_reserv.acts.event import AnyEvent, Event
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.changes.following import Kind, Thing
from befreg_reserv.times import moment
from custody.calls import unmet
from custody.calls.waiting import WAITING
from custody.handouts.correcting import transfer
from custody.models import (
    Handout,
    HandoutStep,
    LateRegistration,
    Patient,
    PreparedMove,
    PreparedNumber,
)
from custody.models.states import OPEN
from custody.planned import late_registration, prepared

STEP_LENGTH = HandoutStep._meta.get_field("reason").max_length
MOVE_LENGTH = PreparedMove._meta.get_field("reason").max_length


def open_handouts(ward: Ward) -> list[Thing]:
    """Return the open handouts of a ward, drills' too. No number is told: nobody needs it here."""
    own = Handout.objects.filter(Q(ward=ward) | Q(ward__same_as=ward), state__in=OPEN)
    return [
        Thing(row.pk, _words(row), row.get_absolute_url(), drill=row.outage.drill)
        for row in own.select_related("outage").order_by("pk")
    ]


def _words(handout: Handout) -> str:
    return f"{moment(handout.handed_out_at)}, {handout.get_state_display()}"


def move_handout(key: int, wards: Sequence[Ward], event: AnyEvent, reason: str) -> None:
    """Move a handout to the ward. Callers hold a transaction."""
    (ward,) = wards
    transfer(key, ward, cast("Event", event), reason=reason[:STEP_LENGTH])


def _handouts_counted(count: int) -> str:
    return ngettext("%(count)d open number", "%(count)d open numbers", count) % {"count": count}


NUMBERS = Kind("numbers", _handouts_counted, open_handouts, move_handout, by_a_person=True)


def prepared_numbers(ward: Ward) -> list[Thing]:
    """Return the unmarked numbers that were prepared for a ward."""
    own = Q(ward=ward) | Q(ward__same_as=ward)
    numbers = PreparedNumber.objects.filter(own, prepared.UNMARKED).select_related("plan")
    return [
        Thing(row.pk, moment(row.plan.planned_start), drill=row.plan.drill)
        for row in numbers.order_by("pk")
    ]


def move_prepared(key: int, wards: Sequence[Ward], event: AnyEvent, reason: str) -> None:
    """Allot a number to the ward. Callers hold a transaction."""
    (ward,) = wards
    plan = PreparedNumber.objects.select_related("plan").get(pk=key).plan
    prepared.move(key, plan, ward, cast("Event", event), reason=reason[:MOVE_LENGTH])


def _prepared_counted(count: int) -> str:
    return ngettext("%(count)d prepared number", "%(count)d prepared numbers", count) % {
        "count": count
    }


def waiting_patients(ward: Ward) -> list[Thing]:
    """Return the patients of a ward who have no number yet, drills' too."""
    waiting = Patient.objects.filter(WAITING & unmet.of_ward(ward.pk)).select_related("call")
    return [
        Thing(row.pk, moment(row.waiting_since), drill=row.call.drill)
        for row in waiting.order_by("waiting_since", "pk")
    ]


def _waiting_counted(count: int) -> str:
    return ngettext(
        "%(count)d patient who waits for a number",
        "%(count)d patients who wait for a number",
        count,
    ) % {"count": count}


def late_patients(ward: Ward) -> list[Thing]:
    """Return the patients of a ward who were treated without a number and aren't registered yet."""
    own = Q(ward=ward) | Q(ward__same_as=ward)
    rows = LateRegistration.objects.filter(own, late_registration.OPEN).select_related("outage")
    return [
        Thing(row.pk, moment(row.treated_at), row.place_in_list, drill=row.outage.drill)
        for row in rows.order_by("treated_at", "pk")
    ]


def _late_counted(count: int) -> str:
    return ngettext(
        "%(count)d patient to register afterwards",
        "%(count)d patients to register afterwards",
        count,
    ) % {"count": count}


# What was said in a call, or listed by a ward, stays as it was said.
WAITS = Kind("waits", _waiting_counted, waiting_patients, None)
LATE = Kind("late", _late_counted, late_patients, None)
PREPARED = Kind("prepared", _prepared_counted, prepared_numbers, move_prepared, by_a_person=True)
