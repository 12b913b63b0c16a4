"""What a broken seal leaves to do: look into it, and seal the account anew."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from befreg_reserv.people.break_glass import keeping
from befreg_reserv.people.roles import Role
from befreg_reserv.times import moment
from befreg_reserv.to_do import waiting
from befreg_reserv.to_do.waiting import Asked, Waiting


def used(asked: Asked) -> Iterator[Waiting]:
    """Yield the accounts that were used and have no new seal."""
    for use in keeping.used():
        goes_on = use.goes_on(asked.now)
        text = (
            _("%(account)s is open until %(until)s: “%(reason)s”")
            if goes_on
            else _("%(account)s was open until %(until)s: “%(reason)s”. Seal it anew.")
        )
        words = {
            "account": use.seal.account,
            "until": moment(use.until),
            "reason": use.reason,
        }
        yield Waiting(
            _("Break-glass account used"),
            Role.ADMINISTRATOR.label,
            text % words,
            since=use.at,
            address=asked.to(reverse("glass:index"), "break_glass.view_account"),
            leads=_("See to it"),
            color="ongoing" if goes_on else "overdue",
        )


def register() -> None:
    """Let the overview list it, after what is worst for a patient."""
    waiting.register(15, used)
