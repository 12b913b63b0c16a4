"""Wards: found by what somebody typed, and typed-in ones that are known wards.

Writes ``same_as``. One that is new is confirmed by ``changes``, as every ward that opens.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Replace, StrIndex, Substr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.people.models import (
    SEARCHED_LENGTH,
    Alias,
    Clinic,
    Heir,
    Membership,
    User,
    Ward,
)
from befreg_reserv.people.roles import Role
from befreg_reserv.sql import hot
from befreg_reserv.text import clean_line, sort_key, words

NAME_LENGTH = 120
MOST_SHOWN = 9
MOST_FOUND = 8
MOST_SLASHES = 4  # in "Clinic / Ward", of which two may well belong to the names
# What people say before a ward's number, whatever it is called: "avd136" is ward 136.
WARD_WORDS = frozenset({"avd", "avdelning", "avdelningen", "vardavd", "vardavdelning", "ward"})


class Ambiguous(Exception):
    """Several clinics have a ward of that name: ``wards``."""

    def __init__(self, wards: list[Ward]) -> None:
        super().__init__(", ".join(map(str, wards)))
        self.wards = wards


class AlreadySettled(Refused):
    """Somebody was first."""

    title = gettext_lazy("Somebody was here before you")


class InventedInDrill(Refused):
    """A ward that was invented in a drill never enters the register."""

    drill = True

    def __init__(self, ward: Ward) -> None:
        super().__init__(
            _("“%(ward)s” was invented in a drill and stays in drills.") % {"ward": ward.name}
        )


class NotConfirmed(Refused):
    """The ward isn't confirmed in the register, or not any more."""

    def __init__(self, ward: Ward) -> None:
        super().__init__(_("“%(ward)s” isn't confirmed in the register.") % {"ward": ward})


class NameTaken(Refused):
    """The clinic has a ward of that name."""

    field = "name"

    def __init__(self, clinic: Clinic, name: str) -> None:
        super().__init__(
            _("%(clinic)s already has the ward “%(name)s”. If that is the one, say so instead.")
            % {"clinic": clinic, "name": name}
        )


# --- finding ----------------------------------------------------------------------------------


def find(text: str, *, drill: bool = False) -> Ward | None:
    """Return the ward that ``text`` names, or None.

    ``text`` is "Clinic / Ward", a ward's name that only one clinic has, a short name of one, or a
    name typed in before. A name of a closed ward means its successors, unless an open one has it
    again. ``drill``: also one that was invented in a drill. Raises Ambiguous when several wards are
    named so. One statement.
    """
    key, places = sort_key(text), _places(text)
    clinics, names = map(list, zip(*places, strict=True)) if places else ([], [])
    wards = _named(key=key, clinics=clinics, names=names, drill=drill)
    # A drill goes on with its own ward, if it has one of that name.
    found = sorted(wards, key=lambda ward: not ward.drill)
    confirmed = [ward for ward in found if ward.confirmed]
    # Its whole label goes before its name, and that before another ward's short name.
    labelled = [ward for ward in confirmed if sort_key(str(ward)) == key]
    own = [
        ward
        for ward in confirmed
        if ward.key == key or _place(ward) in places or vars(ward)["formerly"]
    ]
    meant = labelled or own or confirmed
    if len(meant) > 1:
        raise Ambiguous(meant)
    return next(iter(meant or found), None)


def _places(text: str) -> list[tuple[str, str]]:
    """Return the keys of clinic and ward that a text may mean: both names may hold a slash."""
    parts = text.split("/")
    ends = range(1, min(len(parts), MOST_SLASHES + 1))
    return [(sort_key("/".join(parts[:end])), sort_key("/".join(parts[end:]))) for end in ends]


def _place(ward: Ward) -> tuple[str, str] | None:
    return (ward.clinic.key, ward.key) if ward.clinic else None


