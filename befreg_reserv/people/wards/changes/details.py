"""What the register says of a ward beside its name: put right in place, as no history tells it."""

from dataclasses import asdict, dataclass
from hashlib import sha256

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.changes import refusals
from befreg_reserv.people.wards.register import NotConfirmed
from befreg_reserv.text import clean_line, sort_key


class HsaIdTaken(Refused):
    """Another open ward has this HSA-id."""

    field = "hsa_id"

    def __init__(self, ward: Ward) -> None:
        super().__init__(_("%(ward)s has this HSA-id.") % {"ward": ward})


class AnotherName(Refused):
    """More than the spelling of a name is changed."""

    field = "name"
    advice = gettext_lazy(
        "Capitals, blanks and the like can be put right here. A ward that gets another name is"
        " renamed, so that what was said of it keeps the old one."
    )


class ChangedByOthers(Refused):
    """The page showed what somebody has changed since."""

    title = gettext_lazy("Somebody was here before you")
    advice = gettext_lazy("The ward was changed meanwhile. Look at it, and change it again.")


@dataclass(frozen=True)
class Details:
    """What the register says of a ward."""

    name: str
    hsa_id: str
    telephone: str
    email: str

    @classmethod
    def of(cls, ward: Ward) -> "Details":
        """Return what it says now."""
        return cls(ward.name, ward.hsa_id, ward.telephone, ward.email)

    @property
    def mark(self) -> str:
        """Return a text that is another one once anything of it is."""
        return sha256(repr(asdict(self)).encode()).hexdigest()


def _taken_meanwhile(ward: Ward, details: Details, _event: Event, **_options: object) -> None:
    """Raise HsaIdTaken if another ward got the HSA-id at the same moment."""
    _check_hsa_id(ward, details)


@act(on_conflict=_taken_meanwhile)
def correct(ward: Ward, details: Details, event: Event, *, seen: str = "") -> Done[Ward]:
    """Put right a ward's HSA-id, telephone, e-mail and the spelling of its name.

    ``seen``: the mark of what the page showed. What it says already changes nothing. Raises
    AlreadyClosed, NotConfirmed, AnotherName, HsaIdTaken, ChangedByOthers.
    """
    rows = Ward.objects.select_for_update(of=("self",), no_key=True).select_related("clinic")
    locked = rows.get(pk=ward.pk)
    if closing := locked.changes.exclude(kind="opened").first():
        raise refusals.AlreadyClosed(closing)
    if not locked.confirmed:
        raise NotConfirmed(locked)
    there = Details.of(locked)
    changed = {
        name: value
        for name, value in asdict(details).items()
        if getattr(there, name) != clean_line(value)
    }
    if not changed:
        return Done(locked, new=False)
    if seen and seen != there.mark:
        raise ChangedByOthers
    if sort_key(details.name) != locked.key:
        raise AnotherName
    _check_hsa_id(locked, details)
    record.change(locked, Logged.WARD_CORRECTED, event, changed, derives="name" in changed)
    return Done(locked)


def _check_hsa_id(ward: Ward, details: Details) -> None:
    others = Ward.objects.filter(hsa_id=details.hsa_id, closed_on=None).exclude(pk=ward.pk)
    if details.hsa_id and (other := others.select_related("clinic").first()):
        raise HsaIdTaken(other)
