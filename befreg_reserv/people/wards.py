"""Finding wards by what somebody typed."""

from django.db.models import Q

from befreg_reserv.people.models import Ward
from befreg_reserv.text import clean_line, sort_key

NAME_LENGTH = 120
ID_DIGITS = 9  # more can't be a ward's id, and could be more than a database's integer


def labels() -> list[str]:
    """Return every ward as "Clinic / Ward", in Swedish order."""
    return [str(ward) for ward in Ward.objects.select_related("clinic")]


def find(text: str) -> Ward | None:
    """Return the ward that ``text`` names, or None.

    ``text`` is "Clinic / Ward", a ward's name that only one clinic has, a name typed in before,
    or a ward's id. One statement, whatever was typed.
    """
    clinic, slash, name = text.partition("/")  # a clinic's name holds none, a ward's may
    names_ward = Q(key=sort_key(text))
    if slash:
        names_ward |= Q(clinic__key=sort_key(clinic), key=sort_key(name))
    if text.isascii() and text.isdigit() and len(text) <= ID_DIGITS:
        names_ward |= Q(pk=int(text))
    found = list(Ward.objects.select_related("clinic").filter(names_ward)[:3])
    by_name = [ward for ward in found if str(ward.pk) != text]
    best = [ward for ward in by_name if ward.confirmed] or by_name or found
    return best[0] if len(best) == 1 else None


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
