"""Load the people of a file, after a preview: all of them, or none. Nobody loses anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in.passwords import OneTime
from befreg_reserv.people.staff import finding, keeping
from befreg_reserv.people.staff.file import COMMA, MOST_PEOPLE, BadPeopleFile, PersonRow
from befreg_reserv.people.staff.finding import Person
from befreg_reserv.people.staff.keeping import NewPerson
from befreg_reserv.people.wards import register
from befreg_reserv.tables import WHOLE, Fault, fault_at

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True)
class Gain:
    """A person whom the register has, and what the file gives them."""

    person: Person
    roles: frozenset[Role]
    wards: tuple[Ward, ...]
    email: str

    @property
    def in_words(self) -> str:
        """The roles as people call them."""
        return finding.in_words(role for role in Role if role in self.roles)


@dataclass(frozen=True)
class Foreseen:
    """What loading a file does: ``new`` people and ``gains`` of known ones, or the faults.

    ``same``: people who need no change. ``left``: deactivated people and superusers, who stay as
    they are whatever the file says.
    """

    new: list[NewPerson] = field(default_factory=list)
    gains: list[Gain] = field(default_factory=list)
    same: list[User] = field(default_factory=list)
    left: list[User] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """Return a text that is another one when the file would do something else."""
        new = [(n.vgr_id, sorted(n.roles), [w.pk for w in n.wards], n.email) for n in self.new]
        gains = [
            (g.person.user.pk, sorted(g.roles), [w.pk for w in g.wards], g.email)
            for g in self.gains
        ]
        return sha256(repr((new, gains)).encode()).hexdigest()


class PeopleChanged(Refused):
    """The register isn't what it was when the preview was made: loading would do something else."""

    title = _("Somebody was here before you")

    def __init__(self, foreseen: Foreseen) -> None:
        super().__init__(_("People were changed meanwhile. Look at the preview again."))
        self.foreseen = foreseen


class _Wards:
    """Wards by what a file calls them; each name is looked up once."""

    def __init__(self) -> None:
        self.known: dict[str, list[Ward]] = {}

    def named(self, text: str) -> list[Ward]:
        """Return the ward of this name; several if that could be several, none for none."""
        if text not in self.known:
            self.known[text] = _found(text)
        return self.known[text]

    def of(self, cell: str) -> Iterator[tuple[str, list[Ward]]]:
        """Yield each ward that a cell names. With commas it is one ward's name, or several."""
        parts = [cell] if self.named(cell) else [part.strip() for part in COMMA.split(cell)]
        return ((part, self.named(part)) for part in parts if part)


def _found(text: str) -> list[Ward]:
    try:
        ward = register.find(text)
    except register.Ambiguous as several:
        return several.wards
    return [ward] if ward and ward.confirmed else []


def preview(rows: Iterable[PersonRow]) -> Foreseen:
    """Return what loading these people would do. Writes nothing.

    One statement for each name of a ward that occurs, and few for all people.
    """
    rows, wards, found = list(rows), _Wards(), Foreseen()
    users = User.objects.filter(username__in=[row.vgr_id for row in rows])
    known = {user.username: finding.shown(user) for user in finding.whole(users)}
    if len(rows) > MOST_PEOPLE:
        found.faults.append(Fault(WHOLE, "", format_lazy(_TOO_MANY, most=MOST_PEOPLE)))
    for row in rows:
        meant = list(_meant(row, wards, found))
        person = known.get(row.vgr_id)
        if person is None:
            found.new.append(NewPerson(row.vgr_id, row.roles, tuple(meant), row.email))
        elif not person.user.is_active or person.user.is_superuser:
            found.left.append(person.user)
        else:
            _foresee(row, person, meant, found)
    return found


def _meant(row: PersonRow, wards: _Wards, found: Foreseen) -> Iterator[Ward]:
    """Yield the wards of a row, each once; a name that isn't clear becomes a fault."""
    seen: set[int] = set()
    for cell in row.wards:
        for text, named in wards.of(cell):
            if len(named) == 1 and named[0].pk not in seen:
                seen.add(named[0].pk)
                yield named[0]
            elif len(named) != 1:
                found.faults.append(fault_at(row.line, text, _why_not(named), ""))


def _why_not(named: list[Ward]) -> _StrPromise:
    if named:
        return format_lazy(_SEVERAL_WARDS, wards=", ".join(map(str, named)))
    return _NO_SUCH_WARD


def _foresee(row: PersonRow, person: Person, meant: list[Ward], found: Foreseen) -> None:
    roles = row.roles - set(person.roles)
    joins = tuple(ward for ward in meant if ward not in person.wards)
    email = "" if row.email == person.user.email else row.email
    if roles or joins or email:
        found.gains.append(Gain(person, roles, joins, email))
    else:
        found.same.append(person.user)


@act
def load(
    rows: list[PersonRow], event: Event, *, passwords: Mapping[str, OneTime], seen: str = ""
) -> Done[Foreseen]:
    """Add the new people of a file, and give known ones what it says beside what they have.

    ``passwords``: of the new people, by vgr-id. ``seen``: the mark of the preview that a person has
    confirmed. All of it or nothing. Raises BadPeopleFile for a ward that nobody knows,
    PeopleChanged if the preview wasn't of what would be done now, PersonChanged if somebody else
    changes a known person at the same moment. Loaded already, it isn't new.
    """
    found = preview(rows)
    if found.faults:
        raise BadPeopleFile(found.faults)
    if not found.new and not found.gains:
        return Done(found, new=False)
    if (seen and seen != found.mark) or not passwords.keys() >= {new.vgr_id for new in found.new}:
        raise PeopleChanged(found)
    for new in found.new:
        keeping.add(new, event, password=passwords[new.vgr_id])
    # Locked as all acts on people do: else two could wait for each other.
    for gain in sorted(found.gains, key=lambda gain: gain.person.user.pk):
        user, roles = gain.person.user, gain.roles.union(gain.person.roles)
        keeping.change(user, roles, gain.email or user.email, event, seen=gain.person.mark)
        keeping.move(user, (), gain.wards, event)
    return Done(found)


_TOO_MANY: Final = _("There are more than {most} people. Load them in parts.")
_SEVERAL_WARDS: Final = _("This could be several wards: {wards}. Write the clinic before it.")
_NO_SUCH_WARD: Final = _(
    "The register has no such ward. Write it as Clinic / Ward, or leave it out."
)
