"""Years of outages that are over, written straight into the tables: what every page must stand.

Each outage has its doubt, timeline, handouts, steps, notices, looks in the log, sign-off, reminder
and a late registration; each binder was emptied, and counted. Numbers are well-formed, and spread
over birth dates: one has 74 that say a woman or a man.

Each table is filled by one statement, from a temporary one with a row for each handout. Triggers
are lifted meanwhile, since most rows are written as they are in the end: ``check_custody`` finds
nothing wrong with them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Max, Model, TextChoices
from django.utils import timezone

from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User, Ward
from custody.logged import Logged
from custody.models import (
    Binder,
    Call,
    Count,
    CountLine,
    Handout,
    HandoutStep,
    LateRegistration,
    MergeNotice,
    Patient,
    Quarantine,
    Reminder,
    ReserveNumber,
    SignOff,
    SwitchItem,
    SwitchTick,
)
from custody.models.states import STEPS, Act, State
from custody.numbers.identities import check_digit
from outage.logged import Logged as LoggedOutage
from outage.models import Doubt, Outage, Plan, PlanChange, Tick, TimelineEntry
from tests.ground.lifting import lifted

MOST_OF_A_BINDER = 74  # the numbers of a woman or a man that one birth date has
VOIDED = 25  # every such handout was voided,
MISSED = 500  # and of every such the sheet was missing
BEGAN_AGO = timedelta(days=3_660)
APART = timedelta(hours=8, minutes=45)  # ten thousand outages in ten years
BIRTH_DATES = 30_000  # of a million handouts, and of as many real numbers
BATCH = 50_000
# The birth dates of the tests' own numbers.
ELSEWHERE = {date(1945, 8, 29), date(1981, 8, 29), date(2000, 1, 1), date(2021, 3, 25)}
FIRST_BIRTH_DATE = date(1900, 1, 1)

# Whose keys are given out here, since other rows name them.
KEYED: tuple[type[Model], ...] = (
    *(ReserveNumber, Binder, Outage, Plan, Call, Patient, Handout, Doubt, Count),
    *(Tick, Reminder, LateRegistration),
)
SEED = "history_seed"
# A handout's place in the history, the keys of its rows, and what tells it apart.
COLUMNS = {
    "i": "bigint", "number_id": "bigint", "binder_id": "bigint", "outage_id": "bigint",
    "plan_id": "bigint", "call_id": "bigint", "patient_id": "bigint", "handout_id": "bigint",
    "doubt_id": "bigint", "count_id": "bigint", "tick_id": "bigint", "reminder_id": "bigint",
    "late_id": "bigint", "ward_id": "bigint", "unit": "text",
    "birth_date": "date", "tab": "integer", "sex": "text", "number": "text", "identity": "text",
    "of_outage": "integer", "voided": "boolean", "key": "uuid", "began": "timestamptz",
    "called": "timestamptz", "given": "timestamptz", "read_back": "timestamptz",
    "ended": "timestamptz",
    "replaced": "timestamptz", "closed": "timestamptz", "counted": "timestamptz",
}  # fmt: skip
TICKS = len(Tick.Item)
ONCE, PLANNED = "of_outage = 0", "of_outage = 0 AND plan_id IS NOT NULL"
EACH, REPLACED, VOID = "TRUE", "NOT voided", "voided"
WARD = "wilma"  # who acts at each ward
# Of each step of a handout after the first: its act, when, and of which handouts.
LATER: list[tuple[Act, str, str]] = [
    (Act.CONFIRM_AT_BEDSIDE, "replaced", REPLACED),
    (Act.REPLACE, "replaced", REPLACED),
    (Act.FILE_NOTICE, "closed", REPLACED),
    (Act.VOID, "replaced", VOID),
]


@dataclass
class History:
    """What was written so far; ``grow`` writes more, later in time."""

    till: User
    wards: Sequence[Ward]
    of_a_binder: int = MOST_OF_A_BINDER
    of_an_outage: int = 100
    planned: int = 20  # every such outage was planned
    began: datetime = field(default_factory=lambda: _whole_minute(timezone.now() - BEGAN_AGO))
    handouts: int = 0
    _first: dict[type[Model], int] = field(default_factory=dict)

    def grow(self, handouts: int) -> None:
        """Write until there are so many handouts, and let PostgreSQL look at its tables."""
        self._first = self._first or {
            model: (model._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1
            for model in KEYED
        }
        first_item = SwitchItem.objects.order_by("pk").values("pk")[:1]
        SwitchItem.objects.filter(pk__in=first_item).update(added_at=self.began)
        for first in range(self.handouts, handouts, BATCH):
            with lifted():
                self._write(first, min(first + BATCH, handouts))
        self.handouts = max(self.handouts, handouts)
        with connection.cursor() as cursor:
            for sql in connection.ops.sequence_reset_sql(no_style(), list(KEYED)):
                cursor.execute(sql)
            if connection.vendor == "postgresql":
                # As autovacuum would, a minute later. Not what the server's databases share: others
                # may be at it.
                tables = map(
                    connection.ops.quote_name, connection.introspection.django_table_names()
                )
                cursor.execute(f"ANALYZE {', '.join(tables)}")

    def _write(self, first: int, end: int) -> None:
        # SQLite would make a number of a key that looks like one.
        typed = COLUMNS if connection.vendor == "postgresql" else dict.fromkeys(COLUMNS, "")
        columns = ", ".join(f"{name} {kind}" for name, kind in typed.items())
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {SEED} ({columns})")
        _fill(self._seed(first, end))
        _outages(self.till)
        _binders(self.till)
        _handouts(self.till)
        _log(self.till)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {SEED}")

    def _seed(self, first: int, end: int) -> Iterator[tuple[Any, ...]]:
        keys, units = self._first, [(ward.pk, str(ward)) for ward in self.wards]
        for i in range(first, end):
            night, binder = i // self.of_an_outage, i // self.of_a_binder
            began = self.began + night * APART
            given = began + timedelta(minutes=1 + i % self.of_an_outage)
            ended = began + timedelta(minutes=2 + self.of_an_outage)
            ward, unit = units[i % len(units)]
            serial = 6 + i % self.of_a_binder
            # Its last number was given in this night.
            emptied = ((binder + 1) * self.of_a_binder - 1) // self.of_an_outage
            yield (
                i, keys[ReserveNumber] + i, keys[Binder] + binder, keys[Outage] + night,
                keys[Plan] + night // self.planned if night % self.planned == 0 else None,
                keys[Call] + i, keys[Patient] + i, keys[Handout] + i,
                keys[Doubt] + night, keys[Count] + binder, keys[Tick] + TICKS * night,
                keys[Reminder] + night, keys[LateRegistration] + night, ward, unit,
                _birth_dates()[binder], serial - 5, "KM"[serial % 2],
                _number(binder, serial), _number(len(_birth_dates()) - 1 - binder, serial),
                i % self.of_an_outage, i % VOIDED == VOIDED - 1, UUID(int=i), began,
                given - timedelta(seconds=40), given, given + timedelta(minutes=1), ended,
                ended + timedelta(hours=1), ended + timedelta(hours=2),
                self.began + emptied * APART + timedelta(hours=5),
            )  # fmt: skip


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


@cache
def _birth_dates() -> list[date]:
    """Return the birth dates of binders, from the first on, and of real numbers, from the last."""
    days = (FIRST_BIRTH_DATE + timedelta(days=day) for day in range(BIRTH_DATES))
    return [day for day in days if day not in ELSEWHERE]


def _number(date_at: int, serial: int) -> str:
    stem = f"{_birth_dates()[date_at]:%Y%m%d}{'KM'[serial % 2]}{serial:02}"
    return stem + check_digit(stem)


def _fill(rows: Iterator[tuple[Any, ...]]) -> None:
    if connection.vendor == "postgresql":
        with connection.connection.cursor().copy(f"COPY {SEED} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    ops = connection.ops
    written: dict[str, Any] = {
        "date": ops.adapt_datefield_value,
        "timestamptz": ops.adapt_datetimefield_value,
        "uuid": lambda key: key.hex,
    }
    how = [written.get(kind, lambda value: value) for kind in COLUMNS.values()]
    places = ", ".join(["%s"] * len(COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {SEED} VALUES ({places})",  # noqa: S608  a table of ours
            [tuple(write(value) for write, value in zip(how, row, strict=True)) for row in rows],
        )


def _insert(model: type[Model], where: str, **given: Any) -> None:
    """Insert a row for each seed row ``where``; ``given``: a column's value, or its SQL as ``Sql``.

    Other columns get what the model's fields have by default.
    """
    columns: dict[str, str] = {}
    parameters: list[Any] = []
    for each in model._meta.concrete_fields:
        name = str(each.column)
        if each.primary_key and name not in given:
            continue
        value = given.pop(name) if name in given else each.get_default()
        if isinstance(value, Sql):
            columns[name] = value
        else:
            columns[name] = "%s"
            parameters.append(each.get_db_prep_value(value, connection))
    assert not given, f"{model.__name__} has no {', '.join(given)}"
    names = ", ".join(f'"{name}"' for name in columns)
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(columns.values())}'
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} FROM {SEED} WHERE {where} ORDER BY i", parameters)


class Sql(str):
    """A column of the seed, or what SQL makes of it."""

    __slots__ = ()


def _recorded(by: User, at: str, who: str = "") -> dict[str, Any]:
    """Return the columns of what somebody did and recorded at once."""
    return {
        "at": Sql(at),
        "by": who or by.username,
        "recorded_at": Sql(at),
        "recorded_by_id": by.pk,
    }


def _outages(by: User) -> None:
    """Write what there is once for each outage: with the first of its handouts."""
    once, planned = ONCE, PLANNED
    window = {"planned_start": Sql("began"), "planned_end": Sql("ended"), "reason": "upgrade"}
    _insert(Plan, planned, id=Sql("plan_id"), drill=False, all_wards=True, **window)
    _insert(
        PlanChange, planned, plan_id=Sql("plan_id"), act=PlanChange.Act.ANNOUNCED,
        at=Sql("called"), by_id=by.pk, **window,
    )  # fmt: skip
    kind = Sql("CASE WHEN plan_id IS NULL THEN 'unplanned' ELSE 'planned' END")
    _insert(
        Outage, once, id=Sql("outage_id"), kind=kind, drill=False, started_at=Sql("began"),
        ended_at=Sql("ended"), signed_off_at=Sql("counted"), plan_id=Sql("plan_id"),
    )  # fmt: skip
    of_it = {"outage_id": Sql("outage_id")}
    for act, at in ((TimelineEntry.Act.STARTED, "began"), (TimelineEntry.Act.ENDED, "ended")):
        _insert(TimelineEntry, once, **of_it, act=act, **_recorded(by, at))
    _insert(
        Doubt, once, id=Sql("doubt_id"), drill=False, opened_at=Sql("began"),
        closed_at=Sql("began"), outcome=Doubt.Outcome.STARTED, **of_it,
    )  # fmt: skip
    for turn, item in enumerate(Tick.Item.values):
        _insert(
            Tick, once, id=Sql(f"tick_id + {turn}"), doubt_id=Sql("doubt_id"), item=item,
            skipped=False, at=Sql("began"), by_id=by.pk,
        )  # fmt: skip
    _insert(SignOff, once, **of_it, at=Sql("counted"), by_id=by.pk)
    _insert(
        Reminder, once, id=Sql("reminder_id"), **of_it, ward_id=Sql("ward_id"), sequence=1,
        day=Sql("date(ended)"), to="ward@example.org", handouts=1, claimed_at=Sql("ended"),
        sent_at=Sql("ended"),
    )  # fmt: skip
    _insert(
        LateRegistration, once, id=Sql("late_id"), **of_it, ward_id=Sql("ward_id"),
        request_key=Sql("key"), place="Sal 3", treated_at=Sql("given"), recorded_at=Sql("given"),
        recorded_by_id=by.pk, struck_at=Sql("ended"), struck_by=WARD, struck_reason="had a number",
    )  # fmt: skip


def _binders(by: User) -> None:
    once, of_it = "tab = 1", {"binder_id": Sql("binder_id")}
    name = Sql("'Binder ' || CAST(birth_date AS text)")
    _insert(
        Binder, once, id=Sql("binder_id"), name=name, training=False, birth_date=Sql("birth_date")
    )
    _insert(
        ReserveNumber, EACH, **of_it, id=Sql("number_id"), tab=Sql("tab"), value=Sql("number"),
        sex=Sql("sex"), training=False, laid_in_at=Sql("began"), lain_since=Sql("began"),
        taken_at=Sql("given"),
    )  # fmt: skip
    _insert(
        Count, once, **of_it, id=Sql("count_id"), request_key=Sql("key"), listed_at=Sql("counted"),
        **_recorded(by, "counted"),
    )  # fmt: skip
    _insert(
        CountLine, EACH, count_id=Sql("count_id"), number_id=Sql("number_id"), expected=False,
        found=False, meanwhile=False,
    )  # fmt: skip
    _insert(
        Quarantine, f"i %% {MISSED} = {MISSED - 1}", number_id=Sql("number_id"), reason="gone",
        found_at=Sql("replaced"), found_by=by.username, recorded_at=Sql("replaced"),
        recorded_by_id=by.pk, explained_at=Sql("closed"), explained_by="adele", explanation="torn",
    )  # fmt: skip


def _handouts(by: User) -> None:
    said = {"ward_id": Sql("ward_id"), "caller": WARD, "callback": "2102"}
    recorded = {"recorded_at": Sql("given"), "recorded_by_id": by.pk}
    of_it = {"outage_id": Sql("outage_id"), "request_key": Sql("key")}
    _insert(
        Call, EACH, id=Sql("call_id"), **of_it, **said, **recorded, begun_at=Sql("called"),
        taken_at=Sql("given"), taken_by=by.username,
    )  # fmt: skip
    _insert(
        Patient, EACH, id=Sql("patient_id"), call_id=Sql("call_id"), position=1, sex=Sql("sex"),
        state="served", ended_at=Sql("given"), ended_by=by.username,
    )  # fmt: skip
    done = {
        name: Sql(f"CASE WHEN voided THEN {other} ELSE {value} END")
        for name, value, other in (
            ("state", f"'{State.CLOSED.value}'", f"'{State.VOIDED.value}'"),
            ("bedside_at", "replaced", "NULL"),
            ("bedside_by", f"'{WARD}'", "''"),
            ("real_identity", "identity", "NULL"),
            ("real_kind", "'reserve'", "''"),
            ("replaced_at", "replaced", "NULL"),
            ("closed_at", "closed", "NULL"),
        )
    }
    _insert(
        Handout, EACH, id=Sql("handout_id"), number_id=Sql("number_id"),
        patient_id=Sql("patient_id"), **of_it, **said, **recorded, called_at=Sql("called"),
        handed_out_at=Sql("given"),
        handed_out_by=by.username, read_back_at=Sql("read_back"), read_back_by=by.username, **done,
    )  # fmt: skip
    _steps(by)
    item = SwitchItem.objects.order_by("pk")[0]  # of the list since it all began
    _insert(
        SwitchTick, REPLACED, handout_id=Sql("handout_id"), item_id=item.pk,
        identity=Sql("identity"), answer="done", at=Sql("closed"), by_id=by.pk,
    )  # fmt: skip
    _insert(
        MergeNotice, REPLACED, handout_id=Sql("handout_id"), identity=Sql("identity"),
        filed_at=Sql("closed"), filed_by=WARD, recorded_at=Sql("closed"), recorded_by_id=by.pk,
    )  # fmt: skip


def _steps(by: User) -> None:
    first = {"handout_id": Sql("handout_id"), "sequence": 1, "act": Act.HAND_OUT}
    _insert(HandoutStep, EACH, **first, target=State.HANDED_OUT, **_recorded(by, "given"))
    for turn, (act, at, where) in enumerate(LATER, 2):
        source, target = next(iter(STEPS[act].items()))
        replaces = act is Act.REPLACE
        _insert(
            HandoutStep, where, handout_id=Sql("handout_id"), act=act, source=source, target=target,
            sequence=2 if where == VOID else turn, **_recorded(by, at, WARD),
            reason="never used" if act is Act.VOID else "",
            identity=Sql("identity") if replaces else "", searched=replaces,
        )  # fmt: skip


# What else the log tells: of which object, by its column, what, when, and where.
OTHERS: list[tuple[type[Model], str, TextChoices, str, str]] = [
    (ReserveNumber, "number_id", Logged.LEAVE_BINDER, "given", EACH),
    (Call, "call_id", Logged.TAKE_CALL, "given", EACH),
    (Handout, "handout_id", Logged.READ_BACK, "read_back", EACH),
    (Count, "count_id", Logged.COUNT_BINDER, "counted", "tab = 1"),
    (Outage, "outage_id", TimelineEntry.Act.STARTED, "began", ONCE),
    (Outage, "outage_id", TimelineEntry.Act.ENDED, "ended", ONCE),
    (Outage, "outage_id", Logged.SIGN_OFF, "counted", ONCE),
    (Plan, "plan_id", PlanChange.Act.ANNOUNCED, "called", PLANNED),
    (Doubt, "doubt_id", Doubt.Outcome.STARTED, "began", ONCE),
    *((Tick, f"tick_id + {turn}", LoggedOutage.TICK, "began", ONCE) for turn in range(TICKS)),
    (Reminder, "reminder_id", Logged.REMIND, "ended", ONCE),
    (LateRegistration, "late_id", Logged.LIST_LATE, "given", ONCE),
    (LateRegistration, "late_id", Logged.STRIKE_LATE, "ended", ONCE),
]


def _log(by: User) -> None:
    """Write the entry of each act, and of the look at the number at the till."""
    for act, at, where in [(Act.HAND_OUT, "given", EACH), *LATER]:
        _entry(by, Handout, "handout_id", act, at, where)
    _entry(by, Handout, "handout_id", Logged.NUMBER_SHOWN, "given", EACH)
    for each in OTHERS:
        _entry(by, *each)


def _entry(by: User, model: type[Model], key: str, act: TextChoices, at: str, where: str) -> None:
    looks, changes = LogEntry.Action.ACCESS, LogEntry.Action.UPDATE
    _insert(
        LogEntry, where, content_type_id=ContentType.objects.get_for_model(model).pk,
        object_pk=Sql(f"CAST({key} AS text)"), object_id=Sql(key),
        object_repr=Sql(f"CAST({key} AS text)"), act=acts.stored(act), actor_id=by.pk,
        action=looks if act is Logged.NUMBER_SHOWN else changes, number=Sql("number"),
        unit=Sql("unit"), timestamp=Sql(at), remote_addr="127.0.0.1",
    )  # fmt: skip
