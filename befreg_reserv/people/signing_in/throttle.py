"""How often a password may be tried.

Failures in a row are counted for each vgr-id, and separately for each workstation at which that
person has signed in before. So a stranger's guesses lock nobody out of their own workstation; at
an unknown one they make a person wait for one turn (``turns``). No network address is ever
blocked: a whole hospital may share one.

Own code and not django-axes: axes stores in clear what was typed as user name, which may be a
password, and can't recognise a workstation that the person has used.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.people.models import SignInTries
from befreg_reserv.people.signing_in import spraying, turns

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)  # doubled by each further failure
LONGEST_WAIT = timedelta(minutes=5)
DOUBLINGS = 10  # more than are needed to reach the longest wait
FORGOTTEN_AFTER = timedelta(days=1)
MOST_FORGOTTEN = 50  # at a time, so that no sign-in waits for a long cleaning
# A browser that keeps no cookies is a new workstation each time.
MOST_KNOWN = 20
CROWDED_SECONDS = 5  # a check takes far less, so most find a place by then
OTHERS = ""  # the device that stands for all unknown workstations
TILL = "till:"  # begins the mark of an enrolled workstation; no browser's own mark has a colon
# Rows of unknown workstations, whatever strangers type. Vgr-ids that share one wait together, for
# a turn at most.
SHARED_ROWS = 1 << 14
TOLD_EVERY = timedelta(minutes=15)  # failures beyond the free ones, by one line of the log


def mark_of_till(workstation_id: int) -> str:
    """Return the mark of an enrolled workstation, which is known to everybody."""
    return f"{TILL}{workstation_id}"


def knows(vgr_id: str, mark: str) -> bool:
    """Tell whether this person has signed in before at the workstation with this mark."""
    if mark.startswith(TILL):
        return True
    return bool(mark) and SignInTries.objects.filter(who=_hashed(vgr_id), device=mark).exists()


def must_wait(vgr_id: str, mark: str, at: datetime) -> int:
    """Return how many seconds a try must wait as things stand, or 0. Writes and locks nothing.

    At an unknown workstation one waits too while passwords are tried for many vgr-ids.
    """
    tries = _known(vgr_id, mark)
    if tries or mark.startswith(TILL):
        return _left(tries, at) if tries else 0
    shared = _shared(vgr_id).first()
    left = _left(shared, at) if shared else 0
    return left or (int(turns.WAIT.total_seconds()) if spraying.goes_on(at) else 0)


@transaction.atomic
def count_try(vgr_id: str, mark: str, at: datetime, *, in_turn: bool = False) -> int:
    """Count a try before its password is checked; return 0, or how many seconds it must wait.

    ``vgr_id`` is normalised; ``mark`` is the browser's from ``succeeded``, or "". A try that must
    wait isn't counted, so that further tries make the wait no longer. ``in_turn``: it has waited.
    The row is locked, so that guesses sent in parallel are counted one by one.
    """
    tries = _row(_hashed(vgr_id), mark, at)
    left = 0 if in_turn else _left(tries, at)
    if left:
        if tries.last_at > at:  # the clock was put back
            tries.last_at = at
            tries.save(update_fields=["last_at"])
        return left
    tries.failures, tries.last_at = tries.failures + 1, at
    tries.save(update_fields=["failures", "last_at"])
    if tries.device == OTHERS:
        spraying.count(at, new_name=tries.failures == 1)
    if tries.device == OTHERS or tries.device.startswith(TILL):
        _forget_old(tries.device, at)
    return 0


def tells(vgr_id: str, mark: str, at: datetime) -> int:
    """Return how many failures the log is to tell of now, this one included; 0: none.

    The free ones are told one by one. A stranger's further ones are told together, so that nobody
    who isn't signed in fills the log.
    """
    if knows(vgr_id, mark):
        return 1
    tries = _shared(vgr_id).first()
    if tries is None or tries.failures <= FREE_TRIES:
        return 1
    due = Q(told_at=None) | Q(told_at__lte=at - TOLD_EVERY) | Q(told_at__gt=at)
    told = {"told_at": at, "told_failures": tries.failures}
    if not _shared(vgr_id).filter(due).update(**told):
        return 0
    return max(1, tries.failures - max(tries.told_failures, FREE_TRIES))


def tells_refusal(vgr_id: str, mark: str, at: datetime) -> bool:
    """Tell whether the log is to tell that a try was refused: of many, now and then of one."""
    known = _known(vgr_id, mark)
    due = Q(refused_at=None) | Q(refused_at__lte=at - TOLD_EVERY) | Q(refused_at__gt=at)
    rows = SignInTries.objects.filter(pk=known.pk) if known else _shared(vgr_id)
    # Looked at first: on SQLite even an update that finds nothing waits for its turn to write.
    return rows.filter(due).exists() and bool(rows.filter(due).update(refused_at=at))


def succeeded(vgr_id: str, mark: str, at: datetime) -> str:
    """Reset the count after a right password; return the mark that the browser is to keep.

    From now on the workstation is known to this person.
    """
    who = _hashed(vgr_id)
    if mark and SignInTries.objects.filter(who=who, device=mark).update(failures=0, last_at=at):
        return mark
    mark = mark or secrets.token_urlsafe(24)
    known = SignInTries(who=who, device=mark, last_at=at)
    with transaction.atomic():
        _shared(vgr_id).delete()
        SignInTries.objects.bulk_create([known], ignore_conflicts=True)  # two tabs at once
        of_person = SignInTries.objects.filter(who=who).exclude(device=OTHERS)
        newest_first = of_person.order_by("-last_at", "-pk").values_list("pk", flat=True)
        _delete(newest_first[MOST_KNOWN:])
    return mark


def succeeded_at_till(vgr_id: str, mark: str) -> None:
    """Reset the count of an enrolled workstation after a right password."""
    SignInTries.objects.filter(who=_place(_hashed(vgr_id)), device=mark).delete()


def refusal(seconds: int) -> str:
    """Return the message at sign-in to a person who must wait ``seconds`` for their turn."""
    return _(
        "There were too many wrong passwords for this vgr-id. Wait %(wait)s and try again, with"
        " the same password: if it is right you come in, however many others try. Another vgr-id"
        " can sign in meanwhile. In an emergency, use the paper binder and the routine beside it."
    ) % {"wait": _in_words(seconds)}


def refusal_inside(seconds: int) -> str:
    """Return the message to a person who is signed in: there are no turns for what they type."""
    return _(
        "There were too many wrong passwords for this vgr-id. Wait %(wait)s and try again."
    ) % {"wait": _in_words(seconds)}


def _in_words(seconds: int) -> str:
    minutes = ceil(seconds / 60)
    if minutes == 1:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def crowded() -> str:
    """Return the message to a person whose password can't be checked now."""
    return ngettext(
        "Too many people are signing in at this moment. Wait %(count)d second and try again."
        " In an emergency, use the paper binder and the routine beside it.",
        "Too many people are signing in at this moment. Wait %(count)d seconds and try again."
        " In an emergency, use the paper binder and the routine beside it.",
        CROWDED_SECONDS,
    ) % {"count": CROWDED_SECONDS}


