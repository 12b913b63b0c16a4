"""Why an entry from paper is refused."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused
from befreg_reserv.times import moment
from custody.ledger.refusals import OfHandout
from custody.models import (
    Count,
    Handout,
)
from custody.models.states import State


class NotThen(Refused):
    """A number on paper that the binder can't have given out at that time."""

    title = _("The binder can't have given out this number then")
    field = "number"
    with_title = True


class GivenAlready(OfHandout):
    """A number on paper that the register knows as handed out."""

    title = _("This number has been handed out already")
    field = "number"
    with_title = True

    def __init__(self, handout: Handout) -> None:
        super().__init__(handout, self._advice_about(handout))

    def _advice_about(self, handout: Handout) -> str:
        given = {
            "ward": handout.ward,
            "time": moment(handout.handed_out_at),
            "state": State(handout.state).label,
        }
        return str(_("To %(ward)s, %(time)s. It stands at “%(state)s”.") % given)


class SeenLying(Refused):
    """A number on paper whose sheet a later count saw in the binder.

    It may be right all the same, if the sheet came back or the count is wrong: with a tick and a
    reason it is entered.
    """

    title = _("A count saw this sheet in the binder after that time")
    field = "seen_right"
    with_title = True

    def __init__(self, count: Count) -> None:
        advice = _(
            "%(by)s counted %(time)s, and the sheet lay there. Compare number and time with"
            " the paper: a number that was misread looks like this. If it is right all the"
            " same, tick the box and write why."
        )
        super().__init__(advice % {"time": moment(count.at), "by": count.by}, about=count)


class TwoPatients(GivenAlready):
    """A number on paper that was also given here and read back while its sheet was missing."""

    title = _("TWO PATIENTS MAY HAVE THIS NUMBER")

    def _advice_about(self, handout: Handout) -> str:
        number = handout.callback or handout.ward_telephone
        given = {
            "ward": handout.ward,
            "callback": f" ({number})" if number else "",
            "time": moment(handout.handed_out_at),
        }
        advice = _(
            "%(ward)s%(callback)s read it back %(time)s, and its sheet was missing then."
            " Call that ward and the ward on the paper at once: each must check which"
            " patient has it, and nobody may use it further until that is clear. The"
            " ward on the paper needs another number. Then tell the system administrator."
            " Nothing was entered and the earlier handout stands: keep the paper."
        )
        return str(advice % given)
