"""Turns: a try that must wait is looked at when its time has come, whoever else tries meanwhile.

Guesses of others can make a person wait once, and never again: a turn belongs to one password for
one vgr-id in one browser, and nobody can take it. So it tells a guesser no more than one guess
would. It is a text that the browser keeps; the server keeps only which turns were of no use.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from django.utils.crypto import constant_time_compare, salted_hmac

WAIT = timedelta(seconds=30)  # a minute is promised, and the password must be typed once more
KEPT_FOR = timedelta(minutes=5)  # after its time has come
DIGITS = 12  # of a time in seconds
MOST_SPENT = 10_000  # a hash takes far longer than 0.1 s of a process, so these cover KEPT_FOR

_spent: OrderedDict[str, None] = OrderedDict()
_spending = Lock()


def give(vgr_id: str, password: str, at: datetime, wait: timedelta = WAIT) -> str:
    """Return the turn of this password, whose time comes after ``wait``."""
    return _signed(ceil((at + wait).timestamp()), vgr_id, password)


def left(turn: str, vgr_id: str, password: str, at: datetime) -> int | None:
    """Return in how many seconds it is this password's turn, 0 if it is now; None without one."""
    begins = _begins(turn)
    if begins is None or turn in _spent:
        return None
    if not constant_time_compare(turn, _signed(begins, vgr_id, password)):
        return None
    seconds = begins - at.timestamp()
    if not -KEPT_FOR.total_seconds() <= seconds <= WAIT.total_seconds() + 1:
        return None  # too late; or the clock was put back
    return max(0, ceil(seconds))


def spend(turn: str) -> None:
    """Note that the turn's password was wrong: in this process it costs no further hash."""
    with _spending:
        _spent[turn] = None
        while len(_spent) > MOST_SPENT:
            _spent.popitem(last=False)


def _begins(turn: str) -> int | None:
    digits = turn.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= DIGITS else None


def _signed(begins: int, vgr_id: str, password: str) -> str:
    said = f"{begins} {len(vgr_id)} {vgr_id} {password}"
    sealed = salted_hmac("befreg_reserv.people.turns", said, algorithm="sha256").hexdigest()
    return f"{begins}.{sealed}"
