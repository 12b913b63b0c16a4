"""The one writer of what becomes of wards: each act with all that follows, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone, translation

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Clinic, Succession, Ward, WardChange
from befreg_reserv.people.wards import clinic_names, register
from befreg_reserv.people.wards.changes import chain, following, refusals
from befreg_reserv.people.wards.changes.following import Left, Thing
from befreg_reserv.text import clean_line, sort_key

Kind = WardChange.Kind
# How many successors each kind has: at least and at most.
SUCCESSORS = {Kind.RENAMED: (1, 1), Kind.MERGED: (1, 1), Kind.SPLIT: (2, 9), Kind.CLOSED: (0, 0)}
LOGGED = {
    Kind.OPENED: Logged.WARD_OPENED,
    Kind.RENAMED: Logged.WARD_RENAMED,
    Kind.MERGED: Logged.WARD_MERGED,
    Kind.SPLIT: Logged.WARD_SPLIT,
    Kind.CLOSED: Logged.WARD_CLOSED,
}
LOGGED_COLUMNS = ("name", "clinic_id", "opened_on", "hsa_id", "telephone", "email")


@dataclass(frozen=True)
class Terms:
    """What becomes of a ward. Successors that aren't saved are opened with it, as ``proposed``."""

    kind: Kind
    day: date
    reason: str
    successors: tuple[Ward, ...] = ()


# A thing's kind and key → the places of its successors in ``Terms.successors``.
Placed = Mapping[tuple[str, int], Sequence[int]]


def proposed(clinic: Clinic, name: str) -> Ward:
    """Return a ward to be opened in a clinic, saved or not. Its act saves both."""
    ward = Ward(clinic=clinic, name=clean_line(name))
    ward.derive()
    return ward


def label(ward: Ward) -> str:
    """Return what tells an open ward, saved or not, from all others."""
    return sort_key(str(ward))


# --- opening --------------------------------------------------------------------------------------


def _opened_meanwhile(
    ward: Ward, day: date, event: AnyEvent, *, reason: str = "", **_options: object
) -> Ward:
    """Return the ward if the same form came at the same moment.

    Raises NameOfAnother if somebody else opened a ward of that name, and OpenedMeanwhile if it was
    the clinic.
    """
    if earlier := _opened_before(ward, day, event, reason):
        return earlier
    _check_name_is_free(ward)
    raise refusals.OpenedMeanwhile


@act(on_conflict=_opened_meanwhile)
def open_ward(
    ward: Ward, day: date, event: AnyEvent, *, reason: str = "", again: bool = False
) -> Done[Ward]:
    """Open a ward, as ``proposed`` returned it, and its clinic if that is new.

    ``again``: although a closed ward had the name. The same again changes nothing. Raises
    NameOfAnother, NameOfClosed, ClinicHasClosed, OpenedMeanwhile, BadDay for a day to come.
    """
    if earlier := _opened_before(ward, day, event, reason):
        return Done(earlier, new=False)
    _check_day(day, event)
    _check_name_is_free(ward)
    if not again:
        _check_name_is_new(ward)
    return Done(_opened(ward, day, event, reason))


def _opened_before(ward: Ward, day: date, event: AnyEvent, reason: str) -> Ward | None:
    """Return the open ward if the form came twice: the same person said the same of it."""
    said = {"kind": Kind.OPENED, "day": day, "reason": reason, "by": event.by}
    same = Ward.objects.filter(**{f"changes__{name}": value for name, value in said.items()})
    return same.filter(_of_its_name(ward), closed_on=None).select_related("clinic").first()


def _of_its_name(ward: Ward) -> Q:
    """Return the condition for the wards of this name, in a clinic of the same name."""
    return Q(clinic__key=ward.clinic.key if ward.clinic else "", key=ward.key)


