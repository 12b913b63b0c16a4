"""What the report says of calls: how many came, who waited for how long, who never got a number."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q

from custody.afterwards.report.times import Times
from custody.calls import unmet
from custody.models import Call, Patient
from custody.models.calls import PatientState
from outage.models import Outage

MOST_UNMET = 10  # on page and PDF, the longest waiting first; the CSV has all of them


class _PatientRow(NamedTuple):
    """What the report reads of a patient."""

    state: str
    waiting_since: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Calls:
    """The calls of an outage in figures. Patients are those whom the calls were about."""

    calls: int
    late: int  # from paper, entered afterwards
    without_vgr_id: int  # the caller's is still not known
    found_out: int  # the caller's was asked for afterwards
    patients: int
    at_once: int
    served: Times  # those who waited and got a number
    withdrawn: int
    settled: int
    waiting: int
    unmet: list[Patient]  # the first MOST_UNMET of those who never got a number

    @property
    def never_met(self) -> int:
        """Return how many patients no number of the binder stands for."""
        return self.withdrawn + self.settled + self.waiting


def figures(outage: Outage) -> Calls:
    """Return the figures of an outage's calls; three statements."""
    counted = Call.objects.filter(outage=outage).aggregate(
        calls=Count("pk"),
        late=Count("pk", filter=Q(late=True)),
        without_vgr_id=Count("pk", filter=Q(caller="")),
        found_out=Count("pk", filter=~Q(caller="") & ~Q(caller_name="")),
    )
    patients = Patient.objects.filter(call__outage=outage).order_by()
    rows = [_PatientRow(*row) for row in patients.values_list(*_PatientRow._fields)]
    served = [row for row in rows if row.state == PatientState.SERVED]
    return Calls(
        **counted,
        patients=len(rows),
        at_once=sum(not _waited(row) for row in served),
        served=Times.of(filter(None, map(_waited, served))),
        withdrawn=sum(row.state == PatientState.WITHDRAWN for row in rows),
        settled=sum(row.state == PatientState.SETTLED for row in rows),
        waiting=sum(row.state == PatientState.WAITING for row in rows),
        unmet=list(unmet.of(outage)[:MOST_UNMET]),
    )


def _waited(row: _PatientRow) -> timedelta | None:
    """Return how long a patient waited; nothing for one who got another number in the same act."""
    return row.ended_at - row.waiting_since if row.ended_at and row.waiting_since else None
