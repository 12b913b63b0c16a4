"""Why a ward isn't changed."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import Clinic, Ward, WardChange


class BadDay(Refused):
    """A day to come, or one before the ward opened."""

    field = "day"


class AlreadyClosed(Refused):
    """Somebody was first: what was closed stays so."""

    title = gettext_lazy("The ward is closed")

    def __init__(self, change: WardChange) -> None:
        text = _("%(ward)s: %(what)s on %(day)s. It changes no more.")
        words = {"ward": change.ward, "what": change.get_kind_display(), "day": change.day}
        super().__init__(text % words)


class IntoItself(Refused):
    """A ward can't be its own successor."""

    field = "ward"
    advice = gettext_lazy(
        "A ward can't take over from itself. If it goes on, open the new ward and move people to"
        " it."
    )


class NoSuccessor(Refused):
    """The ward that should take over is closed itself, or isn't in the register."""

    field = "ward"

    def __init__(self, ward: Ward) -> None:
        text = _("%(ward)s can't take over: it is closed, or isn't in the register.")
        super().__init__(text % {"ward": ward})


class WrongNumber(Refused):
    """As many successors as the kind of change doesn't have, or one of them twice."""

    field = "names"
    advice = gettext_lazy("A ward that is split has two wards at least after it: one a line.")


class CouldBeSeveral(Refused):
    """A successor's name means several wards, as that of one that was split does."""

    field = "names"

    def __init__(self, name: str, wards: list[Ward]) -> None:
        text = _("“%(name)s” could be several wards: %(wards)s. Write which of them.")
        super().__init__(text % {"name": name, "wards": ", ".join(map(str, wards))})


class SameName(Refused):
    """A ward that is renamed to its own name."""

    field = "name"

    def __init__(self, ward: Ward) -> None:
        text = _(
            "It is called %(ward)s already. Only its spelling? Put that right on the ward's page."
        )
        super().__init__(text % {"ward": ward})


class NameOfAnother(Refused):
    """The clinic has an open ward of that name."""

    field = "name"

    def __init__(self, ward: Ward) -> None:
        text = _("There is %(ward)s already. If that one takes over, merge the two instead.")
        super().__init__(text % {"ward": ward})


class NameOfClosed(Refused):
    """A closed ward had the name: it is asked once whether a new one opens."""

    field = "again"

    def __init__(self, ward: Ward, heirs: list[Ward]) -> None:
        text = (
            _("%(ward)s closed on %(day)s, and %(heirs)s has what it had.")
            if heirs
            else _("%(ward)s closed on %(day)s, and no ward took over.")
        )
        also = _("What opens now is a new ward of that name. Tick here if that is right.")
        heirs_named = ", ".join(map(str, heirs))
        words = {"ward": ward, "day": ward.closed_on, "heirs": heirs_named}
        super().__init__(f"{text % words} {also}")


class OpenedMeanwhile(Refused):
    """Somebody opened the clinic at the same moment."""

    title = gettext_lazy("Somebody was here before you")
    advice = gettext_lazy("Somebody opened the clinic at the same moment. Send the form again.")


class MovesMeanwhile(Refused):
    """What would move isn't what the preview showed."""

    title = gettext_lazy("Somebody was here before you")
    advice = gettext_lazy("What is open of the ward was changed meanwhile. Look at it again.")


class NotPlaced(Refused):
    """The ward is split, and of something open nobody has said where it goes on."""

    title = gettext_lazy("Where does it go on?")
    advice = gettext_lazy("Choose a ward for each open number, and for each person.")


class NobodyMoves(Refused):
    """A ward with open numbers was changed by a command: no person would stand for the move."""

    def __init__(self, ward: Ward) -> None:
        text = _(
            "%(ward)s has open numbers, and somebody must stand for their move: load the file on"
            " the page for it."
        )
        super().__init__(text % {"ward": ward})


def future(on: date) -> BadDay:
    """Return the refusal of a day that hasn't come."""
    text = _("%(day)s hasn't come yet. Change the ward on the day, or afterwards.")
    return BadDay(text % {"day": on})


def too_early(ward: Ward | Clinic, opened: date) -> BadDay:
    """Return the refusal of a day before the ward or clinic was there."""
    return BadDay(_("%(ward)s opened on %(day)s.") % {"ward": ward, "day": opened})