def _check_name_is_new(ward: Ward) -> None:
    """Raise NameOfClosed if a ward of this name has closed."""
    closed = Ward.objects.filter(_of_its_name(ward), closed_on__isnull=False)
    if former := closed.select_related("clinic").order_by("closed_on", "pk").last():
        raise refusals.NameOfClosed(former, chain.heirs(former))


def _opened(ward: Ward, day: date, event: AnyEvent, reason: str) -> Ward:
    clinic = ward.clinic
    if clinic and not clinic.pk:
        clinic_names.opened_clinic(clinic, day, event, reason)
    elif clinic:
        clinic_names.keep_open(clinic)
    ward.clinic, ward.opened_on = clinic, day
    record.insert(ward)
    record.insert(_change(ward, Kind.OPENED, day, event, reason))
    columns: dict[str, object] = {name: getattr(ward, name) for name in LOGGED_COLUMNS}
    logged = record.said(**{name: value for name, value in columns.items() if value})
    logged |= record.said(reason=reason) if reason else {}
    record.record(ward, Logged.WARD_OPENED, event, logged, action=trail.Action.CREATE)
    return ward


def _name_taken(
    _ward: Ward, clinic_name: str, name: str, _event: Event, /, **_options: object
) -> None:
    """Raise NameTaken if the clinic has an open ward of that name."""
    wards = Ward.objects.select_related("clinic").exclude(clinic=None).filter(closed_on=None)
    taken = wards.filter(clinic__key=sort_key(clinic_name), key=sort_key(name)).first()
    if taken and taken.clinic:
        raise register.NameTaken(taken.clinic, clean_line(name))


@act(on_conflict=_name_taken)
def confirm(
    ward: Ward, clinic_name: str, name: str, event: Event, /, *, again: bool = False
) -> Done[Ward]:
    """Let a typed-in ward open today as ``name`` of a clinic, which opens with it if it is new.

    ``again``: although a closed ward had the name. Raises AlreadySettled when somebody was first,
    NameTaken, NameOfClosed, InventedInDrill for a drill's ward, ClinicHasClosed.
    """
    typed = Ward.objects.select_for_update().get(pk=ward.pk)
    register.check_waits(typed)
    if typed.drill:
        raise register.InventedInDrill(typed)
    clinic = clinic_names.named(clinic_name)
    if not again:
        _check_name_is_new(proposed(clinic, name))
    day = timezone.localdate(event.recorded_at)
    if not clinic.pk:
        clinic = _opened_clinic(clinic, day, event)
    clinic_names.keep_open(clinic)
    columns = {"clinic": clinic, "name": clean_line(name), "confirmed": True, "opened_on": day}
    record.change(typed, Logged.WARD_OPENED, event, columns, derives=True)
    record.insert(_change(typed, Kind.OPENED, day, event, ""))
    return Done(typed)


def _opened_clinic(clinic: Clinic, day: date, event: Event) -> Clinic:
    """Open a new clinic; one that somebody opens at the same moment is that one."""
    try:
        with transaction.atomic():
            return clinic_names.opened_clinic(clinic, day, event, "")
    except IntegrityError:
        if there := clinic_names.open_one(clinic.name):
            return there
        raise


def _change(ward: Ward, kind: Kind, day: date, event: AnyEvent, reason: str) -> WardChange:
    return WardChange(
        ward=ward,
        kind=kind,
        day=day,
        reason=reason,
        by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )


# --- closing --------------------------------------------------------------------------------------


def _closed_meanwhile(ward: Ward, terms: Terms, *_others: object, **_options: object) -> None:
    """Raise NameOfAnother or OpenedMeanwhile if somebody opened such a one at the same moment."""
    for successor in terms.successors:
        if not successor.pk:
            _check_name_is_free(successor)
            same = Q(key=successor.clinic.key if successor.clinic else "", closed_on=None)
            if Clinic.objects.filter(same).exclude(pk=successor.clinic_id or 0).exists():
                raise refusals.OpenedMeanwhile


