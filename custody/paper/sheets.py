"""Find the number that the paper names, and check that its sheet can have left the binder."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from befreg_reserv.acts.event import precedes
from befreg_reserv.times import moment
from custody.ledger import taken
from custody.ledger.refusals import BadSheet
from custody.models import Count, Handout, ReserveNumber
from custody.models.states import State
from custody.numbers.identities import IdentityError, is_last_four, normalise, parse_reserve_number
from custody.numbers.sql import written_as
from custody.paper.refusals import GivenAlready, NotThen, SameLine, TwoPatients


def find(text: str, *, drill: bool) -> ReserveNumber:
    """Return the number that somebody wrote, all of it or its last four.

    Raises BadSheet if the text is no reserve number; NotThen if no binder has held the number, if
    a drill has a real number or a real outage a training number, or if the last four fit several.
    """
    written = normalise(text)
    found = list(ReserveNumber.objects.select_related("binder").filter(written_as([written])))
    fit = [number for number in found if number.training == drill]
    if len(fit) > 1:
        raise NotThen(_("Several binders have a number that ends so. Write all of it."))
    if not fit:
        raise NotThen(_why_not(written, found, drill=drill))
    return fit[0]


def _why_not(written: str, found: list[ReserveNumber], *, drill: bool) -> str | Promise:
    if not found and is_last_four(written):
        return _("No binder holds or has held a number that ends so.")
    try:
        identity = parse_reserve_number(found[0].value if found else written)
    except IdentityError as error:
        raise BadSheet(error.message) from error
    return taken.mixes(identity, drill=drill) or _("No binder holds or has held this number.")


def lock(number: ReserveNumber) -> ReserveNumber:
    """Return the number re-read under lock, with its binder."""
    numbers = ReserveNumber.objects.select_for_update(of=("self",)).select_related("binder")
    return numbers.get(pk=number.pk)


@dataclass(frozen=True)
class Held:
    """Which handout holds a number that the paper names; an undone one doesn't.

    ``missing`` was voided because its sheet was missing, and makes way for the paper. ``by`` is
    another patient's: of several, the one that was recorded last.
    """

    missing: Handout | None = None
    by: Handout | None = None
    sheet_was_missing: bool = False

    @property
    def first(self) -> Handout | None:
        """Return the number's first handout, to which a second patient's refers."""
        return self.by and (self.by.duplicate_of or self.by)

    def check_seen(self, key: UUID | None, *, same_line: bool) -> None:
        """Raise GivenAlready, unless the person has seen the other patient's handout.

        ``key``: the request key of the one that they have seen. ``same_line``: the paper says of
        both the same. Raises TwoPatients if its caller had read the number back without its sheet.
        """
        if self.by is None or self.by.request_key == key:
            return
        if self.sheet_was_missing and self.by.is_with_a_patient:
            raise TwoPatients(self.by)
        raise SameLine(self.by) if same_line else GivenAlready(self.by)


def held(number: ReserveNumber) -> Held:
    """Return which handout holds the number."""
    handouts = Handout.objects.select_related(
        "number", "ward__clinic", "ward__same_as", "duplicate_of", "recorded_by"
    )
    standing = list(handouts.filter(number=number).exclude(state=State.UNDONE).order_by("pk"))
    if not standing:
        return Held()
    last = standing[-1]
    missing = number.quarantines.filter(count=None, restoration=None).exists()
    makes_way = missing and last.state == State.VOIDED and not (last.late or last.is_with_a_patient)
    if makes_way and len(standing) == 1:
        return Held(missing=last)
    return Held(by=last, sheet_was_missing=missing)


def check_lay_there(number: ReserveNumber, at: datetime, *, by_another: bool = False) -> None:
    """Raise NotThen unless the number lay in its binder ``at`` that time.

    It may have left since then, but only as a missing sheet, which the paper explains, or with
    another patient, as the person who enters it has seen.
    """
    if number.lain_since and precedes(at, number.lain_since):
        when = {"time": moment(number.lain_since)}
        raise NotThen(_("It was laid into the binder after that, %(time)s.") % when)
    if number.taken_at is None or by_another:
        return
    missed = number.quarantines.first()
    if missed is None:
        raise NotThen(_("It had left the binder in another way. Tell the system administrator."))
    if precedes(missed.found_at, at):
        when = {"time": moment(missed.found_at)}
        raise NotThen(_("Its sheet was missing before that, %(time)s.") % when)


def seen_lying(number: ReserveNumber, at: datetime) -> Count | None:
    """Return the first count after that time which found the number's sheet in the binder."""
    counts = number.binder.counts.filter(lines__number=number, lines__found=True, listed_at__gt=at)
    later = (count for count in counts.order_by("listed_at") if precedes(at, count.listed_at))
    return next(later, None)
