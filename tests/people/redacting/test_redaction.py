"""A text that says who a patient is goes from everywhere, and what was sealed is still proved."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from befreg_reserv.acts.seen import ChangedSince
from befreg_reserv.audit import redactable
from befreg_reserv.audit.models import LogEntry, Redaction
from befreg_reserv.audit.redactable import MASK
from befreg_reserv.audit.seals import proofs, sealing
from befreg_reserv.audit.seals.findings import Kind
from befreg_reserv.people.redacting import finding
from befreg_reserv.people.redacting.redaction import NotAsSealed, TooManyPlaces, redact
from custody.handouts import closing
from custody.models import Handout, HandoutStep
from outage import lifecycle
from outage.models import TimelineEntry
from tests import scenes
from tests.audit.seals.history import sealed_history, verdict
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.lifting import lifted

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NAME = "Åsa Öberg"
WHY = "Namn på en patient"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_MARGIN", timedelta(0))


@pytest.fixture
def named(cast: Cast, handout: Handout) -> HandoutStep:
    """A step with a reason that names somebody, and a note of the outage that does."""
    closing.void(handout.pk, scenes.now(cast.wilma), reason=f"{NAME} hade redan ett nummer")
    lifecycle.note(handout.outage, scenes.now(cast.tilda), text=f"ringde om {NAME}")
    return HandoutStep.objects.get(reason__contains="redan")


def texts() -> str:
    rows = [*TimelineEntry.objects.values_list("text"), *HandoutStep.objects.values_list("reason")]
    return f"{rows} {[*LogEntry.objects.values_list('changes', flat=True)]}"


def test_it_goes_from_rows_and_log_and_history_verifies(cast: Cast, named: HandoutStep) -> None:
    anchors = sealed_history()
    assert NAME in texts()
    done = redact(NAME, scenes.now(cast.adele), reason=WHY)
    assert done.new
    assert NAME not in texts()
    tables = sorted(each.table for each in done.row)
    assert tables == [
        *("audit_logentry", "audit_logentry", "custody_handoutstep", "outage_timelineentry")
    ]
    assert (verdict(anchors).in_order(), verdict(anchors).redacted) == ([], 4)
    sealed_history()
    assert verdict(anchors).in_order() == []
    logged = LogEntry.objects.filter(act__endswith="text_masked")
    assert logged.count() == len(tables)
    assert set(logged.values_list("actor", flat=True)) == {cast.adele.pk}
    named.refresh_from_db()
    assert (named.reason, named.by) == (MASK, "wilma")
    with pytest.raises(proofs.NoProof, match="masked"):
        proofs.of_row("custody_handoutstep", named.pk)


def test_before_it_is_sealed_it_goes_too(cast: Cast, named: HandoutStep) -> None:
    redact(NAME, scenes.now(cast.adele), reason=WHY)
    assert verdict(sealed_history()).in_order() == []


def test_twice_is_once(cast: Cast, named: HandoutStep) -> None:
    redact(NAME, scenes.now(cast.adele), reason=WHY)
    again = redact(NAME, scenes.now(cast.adele), reason=WHY)
    assert (again.row, again.new) == ([], False)


def test_another_text_of_the_same_row_goes_later(cast: Cast, handout: Handout) -> None:
    called = {"caller": "", "caller_name": NAME, "callback": "Eva Ek 2102"}
    handout = scenes.handed_out(cast, **called)
    anchors = sealed_history()
    for name in (NAME, "Eva Ek"):
        redact(name, scenes.now(cast.adele), reason=WHY)
    found = Handout.objects.get(pk=handout.pk)
    assert (found.caller_name, found.callback) == (MASK, MASK)
    assert verdict(anchors).in_order() == []


@pytest.mark.parametrize(
    "changed", [{"by": "adele"}, {"reason": "annat"}, {"reason": MASK, "by": "x"}]
)
def test_past_the_act_nothing_else_changes(
    cast: Cast, named: HandoutStep, changed: dict[str, str]
) -> None:
    """Not even with a redaction beside it; and without the rule it would, and is found."""
    anchors = sealed_history()
    forged = Redaction(
        table="custody_handoutstep",
        row=named.pk,
        column="reason",
        before="a" * 64,
        after="b" * 64,
        at=timezone.now(),
        by=cast.tilda,
        reason="x",
    )
    forged.save()
    rows = HandoutStep.objects.filter(pk=named.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**changed)
    with lifted():
        rows.update(**changed)
    assert (Kind.CHANGED, named.pk) in {
        (each.kind, each.row) for each in verdict(anchors).in_order()
    }


def test_without_a_redaction_no_text_is_masked(named: HandoutStep) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        HandoutStep.objects.filter(pk=named.pk).update(reason=MASK)


def test_the_log_takes_nothing_but_the_mask(cast: Cast, named: HandoutStep) -> None:
    redact(NAME, scenes.now(cast.adele), reason=WHY)
    masked = LogEntry.objects.filter(changes=redactable.MASKED_CHANGES).first()
    assert masked
    with pytest.raises(IntegrityError), transaction.atomic():
        LogEntry.objects.filter(pk=masked.pk).update(changes={"state": ["a", "b"]})


def test_a_redaction_stays(cast: Cast, named: HandoutStep) -> None:
    redact(NAME, scenes.now(cast.adele), reason=WHY)
    for touch in (Redaction.objects.all().delete, lambda: Redaction.objects.update(reason="x")):
        with pytest.raises(IntegrityError), transaction.atomic():
            touch()


def test_a_redaction_has_a_reason(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Redaction(table="a", row=1, column="b", at=timezone.now(), by=cast.adele, reason="").save()


def test_what_was_tampered_with_is_not_hidden_by_one(cast: Cast, named: HandoutStep) -> None:
    sealed_history()
    with lifted():
        HandoutStep.objects.filter(pk=named.pk).update(by="adele")
    with pytest.raises(NotAsSealed):
        redact(NAME, scenes.now(cast.adele), reason=WHY)
    assert NAME in texts()


def test_what_stands_everywhere_is_refused(
    cast: Cast, named: HandoutStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 2)
    with pytest.raises(TooManyPlaces):
        redact(NAME, scenes.now(cast.adele), reason=WHY)


def test_of_an_old_page_nothing_is_masked(cast: Cast, named: HandoutStep) -> None:
    seen = finding.mark(finding.places(NAME))
    lifecycle.note(Handout.objects.get().outage, scenes.now(cast.tilda), text=f"{NAME} igen")
    with pytest.raises(ChangedSince):
        redact(NAME, scenes.now(cast.adele), reason=WHY, seen=seen)


def test_the_administrator_sees_each_place_first(
    cast: Cast, named: HandoutStep, sign_in: SignIn
) -> None:
    adele, form = sign_in(cast.adele), {"text": NAME, "reason": WHY}
    page = adele.post("/masked/new/", form)
    assert page.content.decode().count(NAME) > 4
    assert NAME in texts()
    seen = finding.mark(finding.places(NAME))
    listed = adele.post("/masked/new/", {**form, "seen": seen}, follow=True)
    assert WHY in listed.content.decode()
    assert "custody_" not in listed.content.decode()
    assert NAME not in texts()
    story = adele.get(f"/outage/{Handout.objects.get().outage_id}/").content.decode()
    assert MASK in story
    assert NAME not in story


# Columns of text that nobody types in their own words.
NOT_FREE: dict[str, tuple[str, ...]] = {
    "audit_logentry": (
        *("object_repr", "serialized_data", "changes_text", "additional_data", "actor_email"),
        *("act", "number", "unit", "object_pk", "cid", "actor_unit", "actor_role"),
    ),
    "audit_disposalproposal": ("reason",),
    "audit_disposal": ("digest", "exported", "floors"),
    "audit_redaction": ("table", "column", "before", "after", "reason"),
    "audit_sample": ("month", "seed"),
    "break_glass_account": ("place",),
    "sso_identity": ("issuer", "subject", "claims", "roles", "wards"),
    "sso_claimrule": ("claim", "role", "ward"),
    "sso_vouched": ("sid", "acr", "refresh"),
    "people_personsession": ("session_key", "browser"),
    "people_workstation": ("place", "secret", "public_key", "certificate"),
    "people_pin": ("hashed", "of_password"),
    "people_user": ("password", "email", "username", "one_time_by", "first_name", "last_name"),
    "people_draft": ("path", "key", "fields"),  # gone within half a day
    "outage_contact": ("name", "name_en", "number", "hint", "hint_en"),
    "outage_routine": ("responsible", "decided_by", "raps_link"),
    "outage_routinestep": ("text", "text_en"),
    "outage_newsitem": ("uid", "title"),
    "outage_reading": ("target", "detail"),
    "custody_binder": ("name", "family_name", "given_name"),
    "custody_restoration": ("line",),
    "custody_switchitem": ("name", "name_en", "hint", "hint_en"),
    "health_browserreport": ("rule", "blocked", "page"),
}
# In any table: names, numbers, vgr-ids, marks of machines.
NAMES = {
    *("key", "name", "number", "value", "identity", "real_identity", "real_kind", "kind", "sex"),
    *("by", "caller", "taken_by", "ended_by", "found_by", "explained_by", "handed_out_by", "line"),
    *("read_back_by", "bedside_by", "destroyed_by", "settled_by", "filed_by", "withdrawn_by"),
    *("marked_by", "registered_by", "struck_by", "left_by", "former_caller", "former_sex", "to"),
    *("corrected_caller", "corrected_sex", "source", "target", "ward", "failure", "server", "path"),
    *("last_hash", "database", "hash", "table", "root", "note", "state", "device", "who", "vendor"),
    *("hsa_id", "telephone", "email", "searched", "family_name", "given_name"),
}
APPS = {"audit", "people", "outage", "custody", "health", "backups", "break_glass", "sso"}


def test_no_column_of_text_is_forgotten() -> None:
    free = {
        (model._meta.db_table, field.name)
        for model, fields in redactable.tables()
        for field in fields
    }
    unjudged = {
        (model._meta.db_table, field.name)
        for model in apps.get_models()
        if model._meta.app_label in APPS
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        and not field.choices
        and field.name not in {*NAMES, *NOT_FREE.get(model._meta.db_table, ())}
    }
    assert sorted(unjudged - free) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL overwrites by VACUUM")
def test_sqlite_overwrites_the_old_bytes(cast: Cast, named: HandoutStep) -> None:
    redact(NAME, scenes.now(cast.adele), reason=WHY)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete")
        found: Any = cursor.fetchone()
    assert found[0] == 1