@hot.rows(key=CharField(), clinics=CharField(), names=CharField())
def _named(key: Any, clinics: list[Any], names: list[Any], *, drill: bool) -> QuerySet[Ward]:
    named, of_closed = Q(key=key), Q(ward__key=key)
    for clinic, name in zip(clinics, names, strict=True):
        named |= Q(clinic__key=clinic, key=name)
        of_closed |= Q(ward__clinic__key=clinic, ward__key=name)
    called = Q(pk__in=Alias.objects.filter(key=key).values("ward"))
    # A closed ward is found by its successors: by its own name, a short one, or a mistyped one.
    also = of_closed | Q(ward__aliases__key=key) | Q(ward__mistyped__key=key)
    taken_over = Q(pk__in=Heir.objects.filter(also).values("heir"))
    # But where an open ward has the closed one's name again, that one is meant.
    place = {"clinic__key": OuterRef("ward__clinic__key"), "key": OuterRef("ward__key")}
    again = Exists(Ward.objects.filter(**place, closed_on=None))
    formerly = Exists(Heir.objects.filter(of_closed, ~again, heir=OuterRef("pk")))
    wards = Ward.objects.select_related("clinic").annotate(formerly=formerly)
    found = wards.filter(named | called | taken_over, _of(drill=drill), closed_on=None)
    return found[:MOST_SHOWN]


def _of(*, drill: bool) -> Q:
    """Return the condition for the wards of reality, which a drill has too, beside its own."""
    return Q() if drill else Q(drill=False)


def search(
    text: str, limit: int = MOST_FOUND, *, confirmed_only: bool = False, drill: bool = False
) -> list[Ward]:
    """Return the wards in whose names every word of ``text`` occurs, the likeliest first.

    A ward's names are its own, its clinic's and its short names. A word for "ward" needn't occur
    beside a number.

    A closed ward's names find its successors. ``drill``: also those that were invented in a drill.
    Case, accents and punctuation are ignored. Known wards come before typed-in names that nobody
    has settled. First come wards whose numbers are the typed ones, then those whose numbers begin
    with them, then those that contain the digits: "kir 2" gives ward 2 before 20 and 12. Among
    equals a ward of exactly that name comes first, then those whose names begin with it, then
    those with a word that does, then those that have a word beginning with each one typed, then
    the rest; within each group in Swedish order, with 2 before 12. One statement.
    """
    typed = words(text[:SEARCHED_LENGTH])
    # Nothing to look for, or a text longer than any name.
    if not typed or len(text) > SEARCHED_LENGTH:
        return []
    needed = _needed(typed)
    named = Q(*(("searched__contains", word) for word in needed))
    closed = Heir.objects.filter(*(Q(ward__searched__contains=word) for word in needed))
    wanted = Q(_of(drill=drill), named | Q(pk__in=closed.values("heir")), closed_on=None)
    if confirmed_only:
        wanted &= Q(confirmed=True)
    found = Ward.objects.select_related("clinic").filter(wanted, same_as=None)
    return list(_likeliest_first(found, typed)[:limit])


def _needed(typed: list[str]) -> list[str]:
    """Return the words that must occur."""
    numbered = any(word.isdigit() for word in typed)
    return sorted({word for word in typed if not (numbered and word in WARD_WORDS)})


def called(name: str) -> list[Ward]:
    """Return the known wards whose own name this is; "136" is ward 136's too. One statement."""
    said = _needed(words(name))
    wanted = Q(*(("searched__contains", word) for word in said))
    known = Ward.objects.select_related("clinic").filter(wanted, confirmed=True, closed_on=None)
    return [ward for ward in known if said and _needed(words(ward.name)) == said]


def is_a_place(text: str) -> bool:
    """Tell whether a ward or a clinic is called so, or by words that stand together in its name."""
    return Ward.objects.filter(searched__contains=" ".join(words(text))).exists()


def _likeliest_first(wards: QuerySet[Ward], typed: list[str]) -> QuerySet[Ward]:
    # ``searched`` has the clinic on its first line, the ward on its second, then its short names.
    line_end, blank = Value("\n"), Value(" ")
    own_names = Concat(Substr("searched", StrIndex("searched", line_end)), line_end)
    # With blanks around it, so that a whole word differs from a part of one.
    in_words = Concat(blank, Replace("searched", line_end, blank), blank)
    name = " ".join(typed)
    numbers = [word for word in typed if word.isdigit()]
    exact = _all_in_words(f" {number} " for number in numbers)
    begun = _all_in_words(f" {number}" for number in numbers)
    return wards.alias(own_names=own_names, in_words=in_words).order_by(
        "-confirmed",
        *([Case(When(exact, then=0), When(begun, then=1), default=2)] if numbers else []),
        Case(
            When(own_names__contains=f"\n{name}\n", then=0),
            When(own_names__contains=f"\n{name}", then=1),
            When(own_names__contains=f" {name}", then=2),
            When(_all_in_words(f" {word}" for word in typed), then=3),
            default=4,
        ),
        # Databases differ in where they sort NULL.
        F("clinic__key").asc(nulls_last=True),
        "key",
        "pk",
    )


