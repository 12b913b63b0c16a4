"""What two colleagues did that an administrator should know of."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from befreg_reserv.people.resets import resetting
from befreg_reserv.people.roles import Role
from befreg_reserv.to_do import waiting
from befreg_reserv.to_do.waiting import Asked, Waiting


def given_by_two(asked: Asked) -> Iterator[Waiting]:
    """Yield each one-time password that two colleagues gave a third, until somebody has looked."""
    for reset in resetting.unseen():
        text = _("%(begun)s and %(confirmed)s let %(person)s in with a one-time password.") % {
            "begun": reset.begun_by,
            "confirmed": reset.answer.by,
            "person": reset.person,
        }
        yield Waiting(
            _("Passwords"),
            Role.ADMINISTRATOR.label,
            text,
            since=reset.answer.answered_at,
            address=asked.to(reverse("colleague:every"), "people.change_user"),
            leads=_("Look at it"),
        )


def register() -> None:
    """Add this room's source."""
    waiting.register(125, given_by_two)
