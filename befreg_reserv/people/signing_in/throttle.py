"""How often a password may be tried.

Failures in a row are counted for each vgr-id, and separately for each workstation at which that
person has signed in before. So a stranger's guesses lock nobody out of their own workstation. No
network address is ever blocked: a whole hospital may share one.

Own code and not django-axes: axes stores in clear what was typed as user name, which may be a
password, and can't recognise a workstation that the person has used.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.people.models import SignInTries

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


def knows(vgr_id: str, mark: str) -> bool:
    """Tell whether this person has signed in before at the workstation with this mark."""
    return bool(mark) and SignInTries.objects.filter(who=_hashed(vgr_id), device=mark).exists()


@transaction.atomic
def count_try(vgr_id: str, mark: str, at: datetime) -> int:
    """Count a try before its password is checked; return 0, or how many seconds it must wait.

    ``vgr_id`` is normalised; ``mark`` is the browser's from ``succeeded``, or "". A try that must
    wait isn't counted, so that further tries make the wait no longer. The row is locked, so that
    guesses sent in parallel are counted one by one.
    """
    tries = _row(_hashed(vgr_id), mark, at)
    tries.last_at = min(tries.last_at, at)  # the clock may have been put back
    left = tries.last_at + _wait(tries.failures) - at
    if left <= timedelta(0):
        tries.failures, tries.last_at, left = tries.failures + 1, at, timedelta(0)
    tries.save(update_fields=["failures", "last_at"])
    if tries.device == OTHERS:
        _forget_old(at)
    return ceil(left.total_seconds())


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
        SignInTries.objects.filter(who=who, device=OTHERS).delete()
        SignInTries.objects.bulk_create([known], ignore_conflicts=True)  # two tabs at once
        of_person = SignInTries.objects.filter(who=who).exclude(device=OTHERS)
        newest_first = of_person.order_by("-last_at", "-pk").values_list("pk", flat=True)
        _delete(newest_first[MOST_KNOWN:])
    return mark


def refusal(seconds: int) -> str:
    """Return the message to a person who must wait ``seconds``."""
    minutes = ceil(seconds / 60)
    wait = (
        ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
        if minutes == 1
        else ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    )
    return _(
        "There were too many wrong passwords for this vgr-id. Wait %(wait)s and try again."
        " Another vgr-id can sign in meanwhile. In an emergency, use the paper binder and the"
        " routine beside it."
    ) % {"wait": wait}


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


def _row(who: str, mark: str, at: datetime) -> SignInTries:
    """Return the locked row that counts this try."""
    rows = SignInTries.objects.select_for_update()
    known = rows.filter(who=who, device=mark).first() if mark else None
    return known or rows.get_or_create(who=who, device=OTHERS, defaults={"last_at": at})[0]


def _wait(failures: int) -> timedelta:
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(failures - FREE_TRIES, DOUBLINGS)), LONGEST_WAIT)


def _forget_old(at: datetime) -> None:
    """Delete some rows of unknown workstations whose last try was more than a day ago."""
    old = SignInTries.objects.filter(device=OTHERS, last_at__lt=at - FORGOTTEN_AFTER)
    # A locked row belongs to a try at this moment.
    free = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
    _delete(free[:MOST_FORGOTTEN])


def _delete(keys: Iterable[int]) -> None:
    SignInTries.objects.filter(pk__in=list(keys)).delete()
