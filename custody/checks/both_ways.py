"""Whether the log and what stands agree: each entry of an act has its rows, each row its entry.

Somebody who deletes a handout and puts its number back in the binder would have to delete what the
log says of both as well, and that is sealed. One statement for each kind of object, each of which
reads what it compares once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import CharField, F, Model, Q, QuerySet, TextChoices, Value
from django.db.models.functions import Concat

from befreg_reserv.audit import acts, triggers
from befreg_reserv.audit.models import Disposal, LogEntry
from custody import models
from custody.logged import Logged
from custody.models.calls import PatientState
from custody.models.states import Act
from outage.logged import Logged as LoggedOutage
from outage.models import Doubt, Outage, Plan, PlanChange, Tick, TimelineEntry

LOG = LogEntry._meta.db_table


@dataclass(frozen=True)
class Evidence:
    """Rows of which each says that an act was done to an object.

    ``act``: its name, or the rows' column that has it, after ``prefix``. ``about``: their column
    with the object's key.
    """

    rows: QuerySet[Any]
    act: TextChoices | str
    about: str = "pk"
    prefix: str = ""

    def query(self) -> QuerySet[Any]:
        """Return the act and the object of each row."""
        if isinstance(self.act, TextChoices):
            name: Any = Value(acts.stored(self.act), CharField())
        else:
            name = Concat(Value(self.prefix, CharField()), F(self.act), output_field=CharField())
        named = self.rows.order_by().annotate(act_=name, about_=F(self.about))
        found: QuerySet[Any] = named.values_list("act_", "about_")
        return found


@dataclass(frozen=True)
class Trace:
    """What must be in the log of a kind of object, once for each row of evidence, and no more."""

    about: type[Model]
    acts: Sequence[TextChoices]
    evidence: Sequence[Evidence]
    unlogged: QuerySet[Any] | None = None  # the keys of objects that aren't compared

    def since(self, column: str) -> "Trace":
        """Compare none that came before calls had a table, by this column of theirs.

        The calls of earlier handouts were made by that migration, and versions before it didn't
        name each reminder and each restoration in the log.
        """
        applied = MigrationRecorder(connection).migration_qs
        kept_since = applied.get(app="custody", name="0011_calls_and_patients").applied
        older: QuerySet[Any] = (
            QuerySet(self.about).filter(**{f"{column}__lt": kept_since}).order_by().values("pk")
        )
        evidence = [replace(each, rows=each.rows.exclude(pk__in=older)) for each in self.evidence]
        return replace(self, evidence=evidence, unlogged=older)

    def differences(self) -> Iterator[str]:
        """Yield the objects of which the log says more or less than their rows."""
        said = LogEntry.objects.order_by().filter(
            content_type=ContentType.objects.get_for_model(self.about),
            act__in=[acts.stored(each) for each in self.acts],
        )
        said = said.exclude(action=LogEntry.Action.ACCESS)
        if self.unlogged is not None:
            said = said.exclude(object_id__in=self.unlogged)
        said = said.values_list("act", "object_id")
        name, gone = self.about._meta.model_name, _gone_until(self.about)
        for act, key, logged, done in _unlike(said, [each.query() for each in self.evidence]):
            if logged < done and key <= gone:
                continue
            yield f"{name} {key}: {act} is {logged} times in the log, and {done} times in its rows"


def _gone_until(about: type[Model]) -> int:
    """Return up to which key the log of an object may have gone, after five years; -1 for none."""
    kind = str(ContentType.objects.get_for_model(about).pk)
    return max((each.floors.get(kind, -1) for each in Disposal.objects.all()), default=-1)


def _unlike(left: QuerySet[Any], right: Iterable[QuerySet[Any]]) -> list[tuple[Any, ...]]:
    """Return act, object, and how often each side has the two, where they don't agree."""
    parts: list[str] = []
    values: list[Any] = []
    for said, query in [(1, left), *((0, each) for each in right)]:
        sql, parameters = query.query.sql_with_params()
        # Named by the first part; each column is in its place.
        parts.append(f"SELECT {said} AS said, x.* FROM ({sql}) AS x")  # noqa: S608  composed by Django
        values += parameters
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT act, object_id, sum(said), sum(1 - said)"  # noqa: S608
            f" FROM ({' UNION ALL '.join(parts)}) AS both_sides"
            " GROUP BY act, object_id HAVING sum(said) <> sum(1 - said) ORDER BY object_id, act",
            values,
        )
        return list(cursor.fetchall())