def _all_in_words(parts: Iterable[str]) -> Q:
    return Q(*(("in_words__contains", part) for part in sorted(set(parts))))


# --- typing in --------------------------------------------------------------------------------


def typed_in(text: str, *, drill: bool = False) -> Ward:
    """Return a ward as it was typed, not yet saved, for an administrator to settle."""
    return Ward(name=clean_line(text)[:NAME_LENGTH], confirmed=False, drill=drill)


def keep_typed_in(ward: Ward) -> Ward:
    """Save a typed-in ward and return its row; the same name gives the same row."""
    if ward.pk:
        return ward
    kept, _created = Ward.objects.get_or_create(
        key=sort_key(ward.name),
        clinic=None,
        drill=ward.drill,
        defaults={"name": ward.name, "confirmed": False},
    )
    return kept


# --- settling ---------------------------------------------------------------------------------


def waiting() -> QuerySet[Ward]:
    """Return the typed-in wards that nobody has settled, the oldest first; not those of drills."""
    return Ward.objects.filter(confirmed=False, same_as=None, drill=False).order_by("pk")


def of_drills() -> QuerySet[Ward]:
    """Return the wards that were invented in drills and are no known ward's, the latest first."""
    return Ward.objects.filter(drill=True, same_as=None).order_by("-pk")


def people_without() -> QuerySet[User]:
    """Return the people with the role WARD who belong to no ward, and so see no numbers."""
    return User.objects.filter(is_active=True, groups__name=Role.WARD.value, membership=None)


def check_waits(ward: Ward) -> None:
    """Raise AlreadySettled unless the ward waits for an administrator."""
    if ward.confirmed or ward.same_as:
        raise AlreadySettled(
            _("Somebody was here before you: “%(typed)s” is %(ward)s.")
            % {"typed": ward.name, "ward": ward.same_as or ward}
        )


@act
def merge(ward: Ward, into: Ward, event: Event) -> Done[Ward]:
    """Record which known ward a typed-in one is. Its handouts then belong to that ward.

    Raises AlreadySettled when somebody was first, NotConfirmed unless ``into`` is a known ward.
    """
    # Locked in one order, so that two merges can't deadlock.
    locked = {
        row.pk: row
        for row in Ward.objects.select_for_update().filter(pk__in=(ward.pk, into.pk)).order_by("pk")
    }
    typed, known = locked[ward.pk], locked[into.pk]
    check_waits(typed)
    if not (known.confirmed and known.is_open):
        raise NotConfirmed(known)
    record.change(typed, Logged.UPDATE, event, {"same_as": known}, derives=True)
    return Done(typed)


@act
def add_member(user: User, ward: Ward, event: Event) -> Done[Membership]:
    """Add a person who belongs to no ward to this one.

    Raises AlreadySettled if they belong to a ward by now or were deactivated, NotConfirmed if the
    ward isn't a known one.
    """
    person = User.objects.select_for_update().get(pk=user.pk)
    names = {"person": person, "wards": ", ".join(map(str, person.wards.select_related("clinic")))}
    if not person.is_active:
        raise AlreadySettled(_("%(person)s has been deactivated.") % names)
    if names["wards"]:
        raise AlreadySettled(
            _("Somebody was here before you: %(person)s belongs to %(wards)s.") % names
        )
    ward.refresh_from_db()
    if not (ward.confirmed and ward.is_open):
        raise NotConfirmed(ward)
    membership = Membership(user=person, ward=ward)
    record.insert(membership)
    changes = record.said(user=person.pk, ward=ward.pk)
    record.record(membership, Logged.CREATE, event, changes, action=trail.Action.CREATE)
    return Done(membership)
