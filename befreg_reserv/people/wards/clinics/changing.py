"""The one writer of what becomes of clinics. Their wards go on, or close, by ``changes.changing``.

History names a ward with its clinic as that was called. So a clinic that gets another name is
closed with its wards, and the new one has the wards that come after them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from django.utils import timezone

from befreg_reserv.acts import record, seen
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Clinic, ClinicChange, ClinicSuccession, Ward, WardChange
from befreg_reserv.people.wards import clinic_names
from befreg_reserv.people.wards.changes import changing, following
from befreg_reserv.people.wards.changes import refusals as of_wards
from befreg_reserv.people.wards.changes.following import Left
from befreg_reserv.people.wards.clinics import refusals
from befreg_reserv.text import clean_line, sort_key

Kind = ClinicChange.Kind
LOGGED = {
    Kind.RENAMED: Logged.CLINIC_RENAMED,
    Kind.MERGED: Logged.CLINIC_MERGED,
    Kind.SPLIT: Logged.CLINIC_SPLIT,
    Kind.CLOSED: Logged.CLINIC_CLOSED,
}


@dataclass(frozen=True)
class ClinicTerms:
    """What becomes of a clinic: from when, why, and what comes after it.

    ``name``: what it is called from then; "" for one that closes. ``into``: the clinic to which its
    wards go, or None if they close with it. ``others``: those that go elsewhere, by their keys.
    """

    day: date
    reason: str
    name: str = ""
    into: Clinic | None = None
    others: Mapping[int, Clinic | None] = field(default_factory=dict)

    def goes_to(self, ward: Ward) -> Clinic | None:
        """Return where a ward goes on; None: it closes."""
        return self.others.get(ward.pk, self.into)


@dataclass(frozen=True)
class WardOutcome:
    """A ward of a clinic that closes, where it goes on, and what is open of it."""

    ward: Ward
    into: Clinic | None
    left: list[Left]

    @property
    def becomes(self) -> Ward | None:
        """Return the ward that takes over, not saved; None if it closes."""
        return changing.proposed(self.into, self.ward.name) if self.into else None


def wards_of(clinic: Clinic) -> list[Ward]:
    """Return the open wards of a clinic, in Swedish order."""
    own = Ward.objects.filter(clinic=clinic.pk, closed_on=None).select_related("clinic")
    return list(own.order_by("key", "pk"))


def wards_when_closed(clinic: Clinic) -> list[Ward]:
    """Return the wards that a closed clinic had at last, in the same order; none of an open one."""
    closing = clinic.changes.exclude(kind=Kind.OPENED).values("recorded_at")
    went = Ward.objects.filter(clinic=clinic.pk, changes__recorded_at__in=closing)
    return list(went.select_related("clinic").order_by("key", "pk"))


def outcomes(clinic: Clinic, terms: ClinicTerms) -> list[WardOutcome]:
    """Return what becomes of each ward; a few statements a ward."""
    wards = wards_of(clinic)
    return [WardOutcome(ward, terms.goes_to(ward), following.left_at(ward)) for ward in wards]


def mark(of: Iterable[WardOutcome]) -> str:
    """Return a text that is another one when other wards, or other things of theirs, would move."""
    what = [(each.ward.pk, following.mark(each.left)) for each in of]
    return sha256(repr(what).encode()).hexdigest()


# --- opening --------------------------------------------------------------------------------------


def _opened_meanwhile(
    clinic: Clinic, day: date, event: AnyEvent, *, reason: str = "", **_options: object
) -> Clinic | None:
    """Return the clinic if the same form came at the same moment. Raises ClinicNameTaken."""
    if earlier := _opened_before(clinic, day, event, reason):
        return earlier
    _check_name_is_free(clinic.name)
    return None


@act(on_conflict=_opened_meanwhile)
def open_clinic(
    clinic: Clinic, day: date, event: AnyEvent, *, reason: str = "", again: bool = False
) -> Done[Clinic]:
    """Open a clinic, as ``proposed`` returned it.

    ``again``: although a closed clinic had the name. The same again changes nothing. Raises
    ClinicNameTaken, NameOfClosedClinic, BadDay for a day to come.
    """
    if earlier := _opened_before(clinic, day, event, reason):
        return Done(earlier, new=False)
    _check_day(day, event)
    _check_name_is_free(clinic.name)
    if not again and (former := clinic_names.closed_one(clinic.name)):
        raise refusals.NameOfClosedClinic(former, clinic_names.after([former])[former.pk])
    return Done(clinic_names.opened_clinic(clinic, day, event, reason))


def proposed(name: str) -> Clinic:
    """Return a clinic to be opened."""
    return Clinic(name=clean_line(name), key=sort_key(name))


def _opened_before(clinic: Clinic, day: date, event: AnyEvent, reason: str) -> Clinic | None:
    """Return the open clinic if the form came twice: the same person said the same of it."""
    said = {"kind": Kind.OPENED, "day": day, "reason": reason, "by": event.by}
    same = Clinic.objects.filter(**{f"changes__{name}": value for name, value in said.items()})
    return same.filter(key=clinic.key, closed_on=None).first()


def _check_name_is_free(name: str) -> None:
    if other := clinic_names.open_one(name):
        raise refusals.ClinicNameTaken(other)


def _check_day(day: date, event: AnyEvent, clinic: Clinic | None = None) -> None:
    if day > timezone.localdate(event.recorded_at):
        raise of_wards.future(day)
    if clinic and clinic.opened_on and day < clinic.opened_on:
        raise of_wards.too_early(clinic, clinic.opened_on)


# --- closing --------------------------------------------------------------------------------------


def _closed_meanwhile(
    _clinic: Clinic, terms: ClinicTerms, _event: AnyEvent, **_options: object
) -> None:
    """Raise ClinicNameTaken if somebody opened a clinic of that name at the same moment."""
    if terms.name:
        _check_name_is_free(terms.name)


@act(on_conflict=_closed_meanwhile)
def change(
    clinic: Clinic, terms: ClinicTerms, event: AnyEvent, *, preview: str = ""
) -> Done[ClinicChange]:
    """Rename a clinic, or close it: its wards go on in other clinics, or close, in the same act.

    ``preview``: the mark of what a person was shown. The same again changes nothing. Raises
    ClinicClosed, SameClinicName, ClinicNameTaken, NoClinic, ReasonMissing, and what
    ``changes.changing.change`` raises of a ward, as MovesMeanwhile, NameOfAnother, BadDay.
    """
    # Wards before clinics, as an act on a ward: else two could wait for each other.
    wards = Ward.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    list(wards.filter(clinic=clinic.pk, closed_on=None).values("pk"))
    clinic = _locked(clinic, terms)
    if same := done_before(clinic, terms, event):
        return Done(same, new=False)
    check(clinic, terms, event)
    foreseen = outcomes(clinic, terms)
    if preview and preview != mark(foreseen):
        raise of_wards.MovesMeanwhile
    if terms.name:
        new = clinic_names.opened_clinic(proposed(terms.name), terms.day, event, terms.reason)
        terms = ClinicTerms(terms.day, terms.reason, terms.name, new)
    for each in foreseen:
        _change_ward(each.ward, terms, event)
    after = _after(terms, [each.ward for each in foreseen])
    return Done(close_empty(clinic, _kind(terms, after), after, terms, event))


def _locked(clinic: Clinic, terms: ClinicTerms) -> Clinic:
    """Return the clinic, locked with those to which its wards go, in one order."""
    keys = {clinic.pk, *(each.pk for each in (terms.into, *terms.others.values()) if each)}
    rows = Clinic.objects.select_for_update().filter(pk__in=keys)
    return {row.pk: row for row in rows.order_by("pk")}[clinic.pk]


def check(clinic: Clinic, terms: ClinicTerms, event: AnyEvent) -> None:
    """Raise the refusal of ``change`` that these terms deserve, if any; for previews too."""
    if not clinic.is_open:
        raise refusals.ClinicClosed(clinic.changes.exclude(kind=Kind.OPENED).get())
    if not terms.reason:
        raise ReasonMissing
    _check_day(terms.day, event, clinic)
    if terms.name:
        if sort_key(terms.name) == clinic.key:
            raise refusals.SameClinicName(clinic)
        _check_name_is_free(terms.name)
    for ward in wards_of(clinic):
        into = terms.goes_to(ward)
        if not terms.name and into:
            _check_goes_to(clinic, into)
        changing.check(ward, _ward_terms(ward, terms), event)


def _check_goes_to(clinic: Clinic, into: Clinic) -> None:
    if into.pk == clinic.pk or not Clinic.objects.filter(pk=into.pk, closed_on=None).exists():
        raise refusals.NoClinic(into)


def _ward_terms(ward: Ward, terms: ClinicTerms) -> changing.Terms:
    into = proposed(terms.name) if terms.name and not terms.into else terms.goes_to(ward)
    if into is None:
        return changing.Terms(WardChange.Kind.CLOSED, terms.day, terms.reason)
    after = (changing.proposed(into, ward.name),)
    return changing.Terms(WardChange.Kind.RENAMED, terms.day, terms.reason, after)


def _change_ward(ward: Ward, terms: ClinicTerms, event: AnyEvent) -> None:
    changing.change(ward, _ward_terms(ward, terms), event)


def _after(terms: ClinicTerms, wards: Iterable[Ward]) -> list[Clinic]:
    """Return the clinics that get the wards, each once, in Swedish order.

    Of a clinic without wards it is the one that was chosen.
    """
    goes_to = [terms.goes_to(ward) for ward in wards] or [terms.into]
    found = {into.pk: into for into in goes_to if into}
    return sorted(found.values(), key=lambda clinic: clinic.key)


def _kind(terms: ClinicTerms, after: list[Clinic]) -> ClinicChange.Kind:
    if terms.name:
        return Kind.RENAMED
    several = len(after)
    return Kind.SPLIT if several > 1 else Kind.MERGED if several else Kind.CLOSED


def done_before(clinic: Clinic, terms: ClinicTerms, event: AnyEvent) -> ClinicChange | None:
    """Return the change if the form came twice: the same person said the same of the clinic."""
    said = clinic.changes.filter(day=terms.day, reason=terms.reason, by=event.by)
    earlier = said.exclude(kind=Kind.OPENED).first()
    if earlier is None or bool(terms.name) != (earlier.kind == Kind.RENAMED):
        return None
    names = {each.key for each in earlier.successors.all()}
    after = _after(terms, wards_when_closed(clinic))
    meant = {sort_key(terms.name)} if terms.name else {each.key for each in after}
    return earlier if meant == names else None


def close_empty(
    clinic: Clinic,
    kind: ClinicChange.Kind,
    successors: Iterable[Clinic],
    terms: ClinicTerms,
    event: AnyEvent,
) -> ClinicChange:
    """Close a clinic whose wards have gone on or closed. Callers hold a transaction."""
    by = {"by": event.by, "recorded_at": event.recorded_at, "recorded_by": event.recorded_by}
    said = {"day": terms.day, "reason": terms.reason}
    change = ClinicChange(clinic=clinic, kind=kind, **said, **by)
    record.insert(change)
    successors = list(successors)
    record.insert(*(ClinicSuccession(change=change, clinic=each) for each in successors))
    also = record.said(reason=terms.reason)
    names = ", ".join(each.name for each in successors)
    also |= record.said(successors=names) if names else {}
    record.change(clinic, LOGGED[kind], event, {"closed_on": terms.day}, also)
    return change


# --- spelling -------------------------------------------------------------------------------------


@act
def correct(clinic: Clinic, name: str, event: Event, *, shown: str = "") -> Done[Clinic]:
    """Put right how a clinic's name is spelled, in place.

    ``shown``: the mark of what the page showed. Raises ClinicClosed, AnotherClinicName,
    ChangedSince.
    """
    locked = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if not locked.is_open:
        raise refusals.ClinicClosed(locked.changes.exclude(kind=Kind.OPENED).get())
    name = clean_line(name)
    if name == locked.name:
        return Done(locked, new=False)
    seen.check(shown, spelled(locked), locked)
    if sort_key(name) != locked.key:
        raise refusals.AnotherClinicName
    record.change(locked, Logged.CLINIC_CORRECTED, event, {"name": name}, derives=True)
    return Done(locked)


def spelled(clinic: Clinic) -> str:
    """Return a text that is another one once the name is spelled differently."""
    return seen.mark(clinic, ["name"])
