"""The idle lock: a session that nobody has used for a while asks for the password again.

A request of a locked session has no user, so no page can show the person's data or act for them,
and every address leads to the lock page.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.messages.storage.session import SessionStorage
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import rotate_token
from django.utils import timezone

from befreg_reserv.audit import trail
from befreg_reserv.people.access import back_to, sent, sent_to
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import drafts, enrolled, held
from befreg_reserv.people.signing_in.sessions import SessionStore

View = TypeVar("View", bound=Callable[..., Any])

# In the session.
ACTIVE_AT = held.ACTIVE_AT  # when a human last did something, in seconds since 1970
LOCKED = "locked"
WAITS = "waits"  # the address of the form to come straight back to
UNSENT = "unsent"  # a form was sent and not executed
IDLE, CHANGE = "idle", "change"  # values of LOCKED: the same person comes back, or another

# On the request.
BEHIND_LOCK = "behind_lock"
IDLE_SECONDS = "idle_seconds"  # for the page, whose script locks by itself
LEAVE_NOTHING = "leave_nothing"  # what the browser forgets
HELD = "held"  # the session was a person's when the request came

# On views.
QUIET = "not_activity"
REACHED = "reached_when_locked"

# The header of a page that a script asks for beforehand (``static/ahead.js``).
AHEAD = "X-Ahead"

CLEARED = '"cache", "storage"'
# For who signs in where nobody was: no page is ever in the cache (``NoStoreMiddleware``), and
# without style sheets and scripts the first page takes a second longer on a slow line.
CLEARED_OF_NOBODY = '"storage"'
# Where the browser has the key of an enrolled workstation: the script that uses it clears all else,
# and no script, no key.
CLEARED_BUT_FOR_KEY = '"cache"'
# How exact the lock is: activity is written at most this often. The server locks by this much
# later than the page's script, so that the script comes first and brings the draft.
SLACK_SECONDS = 20
SLACK_SHARE = 0.1  # of a short limit


def not_activity(view: View) -> View:
    """Mark a view that pages ask for by themselves: it doesn't count as activity."""
    setattr(view, QUIET, True)
    return view


def reached_when_locked(view: View) -> View:
    """Mark a view that a locked session reaches too. There it has no user."""
    setattr(view, REACHED, True)
    return view


def behind_lock(request: HttpRequest) -> User | None:
    """Return the person whose locked session this request has, or None."""
    return getattr(request, BEHIND_LOCK, None)


def holder(request: HttpRequest) -> User | None:
    """Return the person whose session this is, locked or not; None for a stranger."""
    return behind_lock(request) or (request.user if request.user.is_authenticated else None)


def named_person(request: HttpRequest) -> User | None:
    """Return the locked person if the page may say who that is: not after "change user"."""
    return None if _store(request).get(LOCKED) == CHANGE else behind_lock(request)


def limit(user: User) -> int:
    """Return after how many idle seconds this person's session locks; 0 means never."""
    if user.has_perm(settings.IDLE_LOCK_SOON_FOR):
        return int(settings.IDLE_LOCK_SECONDS)
    return int(settings.IDLE_LOCK_SECONDS_ELSEWHERE)


def slack(seconds: int) -> float:
    """Return by how many seconds a lock after ``seconds`` may be late."""
    return min(SLACK_SECONDS, seconds * SLACK_SHARE)


def seconds_left(request: HttpRequest, at: datetime) -> int | None:
    """Return in how many seconds the session locks; 0 when it has, None without a limit."""
    if not request.user.is_authenticated:
        return 0
    most = limit(request.user)
    idle = at.timestamp() - float(_store(request).get(ACTIVE_AT, 0))
    return max(0, int(most - idle)) if most else None


def mark_active(request: HttpRequest, user: User, at: datetime) -> None:
    """Write that a human was there; one statement, or none if that was written just before."""
    session, now, most = _store(request), at.timestamp(), limit(user)
    if most and abs(now - session.get(ACTIVE_AT, 0)) >= slack(most):
        session.note(ACTIVE_AT, now)


def lock(request: HttpRequest, user: User, at: datetime, *, change: bool = False) -> None:
    """Lock the session of ``user``; with ``change``, the lock page doesn't name them.

    Logged once, even if several pages lock at the same time.
    """
    session = _store(request)
    with transaction.atomic():
        if not session.reread():
            return  # signed out meanwhile
        first = LOCKED not in session
        session[LOCKED] = CHANGE if change else session.get(LOCKED, IDLE)
        session.pop(SessionStorage.session_key, None)  # only the person may read the messages
        session.save()
        if first:
            trail.record(user, Logged.LOCKED, actor=user, at=at, action=trail.Action.ACCESS)
    setattr(request, LEAVE_NOTHING, CLEARED)


def unlock(request: HttpRequest, user: User, at: datetime, act: Logged = Logged.UNLOCKED) -> bool:
    """Unlock the person's session, under a new key; tell whether a form wasn't executed.

    ``act``: what the log calls it.
    """
    session = _store(request)
    unsent = take_unsent(request)
    del session[LOCKED]
    session[ACTIVE_AT] = at.timestamp()
    request.user = user
    vars(request).pop(BEHIND_LOCK, None)
    # Signing in may just have replaced the password's hash by a stronger one.
    update_session_auth_hash(request, user)
    rotate_token(request)
    trail.record(user, act, actor=user, at=at, action=trail.Action.ACCESS)
    return unsent


