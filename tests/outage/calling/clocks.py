"""Times as a clock in Stockholm shows them, and the numbers that answer then."""

from datetime import datetime
from zoneinfo import ZoneInfo

from outage.calling.contacts import ContactLine

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUPPORT, TECHNICIAN = "3010", "09"


def local(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM, fold=fold)


def number_of(line: ContactLine | None) -> str | None:
    return line.number if line else None
