"""Load the wards of a file, after a preview: all of them, or none."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone, translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.people.models import Clinic, ClinicChange, Heir, Ward
from befreg_reserv.people.wards import clinic_names
from befreg_reserv.people.wards.changes import changing, following
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from befreg_reserv.people.wards.clinics import changing as clinics
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from befreg_reserv.people.wards.file import COLUMNS, BadFile, WardRow, repeated
from befreg_reserv.tables import Fault, fault_at
from befreg_reserv.text import KEY_LENGTH, sort_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import Model
    from django.utils.functional import Promise, _StrPromise

    from befreg_reserv.audit.models import LogEntry
    from befreg_reserv.people.wards.changes.following import Left


@dataclass(frozen=True)
class Difference:
    """One thing that a file changes about a ward: what it is called, before and after."""

    title: str | Promise
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A ward that the register has, and what the file changes about it.

    ``becomes``: if it gets more than another spelling of its name, the ward that takes over, and
    that has the changed columns. ``left``: what follows it there.
    """

    ward: Ward
    columns: dict[str, Any]
    differences: list[Difference]
    becomes: Ward | None = None
    left: list[Left] = field(default_factory=list)

    @property
    def said(self) -> dict[str, tuple[str, str]]:
        """What each column says before and after, by its name."""
        columns = self.columns.items()
        return {name: (str(getattr(self.ward, name)), str(value)) for name, value in columns}

    @property
    def is_of_names(self) -> bool:
        """Tell whether it changes in place what the ward is known by, which has its order."""
        return bool({"clinic", "name", "hsa_id"} & self.columns.keys())

    @property
    def mark(self) -> tuple[object, ...]:
        """Return what is another one when the change would do something else."""
        then = str(self.becomes or "")
        return self.ward.pk, sorted(self.said.items()), then, following.mark(self.left)


@dataclass(frozen=True)
class Closed:
    """A ward of the file that has closed, and the open ones that have its things now."""

    ward: Ward
    heirs: list[Ward]


@dataclass(frozen=True)
class Followed:
    """A clinic of the file that has closed, and the one that came after it: it has the wards."""

    clinic: Clinic
    then: Clinic


@dataclass(frozen=True)
class Emptied:
    """A clinic whose wards all go on in others by the file: it closes, and those come after it.

    ``kind``: one that goes on as a new clinic is renamed, unless another one does so with it.
    """

    clinic: Clinic
    kind: ClinicChange.Kind
    then: list[Clinic]


@dataclass(frozen=True)
class Preview:
    """What loading a file does: new and changed wards, or the faults.

    ``clinics``: new ones. ``emptied``: those that close, as their wards go on elsewhere.
    ``followed``: closed ones that the file names, and what came after each. ``changed``: renamed
    ones too, in the order of their acts. ``same``: wards that need no change. ``merged``: those
    that were merged into another and stay as they are. ``closed``: those that have closed, or are
    called otherwise since, and stay so. ``left_out``: wards of the register that the file doesn't
    name; they stay too.
    """

    clinics: list[Clinic] = field(default_factory=list)
    emptied: list[Emptied] = field(default_factory=list)
    followed: dict[int, Followed] = field(default_factory=dict)
    new: list[Ward] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    same: list[Ward] = field(default_factory=list)
    merged: list[Ward] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    left_out: list[Ward] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def renamed(self) -> list[Change]:
        """Return those by which a ward is another one from today."""
        return [change for change in self.changed if change.becomes]

    @property
    def corrected(self) -> list[Change]:
        """Return those that change what the register says of a ward beside its name."""
        return [change for change in self.changed if change.differences]

    @property
    def mark(self) -> str:
        """Return a text that is another one when the file would do something else."""
        changes = [change.mark for change in self.changed]
        stay = [ward.pk for ward in (*self.merged, *(row.ward for row in self.closed))]
        clinics = [(each.clinic.pk, [*map(str, each.then)]) for each in self.emptied]
        followed = sorted((pk, each.then.pk) for pk, each in self.followed.items())
        does = ([*map(str, self.new)], changes, stay, clinics, followed)
        return sha256(repr(does).encode()).hexdigest()


class RegisterChanged(Refused):
    """The register isn't what it was when the preview was made: loading would do something else."""

    title = _("Somebody was here before you")

    def __init__(self, preview: Preview) -> None:
        super().__init__(_("The register was changed meanwhile. Look at the preview again."))
        self.preview = preview


