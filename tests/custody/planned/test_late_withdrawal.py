"""A patient registered late with a wrong number: withdrawn with a reason, and registered again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, ReasonMissing
from befreg_reserv.audit.models import LogEntry
from custody.binder.loading import BinderRefused
from custody.checks import consistency
from custody.ledger.refusals import BadIdentity
from custody.models import Handout, LateRegistration, LateWithdrawal
from custody.planned import late_registration, prepared
from custody.planned.prepared import NumbersRefused
from custody.planned.refusals import NotRegistered
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.blind import blind
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.scenes import REAL_WOMAN, REAL_WOMAN_2, now

pytestmark = pytest.mark.one_database("decisions")


@scene
def wrong(cast: Cast, outage: Outage) -> LateRegistration:
    """A patient who was registered with another patient's number."""
    row = scenes.treated_without(cast, outage)
    return late_registration.register(row.pk, REAL_WOMAN, now(cast.wilma)).row


def withdrawn(cast: Cast, row: LateRegistration) -> LateRegistration:
    return late_registration.withdraw_registration(
        row.pk, now(cast.wilma), reason="the neighbour's number"
    ).row


@pytest.mark.both_databases
def test_the_row_waits_again_and_what_it_said_stays(cast: Cast, wrong: LateRegistration) -> None:
    withdrawn(cast, wrong)
    wrong.refresh_from_db()
    assert (wrong.number, wrong.registered_at, wrong.registered_by) == (None, None, "")
    assert late_registration.still_open(wrong.outage).get() == wrong
    (kept,) = wrong.withdrawals.all()
    assert (kept.number, kept.registered_by, kept.by) == (REAL_WOMAN, "wilma", "wilma")
    assert kept.reason == "the neighbour's number"
    entry = LogEntry.objects.get(act="withdraw_late")
    assert (entry.number, entry.unit, entry.actor) == (REAL_WOMAN, str(cast.iva), cast.wilma)
    late_registration.register(wrong.pk, REAL_WOMAN_2, now(cast.wilma))
    withdrawn(cast, wrong)
    assert wrong.withdrawals.count() == 2
    assert list(consistency.findings()) == []


def test_the_number_is_free_for_the_patient_it_belongs_to(
    cast: Cast, wrong: LateRegistration, outage: Outage
) -> None:
    other = scenes.treated_without(cast, outage, place="Sal 4")
    with pytest.raises(BadIdentity):
        late_registration.register(other.pk, REAL_WOMAN, now(cast.wilma))
    withdrawn(cast, wrong)
    assert (
        late_registration.register(other.pk, REAL_WOMAN, now(cast.wilma)).row.number == REAL_WOMAN
    )


def test_for_a_handouts_patient_too(cast: Cast, handout: Handout, wrong: LateRegistration) -> None:
    with pytest.raises(BadIdentity):
        scenes.replaced(handout.pk, REAL_WOMAN, now(cast.wilma))
    withdrawn(cast, wrong)
    assert scenes.replaced(handout.pk, REAL_WOMAN, now(cast.wilma)).row.real_identity == REAL_WOMAN


def test_never_for_a_binder_or_a_plan(
    cast: Cast, wrong: LateRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawn(cast, wrong)
    plan, at = scenes.planned(cast), timezone.now()
    with pytest.raises(BinderRefused):
        scenes.lay_in("Annan", [REAL_WOMAN], training=False)
    with pytest.raises(NumbersRefused):
        prepared.enter(plan, cast.iva, REAL_WOMAN, Event.now(cast.adele, at))
    blind(monkeypatch)
    with pytest.raises(IntegrityError, match="known already"), transaction.atomic():
        scenes.lay_in("Annan", [REAL_WOMAN], training=False)
    with pytest.raises(IntegrityError, match="known already"), transaction.atomic():
        prepared.enter(plan, cast.iva, REAL_WOMAN, Event.now(cast.adele, at))


def test_only_a_registration_is_withdrawn_once_and_for_a_reason(
    cast: Cast, wrong: LateRegistration
) -> None:
    with pytest.raises(ReasonMissing):
        late_registration.withdraw_registration(wrong.pk, now(cast.wilma), reason="")
    early = Event(
        at=timezone.now() - timedelta(days=1),
        by="wilma",
        recorded_at=timezone.now(),
        recorded_by=cast.wilma,
    )
    with pytest.raises(BadTime):
        late_registration.withdraw_registration(wrong.pk, early, reason="x")
    withdrawn(cast, wrong)
    with pytest.raises(NotRegistered):
        withdrawn(cast, wrong)
    assert LateWithdrawal.objects.count() == 1


# --- the database ---------------------------------------------------------------------------------


def test_without_its_record_the_registration_stands(cast: Cast, wrong: LateRegistration) -> None:
    rows = LateRegistration.objects.filter(pk=wrong.pk)
    with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
        rows.update(number=None, registered_at=None, registered_by="")
    withdrawn(cast, wrong)
    late_registration.register(wrong.pk, REAL_WOMAN_2, now(cast.wilma))
    with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
        rows.update(number=None, registered_at=None, registered_by="")  # the record is of another


def test_the_record_is_of_what_stands_and_stays(cast: Cast, wrong: LateRegistration) -> None:
    withdrawn(cast, wrong)
    kept = LateWithdrawal.objects.get()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        LateWithdrawal.objects.update(reason="else")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        LateWithdrawal.objects.all().delete()
    kept.pk = None
    with pytest.raises(IntegrityError, match="that stands"), transaction.atomic():
        kept.save(force_insert=True)
    kept.reason = ""
    says_all = pytest.raises(IntegrityError, match="says_all")
    with lifted(), says_all, transaction.atomic():
        kept.save(force_insert=True)


# --- the page -------------------------------------------------------------------------------------


@scene
def ward(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.wilma)


@pytest.mark.both_databases
def test_the_ward_withdraws_and_the_story_tells(ward: Client, wrong: LateRegistration) -> None:
    address = f"/outage/late/{wrong.pk}/withdraw/"
    assert ward.post(address, {}).status_code == 400
    back = ward.post(address, {"reason": "the neighbour's"}, follow=True)
    page = back.content.decode()
    assert "19450829" in page
    assert "neighbour" in page
    story = ward.get(wrong.outage.get_absolute_url()).content.decode()
    assert "Registreringen i efterhand återkallad" in story
    assert ward.post(address, {"reason": "again"}).status_code == 409
    read = LogEntry.objects.filter(act="access", number=REAL_WOMAN)
    assert read.filter(content_type__model="latewithdrawal").exists()


def test_another_ward_cant(sign_in: SignIn, cast: Cast, wrong: LateRegistration) -> None:
    address = f"/outage/late/{wrong.pk}/withdraw/"
    assert sign_in(cast.vidar).post(address, {"reason": "x"}).status_code == 404
    assert sign_in(cast.tilda).post(address, {"reason": "x"}).status_code == 403
    wrong.refresh_from_db()
    assert wrong.number == REAL_WOMAN
