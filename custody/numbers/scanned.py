"""What a scanner types, as numbers: the one place that knows scanners. Pure.

A scanner may send a prefix that names the kind of code, and types by the keyboard's layout, so
that a hyphen arrives as a slash or a plus sign. It ends with Enter, Tab or nothing.
"""

import re
from collections.abc import Iterator

from befreg_reserv.text import clean_line
from custody.numbers.identities import is_as_long, normalise, numbers_in

# The prefix of a Code 128 or a QR code (AIM, ISO/IEC 15424). Its bracket is a dead key or å on a
# Swedish keyboard.
_SYMBOLOGY = re.compile(r"[\]¨åÅ][CQcq][0-9]")
_KIND_OF_CODE = re.compile(r"^[A-Z](?=[0-9])")
_HYPHEN = re.compile(r"(?<=[0-9A-Za-z])[/+](?=[0-9A-Za-z])")
_SEPARATOR = re.compile(r"[\s,;]+")


def numbers(text: str) -> Iterator[str]:
    """Yield the numbers of a text, normalised. Numbers may have blanks, lines several numbers."""
    for line in text.splitlines():
        parts = [normalise(part) for part in _SEPARATOR.split(_plain(line))]
        # "20000101 K 06 4" is one number, "K064 K080" are two; other text is split at its blanks.
        yield from numbers_in("".join(parts)) or filter(None, parts)


def one(text: str) -> str:
    """Return the number of a wristband or a slip, typed or scanned, normalised.

    Some scanners send a letter for the kind of code before a whole number.
    """
    value = normalise(_plain(text))
    bare = _KIND_OF_CODE.sub("", value)
    return bare if is_as_long(bare) and numbers_in(bare) == [bare] else value


def is_name(text: str) -> bool:
    """Tell whether somebody has typed a name and no number: it has letters and no digit."""
    return any(map(str.isalpha, text)) and not any(map(str.isdigit, text))


def _plain(line: str) -> str:
    return _HYPHEN.sub("-", _SYMBOLOGY.sub(" ", clean_line(line)))