@act(on_conflict=_closed_meanwhile)
def change(
    ward: Ward, terms: Terms, event: AnyEvent, *, seen: str = "", placed: Placed | None = None
) -> Done[WardChange]:
    """Close a ward, and let its successors have its people and all that is open.

    ``seen``: the mark of what the preview showed. ``placed``: where each thing goes on, for a ward
    with several successors. Without a successor people belong to the ward no longer, and what is
    open stays, for the administrator. The same again changes nothing. Raises AlreadyClosed,
    BadDay, IntoItself, NoSuccessor, WrongNumber, NameOfAnother, SameName, ClinicHasClosed,
    NotPlaced, MovesMeanwhile, NobodyMoves, ReasonMissing.
    """
    locked = _locked(ward, *terms.successors)
    ward = locked[ward.pk]
    if same := done_before(ward, terms, event):
        return Done(same, new=False)
    check(ward, terms, event)
    left = following.left_at(ward)
    if seen and seen != following.mark(left):
        raise refusals.MovesMeanwhile
    places = _places(left, terms, placed or {})
    change = _change(ward, terms.kind, terms.day, event, terms.reason)
    record.insert(change)
    successors = _take_over(change, [locked.get(each.pk, each) for each in terms.successors], event)
    _close(change, successors, event)
    _follow(ward, places, successors, event, _because(change))
    return Done(change)


def _locked(*wards: Ward) -> dict[int, Ward]:
    """Return the wards that the register has, locked in one order, by key.

    A call that names one meanwhile needn't wait: its key stays.
    """
    rows = Ward.objects.select_for_update(of=("self",), no_key=True).select_related("clinic")
    keys = [ward.pk for ward in wards if ward.pk]
    return {row.pk: row for row in rows.filter(pk__in=keys).order_by("pk")}


def check(ward: Ward, terms: Terms, event: AnyEvent) -> None:
    """Raise the refusal of ``change`` that these terms deserve, if any; for previews too."""
    if not ward.is_open:
        raise refusals.AlreadyClosed(ward.changes.exclude(kind=Kind.OPENED).get())
    if not ward.confirmed:
        raise refusals.NoSuccessor(ward)
    if not terms.reason:
        raise ReasonMissing
    _check_day(terms.day, event, ward)
    least, most = SUCCESSORS[terms.kind]
    different = set(map(label, terms.successors))
    if not least <= len(different) == len(terms.successors) <= most:
        raise refusals.WrongNumber
    for successor in terms.successors:
        _check_successor(ward, terms.kind, successor)


def _check_successor(ward: Ward, kind: Kind, successor: Ward) -> None:
    if successor.pk == ward.pk:
        raise refusals.IntoItself
    if not successor.pk:
        same_place = (successor.clinic_id, successor.key) == (ward.clinic_id, ward.key)
        if same_place:
            raise refusals.SameName(ward) if kind is Kind.RENAMED else refusals.IntoItself
        _check_name_is_free(successor)
    elif not Ward.objects.filter(pk=successor.pk, closed_on=None, confirmed=True).exists():
        raise refusals.NoSuccessor(successor)


def _check_day(day: date, event: AnyEvent, ward: Ward | None = None) -> None:
    if day > timezone.localdate(event.recorded_at):
        raise refusals.future(day)
    if ward and ward.opened_on and day < ward.opened_on:
        raise refusals.too_early(ward, ward.opened_on)


def _check_name_is_free(ward: Ward) -> None:
    others = Ward.objects.filter(_of_its_name(ward), closed_on=None, clinic__closed_on=None)
    if other := others.select_related("clinic").first():
        raise refusals.NameOfAnother(other)