def typed_in(request: HttpRequest) -> drafts.Fields:
    """Return the fields of the form that was sent; those of one name, together, as a list."""
    return {
        name: texts if len(texts) > 1 else texts[0] for name, texts in request.POST.lists() if texts
    }


def keep_draft(request: HttpRequest, path: str, at: datetime) -> str:
    """Keep the form that was sent along, for when the person comes straight back to it.

    Returns the address of its page, or "" if it was not kept.
    """
    person = holder(request)
    draft = drafts.keep(person, path, typed_in(request), at) if person else None
    if draft is None:
        return ""
    _store(request)[WAITS] = draft.get_absolute_url()
    return draft.path


def take_back(request: HttpRequest, wanted: str) -> str:
    """Return where the person goes on: ``wanted``, with the draft if that is its page.

    If nothing in particular is wanted, the draft's page. What isn't gone on with is offered there.
    """
    waits = str(_store(request).pop(WAITS, ""))
    same = wanted.partition("?")[0] in {"", "/", waits.partition("?")[0]}
    return waits if waits and same else wanted


def keep_unsent(request: HttpRequest, back: str) -> None:
    """Note that a form was sent and isn't executed; keep it as a draft for ``back`` if possible."""
    if sent(request) is not None:
        _store(request)[UNSENT] = True
        keep_draft(request, back, timezone.now())


def take_unsent(request: HttpRequest) -> bool:
    """Tell whether a form was sent and not executed, and forget it."""
    return bool(_store(request).pop(UNSENT, False))


def to_lock_page(request: HttpRequest, back: str) -> HttpResponseBase:
    """Redirect to the lock page, which leads ``back``, or to "/" after "change user"."""
    changes = _store(request).get(LOCKED) == CHANGE
    return sent_to(request, "locked", "/" if changes else back)


class IdleLockMiddleware:
    """Locks a session that was idle too long, and lets a locked one reach the lock page only.

    Comes after the middleware that set the user, the language and the audit log's context.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; a locked session gets what a stranger gets."""
        if request.user.is_authenticated:
            _look(request, request.user, timezone.now())
            setattr(request, HELD, True)
        response = self.get_response(request)
        if behind_lock(request) and request.resolver_match is None:  # no such address
            response = to_lock_page(request, back_to(request))
        if forgotten := getattr(request, LEAVE_NOTHING, ""):
            kept = _keeps_its_key(request)
            response.headers["Clear-Site-Data"] = CLEARED_BUT_FOR_KEY if kept else forgotten
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Stop at the lock, or note that somebody is there. The CSRF token is checked by now."""
        if behind_lock(request):
            return None if getattr(view, REACHED, False) else _stop(request)
        by_itself = getattr(view, QUIET, False) or AHEAD in request.headers
        if request.user.is_authenticated and not by_itself:
            mark_active(request, request.user, timezone.now())
        return None


def _look(request: HttpRequest, user: User, at: datetime) -> None:
    """Lock the session if it was idle too long; take the user away if it is locked."""
    session, most = _store(request), limit(user)
    idle = at.timestamp() - session.get(ACTIVE_AT, at.timestamp())
    if most and (ACTIVE_AT not in session or idle < -slack(most)):
        # A session without a time; or the clock was put back, and the lock would come too late.
        session.note(ACTIVE_AT, at.timestamp())
    if most and idle > most + slack(most) and LOCKED not in session:
        lock(request, user, at)
    if LOCKED in session:
        setattr(request, BEHIND_LOCK, user)
        request.user = AnonymousUser()
    else:
        setattr(request, IDLE_SECONDS, most)


def _keeps_its_key(request: HttpRequest) -> bool:
    workstation = enrolled.seen(request)
    return bool(workstation and workstation.public_key)


def _stop(request: HttpRequest) -> HttpResponseBase:
    """Send to the lock page."""
    back = back_to(request)
    keep_unsent(request, back)
    return to_lock_page(request, back)


def connect() -> None:
    """Listen to sign-ins and sign-outs, whichever page they come from."""
    user_logged_in.connect(_signed_in, dispatch_uid="idle sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="idle sign-out")


def _signed_in(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    session, now = _store(request), timezone.now()
    if session.pop(LOCKED, None):
        session.cycle_key()  # as at every sign-in
    session[ACTIVE_AT] = now.timestamp()
    if session.session_key is None:  # another person's has just ended here
        session.create()
    held.begin(user, str(session.session_key), request.headers.get("User-Agent", ""), now)
    vars(request).pop(BEHIND_LOCK, None)
    was_held = getattr(request, HELD, False)
    setattr(request, LEAVE_NOTHING, CLEARED if was_held else CLEARED_OF_NOBODY)


def _signed_out(*, request: HttpRequest, **_kwargs: Any) -> None:
    setattr(request, LEAVE_NOTHING, CLEARED)


def _store(request: HttpRequest) -> SessionStore:
    return cast("SessionStore", request.session)