class _Register:
    """Clinics and wards as they are while a file is gone through, each line after those before."""

    def __init__(self) -> None:
        every_clinic = list(Clinic.objects.order_by("closed_on", "pk"))
        self.clinics = {each.key: each for each in every_clinic if each.is_open}
        # Of several that had a name, the latest.
        self.former = {each.key: each for each in every_clinic if not each.is_open}
        self.then = clinic_names.after(self.former.values())
        wards = Ward.objects.filter(drill=False).select_related("clinic", "same_as__clinic")
        heirs = Prefetch("heirs", Heir.objects.select_related("heir__clinic"))
        every = list(wards.prefetch_related("aliases", heirs).order_by("pk"))
        self.wards = [ward for ward in every if ward.is_open]
        # Of several that had a name, the latest.
        closed = [ward for ward in every if not ward.is_open]
        self.closed_by_name = {(w.clinic.key, w.key): w for w in closed if w.clinic}
        self.closed_by_id = {ward.hsa_id.upper(): ward for ward in closed if ward.hsa_id}
        self.by_id = {ward.hsa_id.upper(): ward for ward in self.wards if ward.hsa_id}
        self.by_name = {(ward.clinic.key, ward.key): ward for ward in self.wards if ward.clinic}
        # The wards whose names the file gives to others, as two do that swap theirs.
        self.leaving: set[int] = set()

    def clinic(self, name: str) -> Clinic:
        """Return the clinic, new unless the register has it."""
        return self.clinics.setdefault(sort_key(name), Clinic(name=name, key=sort_key(name)))

    def in_open_clinic(self, row: WardRow, found: Preview) -> WardRow | None:
        """Return a row whose clinic has closed with the one that came after it.

        One that names a closed ward is returned as it is: that ward stays so. None: several came
        after it, or none, and ``found`` gets the fault.
        """
        former = self.former.get(sort_key(row.clinic))
        if not former or former.key in self.clinics or self.find_closed(row, self.find(row)):
            return row
        then = self.then[former.pk]
        if len(then) != 1:
            closed = clinic_names.closed(former, then)
            found.faults.append(_fault(row, _CLINIC_CLOSED, closed=closed))
            return None
        found.followed[former.pk] = Followed(former, then[0])
        return replace(row, clinic=then[0].name)

    def emptied(self, found: Preview) -> Iterator[Emptied]:
        """Yield the clinics that have no ward any more once the file is loaded."""
        has = Counter(ward.clinic_id for ward in self.wards if ward.clinic_id)
        comes = [ward.clinic for ward in found.new]
        after: dict[int, dict[str, Clinic]] = defaultdict(dict)
        for change in found.changed:
            comes.append(change.becomes.clinic if change.becomes else change.columns.get("clinic"))
            if change.becomes and change.becomes.clinic and change.ward.clinic_id:
                has[change.ward.clinic_id] -= 1
                then = change.becomes.clinic
                after[change.ward.clinic_id][then.key] = then
        has.update(clinic.pk for clinic in comes if clinic and clinic.pk)
        empty = [each for each in self.clinics.values() if each.pk in after and not has[each.pk]]
        heirs_of = Counter(key for clinic in empty for key in after[clinic.pk])
        for clinic in empty:
            heirs = after[clinic.pk]
            together = any(heirs_of[key] > 1 for key in heirs)
            yield _emptied(clinic, list(heirs.values()), together=together)

    def find(self, row: WardRow) -> Ward | None:
        """Return the ward with the row's HSA-id, else that of its clinic and name."""
        by_name = self.by_name.get((sort_key(row.clinic), sort_key(row.name)))
        return self.by_id.get(row.said.get("hsa_id", "")) or by_name

    def find_closed(self, row: WardRow, ward: Ward | None) -> Closed | None:
        """Return the closed ward that a row names, unless ``ward`` is another one of that name.

        The file may be older than the change: then it has a name that the ward had before.
        """
        hsa_id, place = row.said.get("hsa_id", ""), (sort_key(row.clinic), sort_key(row.name))
        named = self.closed_by_name.get(place)
        if named and hsa_id not in {"", named.hsa_id.upper()}:
            named = None  # another ward has taken the name
        closed = named or (None if ward else self.closed_by_id.get(hsa_id))
        heirs = [each.heir for each in closed.heirs.all()] if closed else []
        if closed is None or not (ward is None or ward in heirs):
            return None
        return None if ward and _place(ward) == place else Closed(closed, heirs)

    def find_leaving(self, rows: Iterable[WardRow]) -> None:
        """Note the wards that get another name in the file, by their HSA-id."""
        for row in rows:
            ward = self.by_id.get(row.said.get("hsa_id", ""))
            if not ward or not ward.confirmed or self.find_closed(row, ward):
                continue
            if _place(ward) != (sort_key(row.clinic), sort_key(row.name)):
                self.leaving.add(ward.pk)

    def holder(self, row: WardRow, ward: Ward | None) -> Ward | None:
        """Return another ward that has the name which the row gives ``ward``, and keeps it."""
        there = self.by_name.get((sort_key(row.clinic), sort_key(row.name)))
        return None if there is None or there is ward or there.pk in self.leaving else there

    def put(self, ward: Ward, row: WardRow) -> None:
        """Let a ward be found by what the row says of it, and no longer by what it was."""
        if self.by_name.get(place := _place(ward)) is ward:
            del self.by_name[place]
        self.by_name[sort_key(row.clinic), sort_key(row.name)] = ward
        if hsa_id := row.said.get("hsa_id"):
            self.by_id.pop(ward.hsa_id.upper(), None)
            self.by_id[hsa_id] = ward


