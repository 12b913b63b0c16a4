"""What the reviews of the log leave to do, for the overview."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.people.reviews import listing
from befreg_reserv.people.reviews.listing import Review
from befreg_reserv.people.reviews.views import JUDGES, address
from befreg_reserv.people.roles import Role
from befreg_reserv.to_do import waiting
from befreg_reserv.to_do.waiting import Asked, Waiting


def unreviewed(asked: Asked) -> Iterator[Waiting]:
    """Yield each month whose review isn't done."""
    for review in listing.waiting(asked.now):
        overdue = review.is_overdue(asked.now)
        yield Waiting(
            _("Review of the log is overdue") if overdue else _("Review of the log"),
            Role.AUDITOR.label,
            _left(review),
            since=review.month.end,
            address=asked.to(address(review.month), JUDGES),
            leads=_("Review it"),
            color="overdue" if overdue else "warning",
        )


def _left(review: Review) -> str:
    if review.sample is None:
        return _("The sample of %(month)s hasn't been drawn.") % {"month": review.month}
    text = ngettext(
        "%(count)d entry of %(month)s waits for its word.",
        "%(count)d entries of %(month)s wait for their word.",
        review.left,
    )
    return text % {"count": review.left, "month": review.month}


def register() -> None:
    """Let the overview ask."""
    waiting.register(206, unreviewed)
