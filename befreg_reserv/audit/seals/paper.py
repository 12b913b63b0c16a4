"""A seal as it is printed: paper on a shelf is an anchor that nobody can write over."""

from dataclasses import dataclass
from datetime import datetime

from befreg_reserv.audit.models import Head
from befreg_reserv.audit.seals import heads
from befreg_reserv.audit.seals.note import NotSigned


@dataclass(frozen=True)
class PrintedSeal:
    """The newest seal: over how many rows, when, its code, and the signed note for a QR code."""

    size: int
    at: datetime
    code: str
    note: str


def newest() -> PrintedSeal | None:
    """Return what to print, or None when nothing is sealed yet; one statement."""
    head = Head.objects.order_by("-size").first()
    try:
        point = heads.claimed(head.note) if head else None
    except NotSigned:  # somebody has written over it: ``verify`` says so
        point = None
    return PrintedSeal(head.size, head.at, point.code(), head.note) if head and point else None