def _emptied(clinic: Clinic, then: list[Clinic], *, together: bool) -> Emptied:
    kinds = ClinicChange.Kind
    alone = kinds.MERGED if then[0].pk or together else kinds.RENAMED
    return Emptied(clinic, kinds.SPLIT if len(then) > 1 else alone, then)


def _place(ward: Ward) -> tuple[str, str]:
    return ward.clinic.key if ward.clinic else "", ward.key


def preview(rows: Iterable[WardRow]) -> Preview:
    """Return what loading these rows would do. Writes nothing.

    Four statements, and a few more for each ward that is renamed.

    A ward is recognised by its HSA-id, else by clinic and name, so that a second run changes
    nothing. One that was merged into another stays merged. Two that swap names are read by their
    HSA-ids.
    """
    register, found = _Register(), Preview()
    read = (register.in_open_clinic(row, found) for row in rows)
    rows, named = [row for row in read if row], set[int]()
    found.faults.extend(repeated(rows))  # read so, one line may be the ward of another
    register.find_leaving(rows)
    # Known ids first, wherever they stand: or a new ward would be taken, by its name, for one that
    # another line renames, and with it that one's open numbers and mails.
    for row in sorted(rows, key=lambda row: row.said.get("hsa_id") not in register.by_id):
        ward = register.find(row)
        if ward and ward.same_as:
            found.merged.append(ward)
        elif closed := register.find_closed(row, ward):
            found.closed.append(closed)
        else:
            _foresee(row, ward, register, found)
        if ward:
            named.add(ward.pk)
    found.emptied.extend(register.emptied(found))
    found.clinics.extend(clinic for clinic in register.clinics.values() if not clinic.pk)
    known = (ward for ward in register.wards if ward.confirmed and ward.pk not in named)
    found.left_out.extend(known)
    found.faults.sort(key=lambda fault: fault.line)
    return found


def _foresee(row: WardRow, ward: Ward | None, register: _Register, found: Preview) -> None:
    """Add to ``found`` what a row does to its ward, or the new ward that it makes."""
    if there := register.holder(row, ward):
        found.faults.append(_fault(row, _NAME_TAKEN, ward=_identified(there)))
        return
    wanted = {"clinic": register.clinic(row.clinic), "name": row.name, **row.said}
    if ward is None:
        ward = Ward(**wanted)
        ward.derive()
        found.new.append(ward)
    elif change := _change(ward, wanted):
        found.changed.append(change)
    else:
        found.same.append(ward)
    register.put(ward, row)


def _change(ward: Ward, wanted: dict[str, Any]) -> Change | None:
    """Return what makes the ward as wanted, or None if it is so already.

    Of the register's own wards only the spelling of a name is changed in place, as on the page of
    one: history tells a ward by the name that it had.
    """
    clinic, name = wanted["clinic"], wanted["name"]
    if ward.confirmed and (clinic, sort_key(name)) != (ward.clinic, ward.key):
        others = {column: value for column, value in wanted.items() if column not in _NAME_COLUMNS}
        columns = _differing(ward, others)
        differences = _differences(ward, columns) if columns else []
        becomes = changing.proposed(clinic, name)
        return Change(ward, columns, differences, becomes, following.left_at(ward))
    columns = _differing(ward, wanted | {"confirmed": True})
    return Change(ward, columns, _differences(ward, columns)) if columns else None


def _differing(ward: Ward, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if getattr(ward, name) != value}


def _fault(row: WardRow, reason: _StrPromise, **words: object) -> Fault:
    return fault_at(row.line, str(row), format_lazy(reason, **words), "")


def _identified(ward: Ward) -> str:
    return f"{ward} ({ward.hsa_id})" if ward.hsa_id else str(ward)


def _differences(ward: Ward, columns: dict[str, Any]) -> list[Difference]:
    """Return what people see of a change. A name that is only spelled differently is one too."""
    found = [
        Difference(COLUMNS[name].title, str(getattr(ward, name) or ""), str(value))
        for name, value in columns.items()
        if name in COLUMNS
    ]
    return found or [Difference(_("in the register"), str(_("no")), str(_("yes")))]


