"""Why two colleagues don't let a third in."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import Reset, ResetAnswer, User
from befreg_reserv.times import moment


class NotByTwo(Refused):
    """The account is more than a colleague's: its keeper is somebody above the till."""

    title = gettext_lazy("The administrators see to this account")
    field = "vgr_id"

    def __init__(self, person: User) -> None:
        text = _(
            "%(person)s keeps or reads the registers, is a break-glass account, or is deactivated:"
            " ask a system administrator."
        )
        super().__init__(text % {"person": person}, about=person)


class OfOneself(Refused):
    """Two others let somebody in; nobody lets in themselves."""

    title = gettext_lazy("This is your own account")
    advice = gettext_lazy(
        "Two others do this for you. Your own password you change behind your vgr-id, at the top of"
        " the page."
    )
    field = "vgr_id"


class OtherMustConfirm(Refused):
    """Who began it doesn't confirm it too."""

    title = gettext_lazy("Somebody else must confirm it")
    advice = gettext_lazy(
        "You began it yourself. Another colleague who may do this signs in as themselves and"
        " confirms it there."
    )


class BegunAlready(Refused):
    """A colleague has begun the same: it is confirmed, not begun twice."""

    title = gettext_lazy("Somebody has begun this already")
    field = "vgr_id"

    def __init__(self, reset: Reset) -> None:
        text = _("%(by)s has begun it, %(at)s. Confirm it instead, below.")
        super().__init__(text % {"by": reset.begun_by, "at": moment(reset.begun_at)})


class TooLate(Refused):
    """It waited too long for the other one."""

    title = gettext_lazy("It is too late to confirm this")

    def __init__(self, reset: Reset) -> None:
        text = _("It had to be confirmed before %(until)s. Begin anew, and let the other confirm.")
        super().__init__(text % {"until": moment(reset.until)})


class AnsweredAlready(Refused):
    """Somebody was first."""

    title = gettext_lazy("This has been answered already")

    def __init__(self, answer: ResetAnswer) -> None:
        text = _("%(by)s: %(what)s, %(at)s. If the person still can't sign in, begin anew.")
        words = {
            "by": answer.by,
            "what": answer.get_kind_display(),
            "at": moment(answer.answered_at),
        }
        super().__init__(text % words)


class NoRight(Refused):
    """Whoever began it may do so no more."""

    title = gettext_lazy("Who began this may do so no more")
    advice = gettext_lazy("Begin anew: two who may do this are needed.")


class HadAPart(Refused):
    """An administrator who had a part in it doesn't close it for the others."""

    title = gettext_lazy("Another administrator looks at this one")
    advice = gettext_lazy("You had a part in it yourself.")
