"""Finding wards by what somebody typed."""

from django.db.models import Q

from befreg_reserv.people.models import Ward
from befreg_reserv.text import clean_line, sort_key

NAME_LENGTH = 120
MOST_SHOWN = 9


class Ambiguous(Exception):
    """Several clinics have a ward of that name; ``wards`` are they."""

    def __init__(self, wards: list[Ward]) -> None:
        super().__init__(", ".join(map(str, wards)))
        self.wards = wards


def labels() -> list[str]:
    """Return every ward as "Clinic / Ward", in Swedish order."""
    return [str(ward) for ward in Ward.objects.select_related("clinic")]


def find(text: str) -> Ward | None:
    """Return the ward that ``text`` names, or None.

    ``text`` is "Clinic / Ward", a ward's name that only one clinic has, or a name typed in
    before. Raises Ambiguous when several clinics have a ward of that name. One statement.
    """
    clinic, slash, name = text.partition("/")  # a clinic's name holds none, a ward's may
    names_ward = Q(key=sort_key(text))
    if slash:
        names_ward |= Q(clinic__key=sort_key(clinic), key=sort_key(name))
    found = list(Ward.objects.select_related("clinic").filter(names_ward)[:MOST_SHOWN])
    confirmed = [ward for ward in found if ward.confirmed]
    if len(confirmed) > 1:
        raise Ambiguous(confirmed)
    return next(iter(confirmed or found), None)


def find_or_typed_in(text: str) -> Ward:
    """Return the ward that ``text`` names, or a new one, not yet saved, for an administrator."""
    return find(text) or Ward(name=clean_line(text)[:NAME_LENGTH], confirmed=False)


def keep_typed_in(ward: Ward) -> Ward:
    """Save a ward that was typed in; two who type the same get the same row."""
    if ward.pk:
        return ward
    kept, _created = Ward.objects.get_or_create(
        key=sort_key(ward.name), clinic=None, defaults={"name": ward.name, "confirmed": False}
    )
    return kept