def done_before(ward: Ward, terms: Terms, event: AnyEvent) -> WardChange | None:
    """Return the change if the form came twice: the same person said the same of the ward."""
    earlier = ward.changes.filter(
        kind=terms.kind, day=terms.day, reason=terms.reason, by=event.by
    ).first()
    after = earlier.successors.select_related("clinic") if earlier else ()
    is_same = sorted(map(label, after)) == sorted(map(label, terms.successors))
    return earlier if is_same else None


def _take_over(change: WardChange, successors: Iterable[Ward], event: AnyEvent) -> list[Ward]:
    """Open the successors that are new, and write who takes over."""
    opened = []
    for ward in successors:
        if ward.pk:
            opened.append(ward)
            continue
        if change.kind == Kind.RENAMED:
            # The HSA-id follows below: two open wards can't have it.
            ward.telephone, ward.email = change.ward.telephone, change.ward.email
        opened.append(_opened(ward, change.day, event, change.reason))
    record.insert(*(Succession(change=change, ward=ward) for ward in opened))
    return opened


def _close(change: WardChange, successors: list[Ward], event: AnyEvent) -> None:
    ward = change.ward
    columns = {"closed_on": change.day, "closed_at": change.recorded_at}
    also = record.said(reason=change.reason)
    also |= record.said(successors=", ".join(map(str, successors))) if successors else {}
    record.change(ward, LOGGED[Kind(change.kind)], event, columns, also)
    chain.hand_on(ward, successors)
    if change.kind == Kind.RENAMED and ward.hsa_id:
        (successor,) = successors
        if not successor.hsa_id:
            Ward.objects.filter(pk=successor.pk).update(hsa_id=ward.hsa_id)
            successor.hsa_id = ward.hsa_id


def _because(change: WardChange) -> str:
    """Return why things go on elsewhere, whatever language its administrator reads: it is kept."""
    with translation.override(settings.LANGUAGE_CODE):
        return f"{change}. {change.reason}"


# --- what follows ---------------------------------------------------------------------------------


Place = tuple[Left, Thing, Sequence[int]]


def _places(left: list[Left], terms: Terms, placed: Placed) -> list[Place]:
    """Return where each thing goes on. Raises NotPlaced."""
    found: list[Place] = []
    several = range(len(terms.successors))
    for each in following.going_on(left):
        for thing in each.things:
            if len(several) < 2 or each.kind.shared:  # noqa: PLR2004  one or none
                default: Sequence[int] = several
            else:
                default = ()
            where = placed.get((each.kind.name, thing.key), default) if several else ()
            if several and (not where or not set(where) <= set(several)):
                raise refusals.NotPlaced
            found.append((each, thing, where))
    return found


def _follow(
    ward: Ward, places: list[Place], successors: list[Ward], event: AnyEvent, reason: str
) -> None:
    for left, thing, where in places:
        if not where and left.kind.stays:
            continue
        if left.kind.by_a_person and not isinstance(event, Event):
            raise refusals.NobodyMoves(ward)
        if left.kind.move:
            left.kind.move(thing.key, [successors[place] for place in where], event, reason)


@act
def move_on(ward: Ward, into: Ward, event: Event, *, reason: str, seen: str = "") -> Done[int]:
    """Let an open ward have what a closed one left: it had no successor, or was called meanwhile.

    Returns how many things moved. Raises NoSuccessor, IntoItself, MovesMeanwhile, ReasonMissing.
    """
    locked = _locked(ward, into)
    ward, into = locked[ward.pk], locked[into.pk]
    if not reason:
        raise ReasonMissing
    _check_successor(ward, Kind.MERGED, into)
    left = following.left_at(ward)
    if seen and seen != following.mark(left):
        raise refusals.MovesMeanwhile
    moved = 0
    for each in left:
        if move := each.kind.move:
            for thing in each.things:
                move(thing.key, [into], event, reason)
            moved += len(each.things)
    said = record.said(moved=moved, to=into.pk, reason=reason)
    if moved:
        record.record(ward, Logged.WARD_LEFT_MOVED, event, said)
    return Done(moved, new=bool(moved))