def _loaded_meanwhile(rows: list[WardRow], _event: AnyEvent, **_options: object) -> Preview | None:
    """Return the preview if somebody loaded the same at the same moment."""
    found = preview(rows)
    return None if found.new or found.changed or found.faults else found


@act(on_conflict=_loaded_meanwhile)
def load(rows: list[WardRow], event: AnyEvent, *, seen: str = "") -> Done[Preview]:
    """Create, change or rename the wards of a file. All of it or nothing; wards left out stay.

    ``seen``: the mark of the preview that a person has confirmed. Raises BadFile when a line gives
    a ward the name of another, RegisterChanged if the preview wasn't of what would be done now,
    NobodyMoves when a command renames a ward with open numbers.
    """
    # One load at a time. A call that names a ward meanwhile needn't wait: its key stays.
    list(Ward.objects.select_for_update(of=("self",), no_key=True).order_by("pk").values("pk"))
    # And no clinic closes that gets wards, or gets wards that closes: see ``keep_open``.
    list(Clinic.objects.select_for_update(no_key=True).order_by("pk").values("pk"))
    found = preview(rows)
    if found.faults:
        raise BadFile(found.faults)
    if seen and seen != found.mark:
        raise RegisterChanged(found)
    after = {each.key for emptied in found.emptied for each in emptied.then}
    _insert([each for each in found.clinics if each.key not in after], event, ("name",))
    terms = ClinicTerms(timezone.localdate(event.recorded_at), _kept_reason())
    for clinic in found.clinics:
        if clinic.key in after:
            clinic_names.opened_clinic(clinic, terms.day, event, terms.reason)
    # Changes come first: a new ward may have the name that another gives up. Names are changed one
    # by one, in the order of the lines, for the same reason.
    others, names = [], _TakenNames()
    for change in found.changed:
        if change.becomes:
            names.take(change.becomes)
            _rename(change, change.becomes, event)
        elif change.is_of_names:
            record.change(change.ward, Logged.UPDATE, event, change.columns, derives=True)
        else:
            others.append((change.ward, change.columns))
    names.give_own()
    record.change_many(others, Logged.UPDATE, event)
    _insert(found.new, event, ("clinic_id", "name", "hsa_id", "telephone", "email"))
    for emptied in found.emptied:
        clinics.close_empty(emptied.clinic, emptied.kind, emptied.then, terms, event)
    return Done(found, new=bool(found.new or found.changed))


def _kept_reason() -> str:
    """Return why the file changes something, whatever language its reader has: it is kept."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(_REASON)


class _TakenNames:
    """Lets wards take names that others give up later in the same file, as two that swap theirs.

    Until all have given up theirs, such a ward has a key that nobody can type.
    """

    def __init__(self) -> None:
        self.waiting: list[tuple[Ward, str]] = []

    def take(self, ward: Ward) -> None:
        """Give a ward that isn't saved yet a key for the time being, if another has its own."""
        there = Ward.objects.filter(clinic=ward.clinic, key=ward.key, closed_on=None)
        if there.exists():
            self.waiting.append((ward, ward.key))
            ward.key = f"{ward.key[: KEY_LENGTH - 1]}\n"

    def give_own(self) -> None:
        """Give these wards their own keys."""
        for ward, key in self.waiting:
            Ward.objects.filter(pk=ward.pk).update(key=key)
            ward.key = key


def _rename(change: Change, becomes: Ward, event: AnyEvent) -> None:
    """Let a ward be another one from the day on which the file is loaded."""
    day = timezone.localdate(event.recorded_at)
    changing.change(change.ward, Terms(Kind.RENAMED, day, _kept_reason(), (becomes,)), event)
    if change.columns:
        record.change(becomes, Logged.UPDATE, event, change.columns)


def _insert(rows: Sequence[Model], event: AnyEvent, logged: tuple[str, ...]) -> None:
    """Insert rows of one model, however many, with an entry in the log for each."""
    record.insert(*rows)
    trail.write(*(_created(row, event, logged) for row in rows))


def _created(row: Model, event: AnyEvent, logged: tuple[str, ...]) -> LogEntry:
    said = record.said(**{name: getattr(row, name) for name in logged if getattr(row, name)})
    return record.entry(row, Logged.CREATE, event, said, action=trail.Action.CREATE)


_NAME_TAKEN: Final = _("Another ward has this name: {ward}. Give one of them another name.")
_CLINIC_CLOSED: Final = _("{closed} Write the clinic that the ward belongs to now.")
_REASON: Final = _("It is called so in the file of wards.")
_NAME_COLUMNS: Final = frozenset({"clinic", "name"})
