"""Finds the numbers that somebody may see by what they know of one.

That is the number or a part of it, so its birth date too, or its name in Befreg. By a patient's
real number the log's readers find all, by a part as well; a ward finds its own, by the whole.
"""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from befreg_reserv.people.access import may
from befreg_reserv.people.models import User
from custody.afterwards import life
from custody.handouts.followup import readable_by
from custody.ledger import taken
from custody.models import Handout
from custody.numbers import scanned

MOST_FOUND = 20  # numbers that a search offers
EVERY_NUMBER = "audit.view_logentry"
OWN_REAL_NUMBERS = "custody.close_handout"


def find(typed: str, user: User, among: QuerySet[Handout] | None = None) -> list[Any]:
    """Return the numbers that fit, at most MOST_FOUND; two statements at most.

    ``among``: only those of these handouts.

    The real ones first, and of these what left its binder last: a name or a birth date is many's.

    ``typed``: a number or a part of one as it is stored, or the words of a name.
    """
    fitting = life.visible_to(user).filter(_fits(typed, user))
    if among is not None:
        fitting = fitting.filter(Exists(among.order_by().filter(number=OuterRef("pk"))))
    in_order = fitting.order_by("training", F("taken_at").desc(nulls_last=True), "value")
    return list(in_order[:MOST_FOUND])


def _fits(typed: str, user: User) -> Q:
    if scanned.is_name(typed):
        return _named(typed)
    if may(user, EVERY_NUMBER):
        return Q(value__in=taken.logged_under(typed, MOST_FOUND))
    fits = Q(value__contains=typed)
    if may(user, OWN_REAL_NUMBERS):
        own = readable_by(user).order_by().filter(number=OuterRef("pk"), real_identity=typed)
        fits |= Q(Exists(own))
    return fits


def _named(words: str) -> Q:
    """Return the condition that each word is in the name by which Befreg finds a number."""
    found = Q()
    for word in words.replace(",", " ").split():
        found &= _in_name("family_name", word) | _in_name("given_name", word)
    return found


def _in_name(column: str, word: str) -> Q:
    own, binders = f"{column}__icontains", f"binder__{column}__icontains"
    return Q(**{own: word}) | Q(**{column: "", binders: word})
