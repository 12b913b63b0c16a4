"""Situations that a page may be opened in. Each returns what its addresses are made of."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.utils import timezone

from befreg_reserv.people import throttle, wards
from befreg_reserv.people.roles import Role
from custody import handouts, notices, quarantine
from custody.steps import Event
from outage import lifecycle
from tests import scenes
from tests.cast import Cast, person

Places = Mapping[str, object]
Situation = Callable[[Cast], Places]


def nothing(cast: Cast) -> Places:
    """No binder, no outage, nothing done by anybody yet."""
    person("lisa", Role.WARD)  # belongs to no ward
    for _try in range(throttle.FREE_TRIES + 1):
        throttle.count_try("hasty", "", timezone.now())
    return {}


def at_rest(cast: Cast) -> Places:
    """Binders full, no outage."""
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)
    return {}


def ongoing(cast: Cast) -> Places:
    """A real outage, and a handout in each state. One ward is unknown, one caller odd."""
    at_rest(cast)
    outage = scenes.begin(cast.tilda)
    women = [scenes.handed_out(cast) for _ in range(4)]
    men = [scenes.handed_out(cast, sex="M") for _ in range(2)]
    odd = scenes.handed_out(cast, sex="M", caller="?", ward=wards.typed_in("Fogelströmska"))
    handed_out, read_back, replaced, closed = women
    voided, undone = men
    handouts.confirm_read_back(
        read_back.pk, typed=read_back.number.last_four, by=cast.tilda, at=timezone.now()
    )
    for number, each in ((scenes.REAL_WOMAN, replaced), (scenes.REAL_WOMAN_2, closed)):
        handouts.replace(each.pk, number, scenes.now(cast.wilma))
    notices.file_notice(closed.pk, scenes.now(cast.wilma), reference="R-2026-17")
    notices.withdraw_notice(closed.pk, scenes.now(cast.wilma), reason="wrong number in RAPS")
    notices.file_notice(closed.pk, scenes.now(cast.wilma), reference="R-2026-18")
    handouts.void(voided.pk, scenes.now(cast.wilma), reason="the patient had a card")
    handouts.undo(undone.pk, scenes.now(cast.adele), reason="recorded twice")
    return {
        "outage": outage.pk,
        "handed_out": handed_out.pk,
        "read_back": read_back.pk,
        "replaced": replaced.pk,
        "closed": closed.pk,
        "voided": voided.pk,
        "undone": undone.pk,
        "odd": odd.pk,
        "used_key": handed_out.request_key,
        "unknown_ward": odd.ward_id,
        "lisa": person("lisa", Role.WARD).pk,
    }


def drill(cast: Cast) -> Places:
    """A drill alone."""
    at_rest(cast)
    begun = scenes.begin(cast.tilda, drill=True)
    return {
        "outage": begun.pk,
        "handed_out": scenes.handed_out(cast, outage_id=begun.pk).pk,
    }


def both(cast: Cast) -> Places:
    """A drill, and then reality."""
    practised = drill(cast)
    begun = scenes.begin(cast.tilda)
    real = scenes.handed_out(cast, outage_id=begun.pk)
    return {"drill": practised["outage"], "outage": begun.pk, "handed_out": real.pk}


def nearly_empty(cast: Cast) -> Places:
    """No woman's number left, and one man's."""
    scenes.lay_in("Pärm AKM", ["20000101K064", "20000101M078"], training=False)
    begun = scenes.begin(cast.tilda)
    return {"outage": begun.pk, "handed_out": scenes.handed_out(cast).pk}


def missing_sheet(cast: Cast) -> Places:
    """A sheet wasn't in the binder, and another number was given instead."""
    at_rest(cast)
    scenes.begin(cast.tilda)
    missing = scenes.handed_out(cast)
    successor = quarantine.sheet_missing(missing.pk, scenes.now(cast.tilda))
    explained = missing.number.quarantines.get().pk
    return {"missing": missing.pk, "successor": successor.pk, "quarantine": explained}


def ended(cast: Cast) -> Places:
    """Befreg has answered for two days, and a number is still open."""
    at_rest(cast)
    now = timezone.now()
    outage = scenes.begin(cast.tilda, ago=timedelta(days=3))
    asked = Event.now(cast.tilda, now - timedelta(days=2, hours=12))
    overdue = handouts.hand_out(scenes.call(cast), asked)
    lifecycle.end(outage, by=cast.tilda, at=now - timedelta(days=2), text="signs in again")
    return {"outage": outage.pk, "overdue": overdue.pk}
