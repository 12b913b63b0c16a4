"""The story of an outage: all that happened, from every table, in the order it happened."""

from typing import Any

from django.core.paginator import Page

from befreg_reserv.people.models import User
from custody.afterwards.belonging import quarantines_of
from custody.afterwards.merged import Source, paged
from custody.afterwards.story import calls, handouts, late, sheets
from custody.afterwards.story import outage as of_outage
from custody.afterwards.story.happening import at_wards_of_then
from custody.handouts.followup import visible_to
from custody.planned import late_registration
from outage.models import Outage

PAGE_SIZE = 40  # with the open items beside it, SQLite can log the look in one statement


def page_of(outage: Outage, user: User, number: str | None, *, latest_first: bool) -> Page[Any]:
    """Return one page of the story, as Happening objects, as far as ``user`` may see it.

    A user who may not see every ward's handouts sees those of their own wards, and what is about
    no ward. Each entry names the ward that had the handout then.
    """
    page = paged(_sources(outage, user), number, latest_first=latest_first, size=PAGE_SIZE)
    page.object_list = at_wards_of_then(page.object_list)
    return page


def _sources(outage: Outage, user: User) -> list[Source]:
    """Return the sources of the story, in the order of entries at the same time."""
    given = visible_to(user).filter(outage=outage)
    patients = late_registration.visible_to(user).filter(outage=outage)
    sees_counts = user.has_perm("custody.view_count")
    missing = quarantines_of(outage, given, with_counts=sees_counts)
    return [
        *of_outage.before(outage),
        *of_outage.broken_glass(outage, user),
        late.listed(patients),
        *calls.sources(outage, user),
        *handouts.sources(given),
        *handouts.of_doubled(outage, user),
        *sheets.of_missing(missing),
        of_outage.end(outage),
        *late.sources(patients),
        *sheets.of_counts(outage, linked=sees_counts),
        *of_outage.after(outage, user),
    ]
