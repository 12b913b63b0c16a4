"""The vgr-id: a person's staff id in the region.

There is no public specification. Observed shapes: five letters, or three plus two, and up to
three digits. Another shape gets a warning and is never refused: an emergency can't wait for a
regular expression.
"""

import re

from befreg_reserv.text import clean_line

OBSERVED = re.compile(r"[a-zåäö]{5}[0-9]{0,3}")
MAX_LENGTH = 30


def normalise(text: str) -> str:
    """Return the vgr-id in lower case without blanks."""
    return clean_line(text).replace(" ", "").lower()


def looks_odd(vgr_id: str) -> bool:
    """Tell whether a normalised vgr-id has none of the observed shapes."""
    return not OBSERVED.fullmatch(vgr_id)


# What people write where nobody knows it, without blanks.
UNKNOWN = frozenset(
    {"vetej", "vetinte", "okänd", "okänt", "okand", "okant", "saknas", "ingen", "inget", "unknown"}
)


def says_unknown(vgr_id: str) -> bool:
    """Tell whether a normalised text says that the vgr-id isn't known, or says nothing."""
    return bool(vgr_id) and (vgr_id in UNKNOWN or not any(map(str.isalnum, vgr_id)))
