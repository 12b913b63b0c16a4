"""Prepared numbers: entered all or none, known to every other act, marked, accounted for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from custody.binder import loading
from custody.handouts import closing
from custody.ledger.refusals import BadIdentity
from custody.models import Handout, PreparedNumber
from custody.numbers.identities import check_digit
from custody.planned import accounts, prepared
from custody.planned.prepared import NumbersRefused
from custody.planned.refusals import NothingToPrepareFor
from outage import lifecycle
from outage.models import Outage, Plan
from outage.plans import needs, planning
from tests import scenes
from tests.cast import Cast, person
from tests.conftest import SignIn
from tests.ground.blind import blind, blind_once
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")

UNKNOWN_SEX = "20000101X803"
NEW_WOMAN = f"20110203K06{check_digit('20110203K06')}"
THREE = [scenes.REAL_WOMAN, scenes.REAL_MAN, UNKNOWN_SEX]


@scene
def plan(cast: Cast) -> Plan:
    return scenes.planned(cast)


def entered(
    cast: Cast, plan: Plan, *numbers: str, ward: Ward | None = None
) -> list[PreparedNumber]:
    text = "\n".join(numbers or THREE)
    return prepared.enter(plan, ward or cast.iva, text, now(cast.adele)).row


def faults(cast: Cast, plan: Plan, *numbers: str) -> list[tuple[int, str]]:
    with pytest.raises(NumbersRefused) as refused:
        entered(cast, plan, *numbers)
    assert PreparedNumber.objects.filter(plan=plan).count() == 0
    return [(fault.line, str(fault.reason)) for fault in refused.value.faults]


# --- owed -----------------------------------------------------------------------------------------


def test_an_outage_entered_afterwards_owes_the_numbers_of_its_plan(cast: Cast, plan: Plan) -> None:
    entered(cast, plan)
    assert prepared.owed_by(cast.wilma, drill=False) == []
    ended = timezone.now() - timedelta(hours=1)
    planned = Outage.Kind.PLANNED
    past = lifecycle.Past(planned, False, ended - timedelta(hours=1), ended, "tilda", "", plan)  # noqa: FBT003
    planning.enter_past(past, scenes.now(cast.adele))
    assert prepared.owed_by(cast.wilma, drill=False) == [prepared.NumbersOwed(plan, 3)]


# --- entering -----------------------------------------------------------------------------------


def test_a_pasted_list_is_set_aside_for_the_ward(cast: Cast, plan: Plan) -> None:
    entered(cast, plan, "19450829-k088", "", " 19810829 M 07 1 ", UNKNOWN_SEX)
    rows = PreparedNumber.objects.order_by("sex")
    assert [(row.value, row.sex, row.ward) for row in rows] == [
        (scenes.REAL_WOMAN, "K", cast.iva),
        (scenes.REAL_MAN, "M", cast.iva),
        (UNKNOWN_SEX, "X", cast.iva),
    ]


def test_the_log_names_every_number_once(cast: Cast, plan: Plan) -> None:
    entered(cast, plan)
    logged = LogEntry.objects.filter(content_type__model="preparednumber")
    assert sorted(logged.values_list("number", "act", "unit")) == sorted(
        (number, "prepare_number", str(cast.iva)) for number in THREE
    )


def test_every_fault_is_named_at_once_and_nothing_written(
    cast: Cast, real_binder: object, plan: Plan
) -> None:
    lines = ["hello", scenes.REAL[0], "19450829K089", scenes.REAL_MAN, scenes.REAL_MAN]
    found = faults(cast, plan, *lines, scenes.TRAINING_WOMAN)
    assert [line for line, _reason in found] == [1, 2, 3, 5, 6]
    reasons = [reason for _line, reason in found]
    assert "not a reserve number" in reasons[0]
    assert "“Pärm AKM” holds or has held" in reasons[1]
    assert "line 4" in reasons[3]
    assert "training number" in reasons[4]


@pytest.mark.parametrize(
    ("text", "says"), [("", "no number"), ("\n \u200b\n", "no number"), ("x\n" * 501, "500")]
)
def test_a_list_without_numbers_or_with_far_too_many(
    cast: Cast, plan: Plan, text: str, says: str
) -> None:
    with pytest.raises(NumbersRefused) as refused:
        prepared.enter(plan, cast.iva, text, now(cast.adele))
    assert [says in str(fault.reason) for fault in refused.value.faults] == [True]


def test_nobody_is_born_tomorrow(cast: Cast, plan: Plan) -> None:
    the_day_before = datetime(2011, 2, 2, 12, tzinfo=UTC)  # here too, at any time of the day
    with pytest.raises(NumbersRefused, match="1 faults"):
        prepared.enter(plan, cast.iva, NEW_WOMAN, Event.now(cast.adele, the_day_before))


def test_a_drill_takes_training_numbers_only(cast: Cast) -> None:
    drill = scenes.planned(cast, drill=True)
    assert "training numbers only" in faults(cast, drill, scenes.REAL_WOMAN)[0][1]
    (row,) = entered(cast, drill, scenes.TRAINING_WOMAN)
    assert row.training


def test_a_number_is_prepared_once(cast: Cast, plan: Plan) -> None:
    entered(cast, plan, scenes.REAL_WOMAN)
    other = scenes.planned(cast)
    ((line, reason),) = faults(cast, other, scenes.REAL_WOMAN)
    assert line == 1
    assert "was prepared for the planned outage" in reason
    assert str(cast.iva) in reason


def test_a_patients_real_number_cant_be_prepared(cast: Cast, plan: Plan, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    closing.withdraw_replacement(handout.pk, now(cast.wilma), reason="wrong")
    assert "a patient's real number" in faults(cast, plan, scenes.REAL_WOMAN)[0][1]


def test_a_cancelled_outage_takes_no_numbers(cast: Cast, plan: Plan) -> None:
    planning.cancel(plan.pk, scenes.now(cast.adele), reason="put off")
    with pytest.raises(NothingToPrepareFor):
        entered(cast, plan)
    assert not PreparedNumber.objects.exists()


def test_somebody_who_was_first_is_named_and_not_a_crash(
    cast: Cast, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered(cast, plan, scenes.REAL_WOMAN)
    looked = blind_once(monkeypatch)
    with pytest.raises(NumbersRefused) as refused:
        entered(cast, plan, NEW_WOMAN, scenes.REAL_WOMAN)
    assert [fault.line for fault in refused.value.faults] == [2]
    assert len(looked) == 2
    assert PreparedNumber.objects.count() == 1


# --- what the others say of a prepared number ----------------------------------------------------


def test_a_binder_refuses_it_kindly(cast: Cast, plan: Plan) -> None:
    entered(cast, plan, scenes.REAL_WOMAN)
    with pytest.raises(loading.BinderRefused, match="was prepared for the planned outage"):
        scenes.lay_in("Pärm", [scenes.REAL_WOMAN], training=False)


def test_a_handout_refuses_it_kindly(cast: Cast, plan: Plan, handout: Handout) -> None:
    entered(cast, plan, scenes.REAL_WOMAN)
    with pytest.raises(BadIdentity, match=f"was prepared for the planned outage .*{cast.iva}"):
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))


def test_a_handout_that_lost_the_race_is_told_kindly(
    cast: Cast, plan: Plan, handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered(cast, plan, scenes.REAL_WOMAN)
    looked = blind_once(monkeypatch)
    with pytest.raises(BadIdentity, match="was prepared"):
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    assert len(looked) == 3  # for its check, for the same person, and after the conflict


# --- past the Python ------------------------------------------------------------------------------

KNOWN = "known already|patient's real number|emergency number"


def raw(cast: Cast, plan: Plan, value: str, **columns: Any) -> None:
    """Insert a row as no act of ours does."""
    row = PreparedNumber(
        plan=plan, ward=cast.iva, value=value, sex=value[8], training=False,
        entered_at=timezone.now(), entered_by=cast.adele,
    )  # fmt: skip
    for name, column in columns.items():
        setattr(row, name, column)
    with transaction.atomic():
        PreparedNumber.objects.bulk_create([row])


def test_the_database_keeps_a_prepared_number_out_of_binders(
    cast: Cast, plan: Plan, real_binder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw(cast, plan, NEW_WOMAN)
    with pytest.raises(IntegrityError, match=KNOWN):
        raw(cast, plan, scenes.REAL[0])
    blind(monkeypatch)
    with pytest.raises(IntegrityError, match=KNOWN), transaction.atomic():
        scenes.lay_in("Annan", [NEW_WOMAN], training=False)


def test_the_database_keeps_a_prepared_number_off_handouts(
    cast: Cast, plan: Plan, handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw(cast, plan, NEW_WOMAN)
    blind(monkeypatch)
    with pytest.raises(IntegrityError, match=KNOWN), transaction.atomic():
        scenes.replaced(handout.pk, NEW_WOMAN, now(cast.wilma))
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    with pytest.raises(IntegrityError, match=KNOWN):
        raw(cast, plan, scenes.REAL_WOMAN)


def test_the_database_takes_a_number_once(cast: Cast, plan: Plan) -> None:
    raw(cast, plan, NEW_WOMAN)
    with pytest.raises(IntegrityError, match=r"prepared_number_once|preparednumber\.value"):
        raw(cast, scenes.planned(cast), NEW_WOMAN)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"sex": "M"}, "prepared_tells_its_sex"),
        ({"training": True}, "prepared_training_by_serial"),
        ({"outcome": "used"}, "prepared_marked_by_somebody"),
        ({"outcome": "lost", "marked_by": "wilma"}, "prepared_marked_by_somebody"),
        ({"mark_reason": "why"}, "prepared_marked_by_somebody"),
    ],
)
def test_the_database_keeps_the_rows_shape(
    cast: Cast, plan: Plan, columns: dict[str, Any], rule: str
) -> None:
    with pytest.raises(IntegrityError, match=rule):
        raw(cast, plan, NEW_WOMAN, **columns)


def test_the_database_keeps_what_was_entered(cast: Cast, plan: Plan) -> None:
    (row,) = entered(cast, plan, NEW_WOMAN)
    rows = PreparedNumber.objects.filter(pk=row.pk)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        rows.update(value=scenes.REAL_WOMAN)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.delete()
    with lifted():
        assert rows.update(value=scenes.REAL_WOMAN) == 1  # it was the trigger that refused


# --- marking and accounting -----------------------------------------------------------------------


def test_a_number_is_marked_and_the_log_keeps_it(cast: Cast, plan: Plan) -> None:
    row = entered(cast, plan)[0]
    prepared.mark(row.pk, "used", now(cast.wilma))
    row.refresh_from_db()
    assert (row.outcome, row.marked_by, row.mark_reason) == ("used", "wilma", "")
    entry = LogEntry.objects.get(act="mark_prepared")
    assert entry.changes["outcome"] == ["", "used"]
    assert entry.number == row.value


def test_the_same_mark_again_changes_nothing(cast: Cast, plan: Plan) -> None:
    row = entered(cast, plan)[0]
    first = prepared.mark(row.pk, "used", now(cast.wilma)).row
    again = prepared.mark(row.pk, "used", now(cast.adele)).row
    assert (again.marked_at, again.marked_by) == (first.marked_at, "wilma")
    assert LogEntry.objects.filter(act="mark_prepared").count() == 1


def test_the_other_mark_needs_a_reason_and_the_log_keeps_both(cast: Cast, plan: Plan) -> None:
    row = entered(cast, plan)[0]
    prepared.mark(row.pk, "used", now(cast.wilma))
    with pytest.raises(ReasonMissing):
        prepared.mark(row.pk, "unused", now(cast.wilma))
    marked = prepared.mark(row.pk, "unused", now(cast.adele), reason="mixed up").row
    assert (marked.outcome, marked.mark_reason) == ("unused", "mixed up")
    said = LogEntry.objects.filter(act="mark_prepared").order_by("id")
    assert [entry.changes["outcome"][1] for entry in said] == ["used", "unused"]


def test_the_account_by_ward_and_sex(cast: Cast, plan: Plan) -> None:
    women_and_man = entered(cast, plan, scenes.REAL_WOMAN, NEW_WOMAN, scenes.REAL_MAN)
    iva = {row.value: row for row in women_and_man}
    entered(cast, plan, UNKNOWN_SEX, ward=cast.eye)
    prepared.mark(iva[scenes.REAL_WOMAN].pk, "used", now(cast.wilma))
    prepared.mark(iva[scenes.REAL_MAN].pk, "unused", now(cast.wilma))
    rows = accounts.accounts(plan, cast.adele)
    assert [
        (row.ward, row.sex, row.prepared, row.used, row.unused, row.waiting) for row in rows
    ] == [
        (cast.iva, "K", 2, 1, 0, 1),
        (cast.iva, "M", 1, 0, 1, 0),
        (cast.eye, "X", 1, 0, 0, 1),
    ]


def test_what_is_missing_of_what_a_ward_asked_for(cast: Cast, plan: Plan, sign_in: SignIn) -> None:
    entered(cast, plan, scenes.REAL_WOMAN, NEW_WOMAN)
    for user, ward, women, men in ((cast.wilma, cast.iva, 5, 0), (cast.vidar, cast.eye, 0, 2)):
        needs.state_need(plan.pk, ward, now(user), women=women, men=men, registers_late=False)
    rows = accounts.accounts(plan, cast.adele)
    assert [(row.ward, row.sex, row.needed, row.missing) for row in rows] == [
        (cast.iva, "K", 5, 3),
        (cast.eye, "M", 2, 2),
    ]
    assert accounts.sums(rows) == accounts.Sums(needed=7, prepared=2, missing=5)
    assert [row.ward for row in accounts.accounts(plan, cast.wilma)] == [cast.iva]
    page = sign_in(cast.adele).get(f"/outage/plans/{plan.pk}/numbers/").content.decode()
    assert "Efterfrågade: 7. Förberedda: 2. Saknas: 5." in page


@pytest.mark.both_databases
def test_what_is_owed_once_the_outage_has_begun(cast: Cast, plan: Plan) -> None:
    first, second, _third = entered(cast, plan)
    assert not prepared.unaccounted(plan).exists()
    outage, _new = planning.start(plan.pk, scenes.now(cast.tilda))
    assert prepared.unaccounted(plan).count() == prepared.unaccounted(outage).count() == 3
    assert not prepared.is_owed(plan)
    lifecycle.end(outage, scenes.now(cast.tilda))
    assert prepared.is_owed(plan)
    for row in (first, second):
        prepared.mark(row.pk, "unused", now(cast.wilma))
    assert [row.value for row in prepared.unaccounted(outage)] == [UNKNOWN_SEX]


def test_a_cancelled_outages_numbers_are_owed(cast: Cast, plan: Plan) -> None:
    entered(cast, plan)
    planning.cancel(plan.pk, scenes.now(cast.adele), reason="put off")
    plan.refresh_from_db()
    assert prepared.is_owed(plan)
    assert prepared.unaccounted(plan).count() == 3


def test_an_unplanned_outage_has_no_prepared_numbers(cast: Cast, plan: Plan) -> None:
    entered(cast, plan)
    outage = scenes.begin(cast.tilda)
    assert not prepared.unaccounted(outage).exists()


@pytest.mark.both_databases
def test_each_sees_own_wards_only(cast: Cast, plan: Plan) -> None:
    entered(cast, plan)
    assert not prepared.visible_to(cast.vidar).exists()
    mistyped = Ward.objects.create(name="Iwa", confirmed=False, same_as=cast.iva)
    entered(cast, plan, NEW_WOMAN, ward=mistyped)
    assert prepared.visible_to(cast.wilma).count() == 4
    assert prepared.visible_to(person("lisa")).count() == 0


# --- pages ----------------------------------------------------------------------------------------


def page_of(plan: Plan) -> str:
    return f"/outage/plans/{plan.pk}/numbers/"


def test_the_list_shows_own_wards_numbers_and_logs_them(
    cast: Cast, plan: Plan, sign_in: SignIn
) -> None:
    entered(cast, plan, scenes.REAL_WOMAN)
    entered(cast, plan, scenes.REAL_MAN, ward=cast.eye)
    page = sign_in(cast.wilma).get(page_of(plan)).content.decode()
    assert "K\xa008\xa08" in page
    assert "M\xa007\xa01" not in page
    looked = LogEntry.objects.filter(actor=cast.wilma, act="access")
    assert [entry.number for entry in looked] == [scenes.REAL_WOMAN]
    assert "M\xa007\xa01" in sign_in(cast.gunde).get(page_of(plan)).content.decode()


def test_a_plan_that_doesnt_concern_the_ward_isnt_found(
    cast: Cast, sign_in: SignIn, plan: Plan
) -> None:
    others = scenes.planned(cast, wards=[cast.eye])
    assert sign_in(cast.wilma).get(page_of(others)).status_code == 404
    entered(cast, others, scenes.REAL_WOMAN)  # numbers of their own make it theirs
    assert sign_in(cast.wilma).get(page_of(others)).status_code == 200


def test_the_administrator_pastes_a_list(cast: Cast, plan: Plan, sign_in: SignIn) -> None:
    client = sign_in(cast.adele)
    fields = {"ward": str(cast.iva), "text": f"{scenes.REAL_WOMAN}\r\n{scenes.REAL_MAN}"}
    response = client.post(f"{page_of(plan)}enter/", fields)
    assert response.headers["Location"] == page_of(plan)
    assert PreparedNumber.objects.filter(ward=cast.iva, entered_by=cast.adele).count() == 2
    assert "K\xa008\xa08" in client.get(page_of(plan)).content.decode()


def test_the_faults_stand_above_what_was_pasted(cast: Cast, plan: Plan, sign_in: SignIn) -> None:
    fields = {"ward": str(cast.iva), "text": f"{scenes.REAL_WOMAN}\r\n<b>x"}
    response = sign_in(cast.adele).post(f"{page_of(plan)}enter/", fields)
    assert response.status_code == 400
    page = response.content.decode()
    assert escape("<b>x") in page
    assert f'value="{cast.iva}"' in page
    assert not PreparedNumber.objects.exists()


@pytest.mark.both_databases
def test_a_ward_concerned_can_be_chosen_without_typing(
    cast: Cast, sign_in: SignIn, plan: Plan
) -> None:
    named = scenes.planned(cast, wards=[cast.iva])
    client = sign_in(cast.adele)
    assert f'value="{cast.iva.pk}"' in client.get(page_of(named)).content.decode()
    fields = {"ward": "", "ward_asked": "", "ward_choice": cast.iva.pk, "text": scenes.REAL_WOMAN}
    assert client.post(f"{page_of(named)}enter/", fields).status_code == 302
    assert PreparedNumber.objects.get().ward == cast.iva


def test_numbers_for_a_cancelled_outage_are_refused_on_a_page(
    cast: Cast, plan: Plan, sign_in: SignIn
) -> None:
    planning.cancel(plan.pk, scenes.now(cast.adele), reason="put off")
    fields = {"ward": str(cast.iva), "text": scenes.REAL_WOMAN}
    response = sign_in(cast.adele).post(f"{page_of(plan)}enter/", fields)
    assert response.status_code == 409
    assert page_of(plan) in response.content.decode()


def test_the_printed_list_is_the_wards_own_and_logged_as_a_print(
    cast: Cast, plan: Plan, sign_in: SignIn
) -> None:
    entered(cast, plan, scenes.REAL_WOMAN)
    paper = f"{page_of(plan)}{cast.iva.pk}/"
    page = sign_in(cast.wilma).get(paper).content.decode()
    assert "K\xa008\xa08" in page
    assert 'class="drill"' not in page
    assert LogEntry.objects.get(act="prepared_list").number == scenes.REAL_WOMAN
    assert sign_in(cast.vidar).get(paper).status_code == 404
    assert sign_in(cast.adele).get(f"{page_of(plan)}{cast.eye.pk}/").status_code == 404


def test_a_drills_pages_wear_its_frame(cast: Cast, sign_in: SignIn) -> None:
    drill = scenes.planned(cast, drill=True)
    (row,) = entered(cast, drill, scenes.TRAINING_WOMAN)
    client = sign_in(cast.wilma)
    for path in (page_of(drill), f"{page_of(drill)}{cast.iva.pk}/"):
        assert 'class="drill"' in client.get(path).content.decode(), path
    failed = client.post(f"/outage/prepared/{row.pk}/mark/", {})
    assert 'class="drill"' in failed.content.decode()


def marks(client: Client, row: PreparedNumber, **fields: str) -> Any:
    return client.post(f"/outage/prepared/{row.pk}/mark/", fields)


def test_the_ward_marks_and_comes_back_to_where_it_was(
    cast: Cast, plan: Plan, sign_in: SignIn
) -> None:
    row = entered(cast, plan)[0]
    listed = f"{page_of(plan)}?page=1"
    response = marks(sign_in(cast.wilma), row, outcome="used", next=listed)
    assert response.headers["Location"] == listed
    row.refresh_from_db()
    assert row.outcome == "used"
    elsewhere = marks(sign_in(cast.wilma), row, outcome="used", next="//evil.example/")
    assert elsewhere.headers["Location"] == page_of(plan)


def test_a_changed_mark_without_a_reason_is_asked_for_one(
    cast: Cast, plan: Plan, sign_in: SignIn
) -> None:
    row = entered(cast, plan)[0]
    prepared.mark(row.pk, "used", now(cast.wilma))
    client = sign_in(cast.wilma)
    response = marks(client, row, outcome="unused")
    assert response.status_code == 400
    assert 'id="mark_reason_error"' in response.content.decode()
    assert marks(client, row, outcome="unused", reason="mixed up").status_code == 302
    assert "mixed up" in client.get(page_of(plan)).content.decode()


def test_another_wards_number_isnt_found(cast: Cast, plan: Plan, sign_in: SignIn) -> None:
    row = entered(cast, plan)[0]
    assert marks(sign_in(cast.vidar), row, outcome="used").status_code == 404
    assert marks(sign_in(cast.tilda), row, outcome="used").status_code == 403
    row.refresh_from_db()
    assert row.outcome == ""


def test_the_wards_start_page_says_what_is_owed(cast: Cast, plan: Plan, sign_in: SignIn) -> None:
    entered(cast, plan)
    assert page_of(plan) not in sign_in(cast.wilma).get("/ward/").content.decode()
    planning.start(plan.pk, scenes.now(cast.tilda))
    assert page_of(plan) in sign_in(cast.wilma).get("/ward/").content.decode()
    assert page_of(plan) not in sign_in(cast.vidar).get("/ward/").content.decode()


@pytest.mark.one_database("statements")
def test_the_pages_cost_the_same_however_many_there_are(
    cast: Cast, plan: Plan, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = sign_in(cast.wilma)
    entered(cast, plan, scenes.REAL_WOMAN)
    planning.start(plan.pk, Event.now(cast.tilda, timezone.now() + timedelta(seconds=1)))
    for path in (page_of(plan), f"{page_of(plan)}{cast.iva.pk}/", "/ward/"):
        client.get(path)
        with django_assert_max_num_queries(100) as few:
            client.get(path)
        entered(cast, plan, *scenes.many_numbers(30)[len(PreparedNumber.objects.all()) :][:9])
        with django_assert_max_num_queries(len(few)):
            client.get(path)
