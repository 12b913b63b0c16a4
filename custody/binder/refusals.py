"""Why something about a missing sheet is refused."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused
from custody.ledger.refusals import OfHandout


class NotMissing(OfHandout):
    """The handout has gone on: its sheet was there, or the number isn't to be given any more."""

    title = _("The handout has gone on")
    advice = _(
        "It has ended, or has its real number already. If its sheet is missing all the same, tell"
        " the system administrator."
    )


class AlreadyExplained(Refused):
    """Somebody explained the missing sheet first."""

    title = _("Somebody was here before you")
    advice = _("The missing sheet has been explained already.")
