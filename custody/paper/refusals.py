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
    """A number on paper that another handout holds: a question, whether paper says so all the same.

    With a tick that names this handout both are recorded, and an alarm stands.
    """

    title = _("The same number stands on two lines")
    field = "double_right"
    with_title = True

    def __init__(self, handout: Handout) -> None:
        super().__init__(handout, self._advice_about(handout))

    def _advice_about(self, handout: Handout) -> str:
        advice = _(
            "%(earlier)s Compare both with the paper: a number that was misread looks like this. If"
            " two patients were given it, tick the box. Then both are recorded and followed, and"
            " both wards are warned."
        )
        return str(advice % {"earlier": self._earlier(handout)})

    def _earlier(self, handout: Handout) -> str:
        given = {
            "ward": handout.ward,
            "caller": handout.caller_words,
            "time": moment(handout.handed_out_at),
            "state": State(handout.state).label,
        }
        if handout.late:
            words = _(
                "On paper %(ward)s was given it %(time)s, asked for by %(caller)s. That handout"
                " stands at “%(state)s”."
            )
        else:
            words = _(
                "At the till %(ward)s was given it %(time)s, asked for by %(caller)s. That handout"
                " stands at “%(state)s”."
            )
        return str(words % given)


class SameLine(GivenAlready):
    """A line of paper that says just what another says that was entered before."""

    title = _("This line was entered before")

    def _advice_about(self, handout: Handout) -> str:
        entered = {"time": moment(handout.recorded_at), "by": handout.recorded_by.username}
        advice = _(
            "%(by)s entered it %(time)s: the same number, time, ward and caller. Then nothing is"
            " left to do. Tick the box only if the paper has the line twice because two patients"
            " were given the number."
        )
        return str(advice % entered)


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
            " ward on the paper needs another number. Then tell the system administrator, and"
            " tick the box: both are recorded and followed."
        )
        return str(advice % given)


class OtherWay(OfHandout):
    """A step that a journal knows doesn't follow from what the register holds."""

    title = _("The handout went another way")
    advice = _("What the journal says doesn't follow from what the register holds. Look at both.")
