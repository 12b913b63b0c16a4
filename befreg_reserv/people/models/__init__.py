"""Staff, clinics, wards, and who belongs where; what becomes of them, and who signs in."""

from befreg_reserv.people.models.changes import (
    ClinicChange,
    ClinicSuccession,
    Heir,
    RecordedChange,
    Succession,
    WardChange,
)
from befreg_reserv.people.models.person import Membership, StaffManager, User
from befreg_reserv.people.models.resets import Reset, ResetAnswer, ResetMail, ResetSeen
from befreg_reserv.people.models.signing_in import (
    Draft,
    PersonSession,
    Pin,
    SignInTries,
    StrangersMinute,
    Workstation,
)
from befreg_reserv.people.models.wards import (
    SEARCHED_LENGTH,
    Alias,
    Clinic,
    Named,
    Ward,
    searched,
)

__all__ = [
    "SEARCHED_LENGTH",
    "Alias",
    "Clinic",
    "ClinicChange",
    "ClinicSuccession",
    "Draft",
    "Heir",
    "Membership",
    "Named",
    "PersonSession",
    "Pin",
    "RecordedChange",
    "Reset",
    "ResetAnswer",
    "ResetMail",
    "ResetSeen",
    "SignInTries",
    "StaffManager",
    "StrangersMinute",
    "Succession",
    "User",
    "Ward",
    "WardChange",
    "Workstation",
    "searched",
]
