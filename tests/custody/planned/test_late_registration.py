"""Patients treated without a number: listed without saying who, registered once, struck."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, ReasonMissing
from befreg_reserv.audit.models import LogEntry
from custody.binder import loading
from custody.handouts import closing
from custody.ledger.refusals import BadIdentity, NamesAPerson
from custody.models import Handout, LateRegistration
from custody.numbers.identities import contains_identity
from custody.planned import late_registration, prepared
from custody.planned.refusals import AlreadyRegistered, AlreadyStruck, LateKeyReused
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.ground.blind import blind, blind_once
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")

PERSONNUMMER = "191212121212"
listed = scenes.treated_without


@scene
def row(cast: Cast, outage: Outage) -> LateRegistration:
    return listed(cast, outage)


def test_who_was_treated_before_somebody_pressed_start_is_listed(cast: Cast) -> None:
    pressed = timezone.now()
    began = pressed - timedelta(hours=3)
    outage, _new = lifecycle.start(Event.now(cast.tilda, pressed), since=began)
    assert scenes.treated_without(cast, outage, treated_at=began).treated_at == began


# --- listing --------------------------------------------------------------------------------------


def test_a_patient_is_listed_by_place_and_time(cast: Cast, outage: Outage) -> None:
    treated_at = outage.started_at + timedelta(minutes=5)
    row = listed(cast, outage, treated_at=treated_at)
    row.refresh_from_db()
    assert (row.ward, row.place, row.recorded_by) == (cast.iva, "Sal 3, säng 2", cast.wilma)
    assert row.treated_at == treated_at
    (entry,) = LogEntry.objects.filter(content_type__model="lateregistration")
    assert (entry.act, entry.unit) == ("list_late", str(cast.iva))


def test_after_the_stop_it_is_listed_too(cast: Cast, outage: Outage) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    listed(cast, outage)
    assert late_registration.still_open(outage).count() == 1


def test_the_same_form_again_is_the_same_row(cast: Cast, outage: Outage) -> None:
    key = uuid4()
    assert listed(cast, outage, request_key=key) == scenes.treated_without(
        cast, outage, request_key=key
    )
    assert LateRegistration.objects.count() == 1
    later = {"treated_at": outage.started_at + timedelta(minutes=7)}
    for other in ({"place": "Akutrummet"}, {"ward": cast.eye}, later):
        with pytest.raises(LateKeyReused):
            listed(cast, outage, request_key=key, **other)


def test_the_same_form_at_the_same_moment_is_the_same_row(
    cast: Cast, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = listed(cast, outage)
    # Not there yet at the first look; the second is the act's own, when the database refuses it.
    monkeypatch.setattr(late_registration, "_answered", lambda _patient: None)
    assert listed(cast, outage, request_key=first.request_key) == first


@pytest.mark.parametrize(("minutes", "says"), [(-2, "outside"), (61, "outside"), (90, "future")])
def test_the_time_lies_within_the_outage(
    cast: Cast, outage: Outage, minutes: int, says: str
) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    with pytest.raises(BadTime, match=says):
        scenes.treated_without(
            cast, outage, treated_at=outage.started_at + timedelta(minutes=minutes)
        )
    assert not LateRegistration.objects.exists()


def test_of_an_hour_that_came_twice_the_one_in_the_outage_counts(cast: Cast) -> None:
    summer, winter = (datetime(2025, 10, 26, hour, 20, tzinfo=UTC) for hour in (0, 1))
    outage, _new = lifecycle.start(Event.now(cast.tilda, summer - timedelta(minutes=10)))
    lifecycle.end(outage, Event.now(cast.tilda, summer + timedelta(minutes=10)))
    assert listed(cast, outage, treated_at=winter).treated_at == summer


def test_the_minute_of_the_start_is_within(cast: Cast, outage: Outage) -> None:
    typed = outage.started_at.replace(second=0, microsecond=0)
    assert listed(cast, outage, treated_at=typed).treated_at == outage.started_at


def test_a_little_in_the_future_is_the_clocks_fault(cast: Cast, outage: Outage) -> None:
    row = listed(cast, outage, treated_at=timezone.now() + timedelta(minutes=1))
    assert row.recorded_at >= row.treated_at
    with pytest.raises(BadTime, match="future"):
        listed(cast, outage, treated_at=timezone.now() + timedelta(minutes=5))


@pytest.mark.parametrize(
    "place",
    [
        PERSONNUMMER,
        "säng 2, 19121212-1212",
        "121212-1212 väntrummet",
        "121212+1212",
        "191212721219 säng 1",
        "Sal 3 20000101 K 06 4",
        "sal 3 20000101k064",
        "000101-M078, hallen",
    ],
)
def test_no_number_of_the_patient_contains_identity_the_place(
    cast: Cast, outage: Outage, place: str
) -> None:
    assert contains_identity(place)
    with pytest.raises(NamesAPerson):
        listed(cast, outage, place=place)
    assert not LateRegistration.objects.exists()


@pytest.mark.parametrize(
    "place",
    ["", "Sal 3", "0702-345678", "tel 033-616 1258", "191212121213", "1" * 200, "säng 10:2"],
)
def test_other_figures_are_a_place(place: str) -> None:
    assert not contains_identity(place)


# --- registering ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["19450829-k088", PERSONNUMMER, "20000101X803"])
def test_a_patient_is_registered(cast: Cast, row: LateRegistration, text: str) -> None:
    late_registration.register(row.pk, text, now(cast.wilma))
    row.refresh_from_db()
    assert row.number == text.replace("-", "").upper()
    assert row.registered_by == "wilma"
    assert not late_registration.still_open(row.outage).exists()
    entry = LogEntry.objects.get(act="register_late")
    assert (entry.number, entry.unit) == (row.number, str(cast.iva))


def test_it_keeps_who_did_it_and_when(cast: Cast, row: LateRegistration) -> None:
    at = row.treated_at + timedelta(minutes=10)
    event = Event(at=at, by="vera", recorded_at=timezone.now(), recorded_by=cast.wilma)
    late_registration.register(row.pk, scenes.REAL_WOMAN, event)
    row.refresh_from_db()
    assert (row.registered_at, row.registered_by) == (at, "vera")
    early = Event(
        at=row.treated_at - timedelta(hours=1),
        by="vera",
        recorded_at=timezone.now(),
        recorded_by=cast.wilma,
    )
    other = listed(cast, row.outage)
    with pytest.raises(BadTime):
        late_registration.register(other.pk, scenes.REAL_MAN, early)


def test_twice_the_same_is_once(cast: Cast, row: LateRegistration) -> None:
    late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    late_registration.register(row.pk, "19450829-K088", now(cast.adele))
    row.refresh_from_db()
    assert row.registered_by == "wilma"
    assert LogEntry.objects.filter(act="register_late").count() == 1
    with pytest.raises(AlreadyRegistered):
        late_registration.register(row.pk, scenes.REAL_MAN, now(cast.adele))
    with pytest.raises(AlreadyRegistered):
        late_registration.strike(row.pk, now(cast.wilma), reason="wrong")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "not an identity"),
        ("19450829K089", "check digit"),
        (scenes.TRAINING_WOMAN, "training number"),
        ("20000101K064", "emergency number"),
    ],
)
def test_a_number_that_cant_be_a_patients_is_refused(
    cast: Cast, real_binder: object, row: LateRegistration, text: str, says: str
) -> None:
    with pytest.raises(BadIdentity, match=says):
        late_registration.register(row.pk, text, now(cast.wilma))
    row.refresh_from_db()
    assert row.number is None


def test_two_patients_never_share_a_number(cast: Cast, row: LateRegistration) -> None:
    late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    other = listed(cast, row.outage)
    with pytest.raises(BadIdentity, match=f"registered late, ward {cast.iva}"):
        late_registration.register(other.pk, scenes.REAL_WOMAN, now(cast.wilma))


def test_neither_with_a_handouts_patient_nor_with_a_withdrawn_number(
    cast: Cast, handout: Handout, outage: Outage
) -> None:
    row = listed(cast, outage)
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    with pytest.raises(BadIdentity, match="stands on another handout"):
        late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    closing.withdraw_replacement(handout.pk, now(cast.wilma), reason="wrong")
    with pytest.raises(BadIdentity, match="a patient's real number"):
        late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))


def test_nor_with_a_prepared_number(cast: Cast, row: LateRegistration) -> None:
    plan = scenes.planned(cast)
    prepared.enter(plan, cast.iva, scenes.REAL_WOMAN, now(cast.adele))
    with pytest.raises(BadIdentity, match="was prepared"):
        late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))


def test_who_loses_the_race_is_told_kindly(
    cast: Cast, row: LateRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    other = listed(cast, row.outage)
    looked = blind_once(monkeypatch)
    with pytest.raises(BadIdentity, match="registered late"):
        late_registration.register(other.pk, scenes.REAL_WOMAN, now(cast.wilma))
    assert len(looked) == 2


def test_a_binder_a_handout_and_a_prepared_list_refuse_it_kindly(
    cast: Cast, handout: Handout, outage: Outage
) -> None:
    late_registration.register(listed(cast, outage).pk, scenes.REAL_WOMAN, now(cast.wilma))
    says = f"given to a patient registered late, ward {cast.iva}"
    with pytest.raises(loading.BinderRefused, match=says):
        scenes.lay_in("Annan", [scenes.REAL_WOMAN], training=False)
    with pytest.raises(BadIdentity, match=says):
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    plan = scenes.planned(cast)
    with pytest.raises(prepared.NumbersRefused) as refused:
        prepared.enter(plan, cast.iva, scenes.REAL_WOMAN, now(cast.adele))
    assert says in str(refused.value.faults[0].reason)


def test_a_drill_takes_the_training_number_it_names(cast: Cast, drill: Outage) -> None:
    row = listed(cast, drill)
    with pytest.raises(BadIdentity, match="training numbers only"):
        late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    number = late_registration.training_number(row)
    assert late_registration.register(row.pk, number, now(cast.wilma)).row.number == number


# --- striking -------------------------------------------------------------------------------------


def test_what_was_listed_by_mistake_is_struck_and_stays(cast: Cast, row: LateRegistration) -> None:
    with pytest.raises(ReasonMissing):
        late_registration.strike(row.pk, now(cast.wilma), reason="")
    late_registration.strike(row.pk, now(cast.wilma), reason="listed twice")
    row.refresh_from_db()
    assert (row.struck_by, row.struck_reason) == ("wilma", "listed twice")
    assert not late_registration.still_open(row.outage).exists()
    assert LogEntry.objects.get(act="strike_late").changes["struck_reason"][1] == "listed twice"
    with pytest.raises(AlreadyStruck):
        late_registration.strike(row.pk, now(cast.wilma), reason="again")
    with pytest.raises(AlreadyStruck):
        late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))


# --- past the Python ------------------------------------------------------------------------------


def update(row: LateRegistration, **columns: Any) -> None:
    with transaction.atomic():
        LateRegistration.objects.filter(pk=row.pk).update(**columns)


def registered(number: str) -> dict[str, Any]:
    return {"number": number, "registered_at": timezone.now(), "registered_by": "wilma"}


KNOWN = "known already"


def test_the_database_keeps_it_apart_from_binder_and_prepared(
    cast: Cast, real_binder: object, row: LateRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = scenes.planned(cast)
    prepared.enter(plan, cast.iva, scenes.REAL_MAN, now(cast.adele))
    for number in (scenes.REAL[0], scenes.REAL_MAN):
        with pytest.raises(IntegrityError, match=KNOWN):
            update(row, **registered(number))
    update(row, **registered(scenes.REAL_WOMAN))
    blind(monkeypatch)
    with pytest.raises(IntegrityError, match=KNOWN), transaction.atomic():
        scenes.lay_in("Annan", [scenes.REAL_WOMAN], training=False)
    with pytest.raises(IntegrityError, match=KNOWN), transaction.atomic():
        prepared.enter(plan, cast.iva, scenes.REAL_WOMAN, now(cast.adele))


def test_the_database_keeps_it_apart_from_handouts(
    cast: Cast, handout: Handout, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, other = listed(cast, outage), listed(cast, outage)
    update(row, **registered(scenes.REAL_WOMAN))
    blind(monkeypatch)
    with pytest.raises(IntegrityError, match=KNOWN), transaction.atomic():
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    scenes.replaced(handout.pk, scenes.REAL_WOMAN_2, now(cast.wilma))
    with pytest.raises(IntegrityError, match=KNOWN):
        update(other, **registered(scenes.REAL_WOMAN_2))


def test_the_database_refuses_a_row_that_comes_with_anothers_number(
    cast: Cast, real_binder: object, row: LateRegistration
) -> None:
    twin = LateRegistration.objects.get(pk=row.pk)
    twin.pk, twin.request_key = None, uuid4()
    for name, value in registered(scenes.REAL[0]).items():
        setattr(twin, name, value)
    with pytest.raises(IntegrityError, match=KNOWN), transaction.atomic():
        LateRegistration.objects.bulk_create([twin])


def test_the_database_takes_a_number_and_a_key_once(cast: Cast, row: LateRegistration) -> None:
    update(row, **registered(scenes.REAL_WOMAN))
    other = listed(cast, row.outage)
    with pytest.raises(IntegrityError, match=r"late_registered_number_once|number"):
        update(other, **registered(scenes.REAL_WOMAN))
    twin = LateRegistration.objects.get(pk=other.pk)
    twin.pk = None
    with pytest.raises(IntegrityError, match="request_key"), transaction.atomic():
        LateRegistration.objects.bulk_create([twin])


@pytest.mark.parametrize("act", ["register", "strike"])
def test_what_is_done_never_changes(cast: Cast, row: LateRegistration, act: str) -> None:
    done = {
        "register": registered(scenes.REAL_WOMAN),
        "strike": {"struck_at": timezone.now(), "struck_by": "wilma", "struck_reason": "twice"},
    }[act]
    update(row, **done)
    undone: dict[str, Any] = {name: "" for name in done if name.endswith(("_by", "_reason"))}
    undone |= dict.fromkeys(set(done) - set(undone))
    for change in (undone, {"registered_by": "vidar"}, {"struck_reason": "else"}):
        with pytest.raises(IntegrityError, match="stays so"):
            update(row, **change)
    with lifted():
        update(row, **undone)  # it was the trigger that refused


def test_what_was_listed_never_changes_nor_goes(cast: Cast, row: LateRegistration) -> None:
    with pytest.raises(IntegrityError, match="never change"):
        update(row, place="elsewhere")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        LateRegistration.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize(
    "columns",
    [
        {"number": scenes.REAL_WOMAN},
        {"registered_by": "wilma"},
        {"struck_by": "wilma"},
        {**registered(scenes.REAL_WOMAN), "struck_reason": "both"},
    ],
)
def test_the_database_keeps_the_rows_shape(row: LateRegistration, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="late_row_shape"):
        update(row, **columns)


def test_the_database_keeps_the_times_in_order(row: LateRegistration) -> None:
    early = registered(scenes.REAL_WOMAN) | {"registered_at": row.treated_at - timedelta(seconds=1)}
    with pytest.raises(IntegrityError, match="late_times_in_order"):
        update(row, **early)