def _hashed(vgr_id: str) -> str:
    return salted_hmac("befreg_reserv.people.throttle", vgr_id, algorithm="sha256").hexdigest()


def _place(who: str) -> str:
    """Return under what the tries of unknown workstations are counted: one of SHARED_ROWS."""
    return _hashed(f"place {int(who, 16) % SHARED_ROWS}")


def _shared(vgr_id: str) -> QuerySet[SignInTries]:
    """Return the row that counts for all unknown workstations, if there is one."""
    return SignInTries.objects.filter(who=_place(_hashed(vgr_id)), device=OTHERS)


def _known(vgr_id: str, mark: str) -> SignInTries | None:
    who = _hashed(vgr_id)
    who = _place(who) if mark.startswith(TILL) else who
    return SignInTries.objects.filter(who=who, device=mark).first() if mark else None


def _row(who: str, mark: str, at: datetime) -> SignInTries:
    """Return the locked row that counts this try."""
    rows = SignInTries.objects.select_for_update()
    till = mark.startswith(TILL)
    known = rows.filter(who=who, device=mark).first() if mark and not till else None
    shared = {"who": _place(who), "device": mark if till else OTHERS}
    return known or rows.get_or_create(**shared, defaults={"last_at": at})[0]


def _left(tries: SignInTries, at: datetime) -> int:
    """Return how many seconds the next try must wait, or 0."""
    since = min(tries.last_at, at)  # the clock may have been put back
    return max(0, ceil((since + _wait(tries.failures) - at).total_seconds()))


def _wait(failures: int) -> timedelta:
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(failures - FREE_TRIES, DOUBLINGS)), LONGEST_WAIT)


def _forget_old(device: str, at: datetime) -> None:
    """Delete some rows of a device that many share whose last try was more than a day ago."""
    old = SignInTries.objects.filter(device=device, last_at__lt=at - FORGOTTEN_AFTER)
    # A locked row belongs to a try at this moment.
    free = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
    _delete(free[:MOST_FORGOTTEN])


def _delete(keys: Iterable[int]) -> None:
    SignInTries.objects.filter(pk__in=list(keys)).delete()