def _each(model: type[Model], act: TextChoices, *those: Q, **columns: Any) -> Evidence:
    return Evidence(QuerySet(model).filter(*those, **columns), act)


def _own(model: type[Model], *evidence: Evidence) -> Trace:
    """Return the trace of rows that are their own evidence."""
    names = [each.act for each in evidence if isinstance(each.act, TextChoices)]
    return Trace(model, names, evidence)


def traces() -> list[Trace]:
    """Return what is compared."""
    handouts, sign_offs = models.Handout.objects, models.SignOff.objects.all()
    late, withdrawn = models.LateRegistration, models.LateWithdrawal.objects.all()
    corrections = models.PatientCorrection.objects.all()
    foreign, prepared = models.ForeignSheet, models.PreparedNumber
    return [
        Trace(
            models.Handout,
            [*Act, Logged.READ_BACK, Logged.LATE_ENTRY],
            [
                Evidence(models.HandoutStep.objects.all(), "act", "handout_id"),
                Evidence(handouts.filter(read_back_at__isnull=False), Logged.READ_BACK),
                # One that was given instead of one that was entered is late as its call is.
                Evidence(handouts.filter(late=True, instead_of=None), Logged.LATE_ENTRY),
            ],
        ),
        Trace(
            Outage,
            [*TimelineEntry.Act, Logged.SIGN_OFF],
            [
                Evidence(TimelineEntry.objects.all(), "act", "outage_id", "outage_"),
                Evidence(sign_offs, Logged.SIGN_OFF, "outage_id"),
            ],
        ),
        Trace(
            Plan,
            list(PlanChange.Act),
            [Evidence(PlanChange.objects.all(), "act", "plan_id", "plan_")],
        ),
        Trace(
            Doubt,
            list(Doubt.Outcome),
            [Evidence(Doubt.objects.exclude(outcome=""), "outcome", prefix="doubt_")],
        ),
        _own(
            Tick,
            _each(Tick, LoggedOutage.TICK, ~Q(item=Tick.NOTE)),
            _each(Tick, LoggedOutage.NOTE_DOUBT, item=Tick.NOTE),
        ),
        Trace(  # a number has left as often as it came back, and once more if it is out
            models.ReserveNumber,
            [Logged.LEAVE_BINDER],
            [
                Evidence(
                    LogEntry.objects.filter(act=Logged.RETURN_TO_BINDER),
                    Logged.LEAVE_BINDER,
                    "object_id",
                ),
                _each(models.ReserveNumber, Logged.LEAVE_BINDER, taken_at__isnull=False),
            ],
        ),
        _own(models.Call, _each(models.Call, Logged.TAKE_CALL)).since("recorded_at"),
        Trace(
            models.Patient,
            [Logged.CORRECT_PATIENT, Logged.WITHDRAW_PATIENT, Logged.SETTLE_PATIENT],
            [
                Evidence(corrections, Logged.CORRECT_PATIENT, "patient_id"),
                _each(models.Patient, Logged.WITHDRAW_PATIENT, state=PatientState.WITHDRAWN),
                _each(models.Patient, Logged.SETTLE_PATIENT, state=PatientState.SETTLED),
            ],
        ),
        _own(models.Count, _each(models.Count, Logged.COUNT_BINDER)),
        _own(
            foreign,
            _each(foreign, Logged.COUNT_BINDER),
            _each(foreign, Logged.EXPLAIN_FOREIGN, explained_at__isnull=False),
        ),
        _own(
            models.CountLine,
            _each(models.CountLine, Logged.DESTROY_SHEET, destroyed_at__isnull=False),
        ),
        _own(
            models.DoubledNumber,
            _each(models.DoubledNumber, Logged.DOUBLED),
            _each(models.DoubledNumber, Logged.SETTLE_DOUBLED, settled_at__isnull=False),
        ),
        Trace(
            prepared,
            [Logged.PREPARE_NUMBER, Logged.MOVE_PREPARED],
            [
                _each(prepared, Logged.PREPARE_NUMBER),
                Evidence(models.PreparedMove.objects.all(), Logged.MOVE_PREPARED, "number_id"),
            ],
        ),
        Trace(
            late,
            [Logged.LIST_LATE, Logged.REGISTER_LATE, Logged.STRIKE_LATE],
            [
                _each(late, Logged.LIST_LATE),
                _each(late, Logged.REGISTER_LATE, number__isnull=False),
                Evidence(withdrawn, Logged.REGISTER_LATE, "registration_id"),
                _each(late, Logged.STRIKE_LATE, struck_at__isnull=False),
            ],
        ),
        _own(models.LateWithdrawal, _each(models.LateWithdrawal, Logged.WITHDRAW_LATE)),
        _own(models.Restoration, _each(models.Restoration, Logged.RESTORED)).since("found_at"),
        _own(
            models.Reminder,
            _each(models.Reminder, Logged.REMIND, Q(sent_at__isnull=False) | ~Q(failure="")),
        ).since("claimed_at"),
    ]


