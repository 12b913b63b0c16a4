"""Forms that were begun and not answered: kept for their person alone, whichever the workstation.

What a browser keeps is lost when it crashes, or stays behind for the next person.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.urls import Resolver404, resolve

from befreg_reserv.people.access import answers_on
from befreg_reserv.people.models import Draft, User

View = TypeVar("View", bound=Callable[..., Any])
Fields = Mapping[str, str | list[str]]  # what was typed; a list for fields of one name

# In the address of a form's page: the draft to go on with.
GO_ON: Final = "go_on"
# As long as a session: a night. The time is our own choice.
KEPT_FOR: Final = timedelta(hours=12)
MOST_FIELDS: Final = 20
MOST_CHARACTERS: Final = 4096
MOST_FORGOTTEN: Final = 20
MOST_OF_A_PERSON: Final = 50  # a client makes the keys: without a bound one could fill the disk
NOT_TYPED: Final = frozenset(
    {"csrfmiddlewaretoken", "draft_path", "next", "change", "language", "straight"}
)

_pages: set[str] = set()


def keeps_draft(page: str) -> Callable[[View], View]:
    """Mark a view whose form is kept as a draft when it comes too late, for the page ``page``."""
    _pages.add(page)
    return answers_on(page)


def keep(person: User, path: str, fields: Fields, at: datetime) -> Draft | None:
    """Keep a form that was half filled in on the page at ``path``; None if it was not kept.

    Only for a page that takes drafts (``keeps_draft``), and all of its fields or none. One that has
    the same request key is replaced.
    """
    path = path.partition("?")[0]
    typed = {name: text for name, text in fields.items() if name not in NOT_TYPED}
    if not _takes_drafts(path) or _is_too_much(typed):
        return None
    key = str(typed.get("request_key", ""))[: Draft.KEY_LENGTH]
    with transaction.atomic():
        _forget_old(at)
        draft, new = Draft.objects.update_or_create(
            person=person, path=path, key=key, defaults={"fields": typed, "kept_at": at}
        )
        if new:
            _forget_too_many(person)
    return draft


def kept(person: User, path: str, at: datetime) -> list[Draft]:
    """Return the person's drafts for the page at ``path``, the latest first."""
    rows = Draft.objects.filter(person=person, path=path, kept_at__gte=at - KEPT_FOR)
    return list(rows.order_by("-kept_at", "-pk"))


def forget(person: User, path: str, draft_id: int) -> None:
    """Forget a draft: the person means another form."""
    Draft.objects.filter(person=person, path=path, pk=draft_id).delete()


def forget_sent(person: User, path: str, key: str) -> None:
    """Forget the draft of a form that was sent with this request key, and got an answer."""
    Draft.objects.filter(person=person, path=path, key=key).delete()


def forget_all_old(at: datetime) -> None:
    """Delete what is offered to nobody any more, also when nobody begins a form again."""
    old(at).delete()


def old(at: datetime) -> QuerySet[Draft]:
    """Return what is offered to nobody any more, the oldest first."""
    return Draft.objects.filter(kept_at__lt=at - KEPT_FOR).order_by("pk")


def _takes_drafts(path: str) -> bool:
    try:
        return resolve(path).view_name in _pages
    except Resolver404:
        return False


def _is_too_much(typed: Fields) -> bool:
    texts = [*typed, *(text for value in typed.values() for text in value)]
    # PostgreSQL's JSON can't hold the character zero.
    strange = any("\0" in text for text in texts)
    return strange or len(typed) > MOST_FIELDS or sum(map(len, texts)) > MOST_CHARACTERS


def _forget_old(at: datetime) -> None:
    """Delete some drafts that are offered to nobody any more."""
    old = Draft.objects.filter(kept_at__lt=at - KEPT_FOR)
    # A locked row is being written at this moment.
    free = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
    Draft.objects.filter(pk__in=list(free[:MOST_FORGOTTEN])).delete()


def _forget_too_many(person: User) -> None:
    own = Draft.objects.filter(person=person).order_by("-kept_at", "-pk")
    further = list(own.values_list("pk", flat=True)[MOST_OF_A_PERSON:])
    Draft.objects.filter(pk__in=further).delete()
