"""The figures of an outage's report, recomputed from the rows by other ways than the product's.

A handout's state, real number and notice are read from its steps, not from its own columns; waits
from calls and patients; texts are written here. Nothing of ``custody.afterwards`` is asked.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from befreg_reserv.audit.models import LogEntry
from custody.models import (
    Call,
    Count,
    DoubledNumber,
    Handout,
    HandoutStep,
    Patient,
    Quarantine,
    ReserveNumber,
)
from outage.models import Outage

STOCKHOLM = ZoneInfo("Europe/Stockholm")
# The second hour between two and three of this night begins here.
BACK = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
HOUR, BUCKET = timedelta(hours=1), timedelta(minutes=10)
GONE = {"undone", "voided"}
SUPPLY = {"K": 37, "M": 37, "X": 10}
KINDS = {
    "withdraw_notice": "RAPS notice withdrawn",
    "withdraw_replacement": "Real number withdrawn",
    "void": "Voided",
    "undo": "Undone",
    "transfer": "Moved to another ward",
    "correct": "Caller corrected",
    "correct_sex": "Sex corrected, another number given",
    "no_wristband": "Real number without a look at the wristband",
    "same_person": "One person with several numbers",
    "make_way": "Undone, for the handout on paper",
}


def shown(at: datetime) -> str:
    """Return a time as the report has it, with its season in the hour that comes twice."""
    text = f"{at.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"
    if not BACK - HOUR <= at < BACK + HOUR:
        return text
    return f"{text} {'summer' if at < BACK else 'standard'} time"


def in_file(at: datetime | None) -> str:
    """Return a time as the CSV has it, with its offset in that hour."""
    if at is None:
        return ""
    text = f"{at.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"
    if not BACK - HOUR <= at < BACK + HOUR:
        return text
    return text + ("+02:00" if at < BACK else "+01:00")


def lasting(took: timedelta) -> str:
    """Return a length of time in the report's words."""
    seconds = int(took.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def middle(times: list[timedelta]) -> list[str]:
    """Return number, median and longest."""
    half = timedelta(seconds=median(time.total_seconds() for time in times))
    return [str(len(times)), lasting(half), lasting(max(times))]


@dataclass
class Told:
    """One handout as its steps tell it."""

    row: Handout
    steps: list[HandoutStep]

    @property
    def state(self) -> str:
        """Return where the last step led."""
        return self.steps[-1].target

    @property
    def number(self) -> str:
        """Return the number."""
        return self.row.number.value

    @property
    def sex(self) -> str:
        """Return the sex that the number says."""
        return self.number[8]

    def last(self, act: str, *, unless: str = "") -> HandoutStep | None:
        """Return the last step of an act, unless one of the other came later."""
        found = [step for step in self.steps if step.act in {act, unless}]
        return found[-1] if found and found[-1].act == act else None

    @property
    def real(self) -> HandoutStep | None:
        """Return the step that registered the real number that stands."""
        return self.last("replace", unless="withdraw_replacement")

    @property
    def notice(self) -> HandoutStep | None:
        """Return the step that filed the notice that stands."""
        return self.last("file_notice", unless="withdraw_notice")

    @property
    def never_read_back(self) -> bool:
        """Tell whether nobody made sure that the number was heard right."""
        seen = self.last("confirm_at_bedside", unless="withdraw_confirmation")
        return not (self.row.late or self.row.read_back_at or seen or self.state in GONE)


class Recomputed:
    """An outage's rows, and what its report must say of them, section by section."""

    def __init__(self, outage: Outage) -> None:
        self.outage = Outage.objects.get(pk=outage.pk)
        handouts = Handout.objects.filter(outage=outage).order_by("handed_out_at", "pk")
        self.all = [
            Told(row, list(HandoutStep.objects.filter(handout=row).order_by("sequence")))
            for row in handouts
        ]
        self.standing = [told for told in self.all if told.state != "undone"]
        self.calls = list(Call.objects.filter(outage=outage))
        self.patients = list(Patient.objects.filter(call__outage=outage))

    def given(self) -> dict[str, str]:
        """Return the section of the numbers given."""
        sexes = Counter(told.sex for told in self.standing)
        return _texts(
            {
                "In all": len(self.standing),
                "Women": sexes["K"],
                "Men": sexes["M"],
                "Unknown sex": sexes["X"],
                "Of these, entered afterwards": sum(told.row.late for told in self.standing),
                "Of these, voided": sum(told.state == "voided" for told in self.standing),
                "Besides, undone: recorded by mistake": len(self.all) - len(self.standing),
            }
        )

    def wards(self) -> list[list[str]]:
        """Return each ward's line."""
        by_ward: dict[str, list[Told]] = {}
        for told in self.standing:
            by_ward.setdefault(str(told.row.ward), []).append(told)
        return [
            [
                ward,
                *(str(sum(told.sex == sex for told in rows)) for sex in "KMX"),
                str(len(rows)),
                str(sum(told.state in {"handed_out", "replaced"} for told in rows)),
            ]
            for ward, rows in sorted(by_ward.items())
        ]

    def of_calls(self) -> dict[str, str]:
        """Return the section of the calls."""
        states = Counter(patient.state for patient in self.patients)
        waits = [
            patient.ended_at - patient.waiting_since
            for patient in self.patients
            if patient.state == "served"
            and patient.ended_at
            and patient.waiting_since
            and patient.ended_at > patient.waiting_since
        ]
        known, half, longest = middle(waits)
        return _texts(
            {
                "Calls in all": len(self.calls),
                "Of these, entered afterwards from paper": sum(call.late for call in self.calls),
                "The caller's vgr-id isn't known": sum(not call.caller for call in self.calls),
                "The caller's vgr-id was found out afterwards": 0,
                "Patients they were about": len(self.patients),
                "Got a number at once": states["served"] - len(waits),
                "Waited and got a number": known,
                "Median of their wait": half,
                "The longest of them waited": longest,
                "Withdrawn": states["withdrawn"],
                "Settled after the outage": states["settled"],
                "Still waiting": states["waiting"],
            }
        )

    def times(self) -> list[list[str]]:
        """Return how long it took; a call is answered by the number before a corrected sex."""
        first, corrected = {}, set()
        for told in self.all:
            acts, patient = {step.act for step in told.steps}, told.row.patient
            if told.state == "undone" and "correct_sex" not in acts:
                continue
            if not patient.call.late and patient.call.begun_at and patient.pk not in corrected:
                first[patient.pk] = told.row.handed_out_at - patient.call.begun_at
            corrected |= {patient.pk} if "correct_sex" in acts else set()
        real = [told.real.at - told.row.handed_out_at for told in self.standing if told.real]
        notices = [told.notice.at - told.row.handed_out_at for told in self.standing if told.notice]
        return [
            ["From call to number", *middle(list(first.values()))],
            ["From number to real number", *middle(real)],
            ["From number to RAPS notice", *middle(notices)],
        ]

    def counts(self) -> list[list[str]]:
        """Return the counts since the end, the latest first."""
        rows = Count.objects.filter(listed_at__gte=self.outage.ended_at).order_by("-at", "-pk")
        found = []
        for row in rows:
            lines = Counter(row.lines.values_list("expected", "found"))
            varies = f"{lines[True, False]} missing, {lines[False, True]} too many"
            found.append([str(row.binder), shown(row.at), row.by, varies, row.reason or "–"])
        return found

    def supply(self) -> list[list[str]]:
        """Return what is left of the binder's birth date."""
        values = ReserveNumber.objects.values_list("value", flat=True)
        used = Counter(value[8] for value in values if value.startswith("20000101"))
        names = {"K": "Women", "M": "Men", "X": "Unknown sex"}
        return [
            ["2000-01-01", name, str(SUPPLY[sex] - used[sex]), str(SUPPLY[sex])]
            for sex, name in names.items()
        ]

    def deviations(self) -> dict[str, int]:
        """Return how many deviations there are of each kind; all others are none."""
        wrong = LogEntry.objects.filter(act="read_back_wrong").count()
        numbers = {row.number_id for row in Quarantine.objects.all()}
        return {
            "Sheets missing": len(numbers),
            "Wrong when read back (times)": wrong,
            "Never read back": sum(told.never_read_back for told in self.standing),
            "Entered afterwards; whether they were read back isn't known": sum(
                told.row.late for told in self.standing
            ),
            "Two patients, one number": 2 * DoubledNumber.objects.count(),
            **Counter(KINDS[step.act] for step in self._with_reason()),
        }

    def listed(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield kind, number, when and who, and reason of each deviation that a step tells of."""
        for step in self._with_reason():
            number = step.handout.number.value
            yield KINDS[step.act], number, f"{shown(step.at)}, {step.by}", step.reason

    def steps(self) -> Iterator[tuple[str, str, str]]:
        """Yield of each step the number with the ward that had it then, the time, the person."""
        for told in self.all:
            ward = str(told.row.ward)
            for step in reversed(told.steps):
                yield f"{told.number}·{ward}", shown(step.at), step.by
                ward = str(step.former_ward or ward)

    def _with_reason(self) -> list[HandoutStep]:
        return [step for told in self.all for step in told.steps if step.reason]

    def curve(self) -> list[list[str]]:
        """Return handouts and open loops in stretches of ten minutes in which anything changed."""
        start = self.outage.started_at
        first = datetime.fromtimestamp(
            start.timestamp() // BUCKET.total_seconds() * BUCKET.total_seconds(), UTC
        )
        given: Counter[int] = Counter()
        opened: Counter[int] = Counter()
        by = {"hand_out": 1, "file_notice": -1, "withdraw_notice": 1, "void": -1}
        for told in self.standing:
            given[(told.row.handed_out_at - first) // BUCKET] += 1
            for step in told.steps:
                opened[(step.at - first) // BUCKET] += by.get(step.act, 0)
        rows, still_open, before = [], 0, None
        for place in range(max(opened) + 1):
            still_open += opened[place]
            if given[place] or still_open != before:
                rows.append([shown(first + place * BUCKET), str(given[place]), str(still_open)])
            before = still_open
        return rows

    def window(self) -> dict[str, str]:
        """Return when the outage was, and who signed it off."""
        started, ended = self.outage.started_at, self.outage.ended_at
        signed = self.outage.sign_offs.get()
        unread = sum(told.never_read_back for told in self.standing)
        assert ended
        return {
            "Kind": "Unplanned",
            "Started": shown(started),
            "Ended": shown(ended),
            "Lasted": lasting(ended - started),
            "Cause": "Not known yet",
            "Signed off": f"{shown(signed.at)}, {signed.by.username}",
            "Signed off knowing of": f"{unread} that were never read back",
            "What was learned": signed.text,
        }

    def file(self) -> list[dict[str, str]]:
        """Return the cells of each handout's line in the CSV, but for the texts of deviations."""
        labels = {"closed": "Closed", "voided": "Voided", "undone": "Undone"}
        return [
            {
                "Reserve number": told.number,
                "Sex": told.sex,
                "Ward": str(told.row.ward),
                "Caller": told.row.caller,
                "Handed out": in_file(told.row.handed_out_at),
                "Handed out by": told.row.handed_out_by,
                "Recorded": in_file(told.row.recorded_at),
                "Recorded by": told.row.recorded_by.username,
                "Read back": _read_back(told),
                "State": labels[told.state],
                "Real number": told.real.identity if told.real else "",
                "RAPS notice": in_file(told.notice.at) if told.notice else "",
                "Entered afterwards": "yes" if told.row.late else "",
            }
            for told in self.all
        ]


def _read_back(told: Told) -> str:
    if told.row.read_back_at:
        return in_file(told.row.read_back_at)
    if told.row.late:
        return "not known: on paper"
    return "never" if told.never_read_back else ""


def _texts(figures: dict[str, Any]) -> dict[str, str]:
    return {name: str(figure) for name, figure in figures.items()}
