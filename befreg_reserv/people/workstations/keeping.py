"""The acts on the till's workstations: enrolled by an administrator who sits there, withdrawn.

The one writer of what a workstation proves itself by.
"""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Workstation
from befreg_reserv.people.signing_in import enrolled
from befreg_reserv.people.workstations.refusals import ComputerNameTaken, EnrolledAlready

# By what a workstation proves which one it is, as the log stores it and as people read it.
PROVES = {
    "certificate": _("client certificate"),
    "key": _("key in the browser"),
    "cookie": _("cookie alone"),
}


@dataclass(frozen=True)
class NewWorkstation:
    """The computer at which the form was sent: what it is called, and how it proves itself."""

    name: str
    place: str
    request_key: UUID
    public_key: str = ""
    certificate: str = ""

    @property
    def secret(self) -> str:
        """The hash of its cookie's secret."""
        return enrolled.hashed(enrolled.secret_of(self.request_key))

    def is_like(self, row: Workstation) -> bool:
        """Tell whether the same form made this row."""
        return (self.name, self.place) == (row.name, row.place)


def _enrolled_meanwhile(
    new: NewWorkstation, _event: Event, /, *, here: Workstation | None = None
) -> Workstation | None:
    if earlier := _answered(new):
        return earlier
    _check_free(new)
    return None


@act(on_conflict=_enrolled_meanwhile)
def enrol(
    new: NewWorkstation, event: Event, *, here: Workstation | None = None
) -> Done[Workstation]:
    """Enrol a computer of the till. ``here``: what the computer is enrolled as by now.

    Raises EnrolledAlready, ComputerNameTaken, and KeyReused for a form that was sent with other
    content.
    """
    if earlier := _answered(new):
        return Done(earlier, new=False)
    if here:
        raise EnrolledAlready(here)
    _check_free(new)
    row = Workstation(
        name=new.name,
        place=new.place,
        secret=new.secret,
        public_key=new.public_key,
        certificate=new.certificate,
        enrolled_at=event.at,
        enrolled_by=event.recorded_by,
        request_key=new.request_key,
    )
    record.insert(row)
    said = record.said(name=row.name, place=row.place, proves=proves(row))
    record.record(row, Logged.WORKSTATION_ENROLLED, event, said, action=trail.Action.CREATE)
    return Done(row)


def proves(row: Workstation) -> str:
    """Return by what a workstation proves which one it is: a word of ``PROVES``."""
    if row.certificate:
        return "certificate"
    return "key" if row.public_key else "cookie"


def _answered(new: NewWorkstation) -> Workstation | None:
    rows = Workstation.objects.filter(request_key=new.request_key)
    return answered(rows, new.request_key, new.is_like)


def _check_free(new: NewWorkstation) -> None:
    present = Workstation.objects.filter(withdrawn_at=None)
    if taken := present.filter(name=new.name).first():
        raise ComputerNameTaken(taken)
    same = present.exclude(certificate="").filter(certificate=new.certificate).first()
    if same:
        raise EnrolledAlready(same)


@act
def withdraw(workstation: Workstation, event: Event) -> Done[Workstation]:
    """Trust this computer no more: there the password alone unlocks, and it is a stranger's."""
    locked = Workstation.objects.select_for_update().get(pk=workstation.pk)
    if locked.withdrawn_at:
        return Done(locked, new=False)
    # A clock may have been set back since.
    at = max(event.at, locked.enrolled_at)
    record.change(locked, Logged.WORKSTATION_WITHDRAWN, event, {"withdrawn_at": at})
    return Done(locked)