def log_and_rows_agree() -> Iterator[str]:
    """Yield acts that the log and the rows don't tell of equally often."""
    for trace in traces():
        yield from trace.differences()


def notices_are_of_their_steps() -> Iterator[str]:
    """Yield handouts that have more or fewer notices, or withdrawn ones, than such steps."""
    about = (Act.FILE_NOTICE, Act.WITHDRAW_NOTICE)
    steps = models.HandoutStep.objects.order_by().filter(act__in=about)
    notices = models.MergeNotice.objects.all()
    rows = [
        Evidence(notices, Act.FILE_NOTICE, "handout_id"),
        Evidence(notices.filter(withdrawn_at__isnull=False), Act.WITHDRAW_NOTICE, "handout_id"),
    ]
    left = steps.annotate(object_id=F("handout_id")).values_list("act", "object_id")
    for act, key, said, done in _unlike(left, [each.query() for each in rows]):
        yield f"handout {key}: {said} steps {act}, and {done} notices that say so"


def what_the_log_tells_of_is_there() -> Iterator[str]:
    """Yield objects that the log tells of, of a kind whose rows never go, and that are gone."""
    staying = triggers.staying()
    kinds = {
        ContentType.objects.get_for_model(model).pk: model
        for model in apps.get_models()
        if model._meta.db_table in staying
    }
    gone = " ".join(
        f"WHEN {kind:d} THEN NOT EXISTS (SELECT 1 FROM {_quoted(model._meta.db_table)} t"  # noqa: S608
        f" WHERE t.{_quoted(str(model._meta.pk.column))} = log.object_id)"
        for kind, model in kinds.items()
    )
    statement = (
        f"SELECT content_type_id, object_id, count(*), min(act) FROM {_quoted(LOG)} log"  # noqa: S608
        f" WHERE object_id IS NOT NULL AND CASE content_type_id {gone} ELSE 1 = 0 END"
        " GROUP BY content_type_id, object_id ORDER BY content_type_id, object_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        for kind, key, times, act in cursor.fetchall():
            name = kinds[kind]._meta.model_name
            yield f"{name} {key}: is gone, and the log tells {times} times of it ({act})"


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))
