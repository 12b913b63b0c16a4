"""What the acts in the log are called: each app registers enumerations of names and their words.

The log knows no domain: each app names its own acts when it starts.
"""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import sort_key

MOST = 40  # characters of a stored name

_prefixes: dict[type[TextChoices], str] = {}
_labels: dict[str, str | Promise] = {}
_parts: dict[str, Promise] = {}
_values: dict[str, Mapping[str, Promise]] = {}


class Logged(TextChoices):
    """What the log says of itself, of changes by hand, and of who comes and goes."""

    CREATE = "create", _("Created")
    UPDATE = "update", _("Changed")
    DELETE = "delete", _("Deleted")
    ACCESS = "access", _("Looked at")
    REVIEW = "review", _("Audit log looked at")
    REVIEW_FILE = "review_file", _("Answer of the audit log fetched as a file")
    SIGN_IN = "sign_in", _("Signed in")
    SIGN_OUT = "sign_out", _("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    SEALS_RESTORED = "seals_restored", _("Seals go on after a restored backup")


def register(names: type[TextChoices], prefix: str = "", about: str | Promise = "") -> None:
    """Let the log know the names of an enumeration; it stores them with ``prefix`` before them.

    ``about``: what the words are about, shown before them, where another act has the same ones.

    Raises ImproperlyConfigured for a name without words to translate (Django would invent some),
    for one that is registered already, and for one that is too long to be stored.
    """
    if names in _prefixes:
        return
    words = {f"{prefix}{member.value}": (member, member.label) for member in names}
    for stored, (member, label) in words.items():
        if not isinstance(label, Promise):
            raise ImproperlyConfigured(f"{member!r} has no words: write _(…) beside it.")
        if stored in _labels:
            raise ImproperlyConfigured(f"{member!r}: the log has another act “{stored}”.")
        if len(stored) > MOST:
            raise ImproperlyConfigured(f"{member!r}: “{stored}” is too long for the log.")
    _prefixes[names] = prefix
    _labels.update(
        {
            stored: format_lazy("{}: {}", about, label) if about else label
            for stored, (_member, label) in words.items()
        }
    )


def name_parts(
    parts: Mapping[str, Promise], values: Mapping[str, Mapping[str, Promise]] | None = None
) -> None:
    """Let the log know the words for what entries tell besides columns: a name, and its words.

    ``values``: a part, and the words for what the log stores of it where that is a name too.
    """
    _parts.update(parts)
    _values.update(values or {})


def part(name: str) -> str:
    """Return what people read for something that an entry tells; without words, its name."""
    return str(_parts.get(name, name.replace("_", " ")))


def value(name: str, text: str) -> str:
    """Return what people read for what was stored of a part, or of a column without choices."""
    return str(_values.get(name, {}).get(text, text))


def stored(name: TextChoices) -> str:
    """Return what the log stores for a name. Raises ImproperlyConfigured for one not registered."""
    try:
        return f"{_prefixes[type(name)]}{name.value}"
    except KeyError:
        raise ImproperlyConfigured(f"{name!r} isn't registered with the log.") from None


def label(act: str) -> str:
    """Return what people read; an act that no app names any more is shown as it was stored."""
    return str(_labels.get(act, act))


def choices() -> list[tuple[str, str]]:
    """Return (act, label) of every act, in Swedish order."""
    return sorted(((act, label(act)) for act in _labels), key=lambda choice: sort_key(choice[1]))


register(Logged)
