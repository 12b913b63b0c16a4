"""Why an act was refused: each reason says what happened and what to do next."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from custody.models import Handout
from custody.states import Act, State
from outage.models import Outage


class Refused(Exception):
    """An act that would endanger a patient, or comes too late. Nothing of it was written.

    ``set_aside``: the handout whose sheet is missing, when the refused act came after that; that
    much was written.
    """

    title: str | Promise = _("This can't be done")
    advice: str | Promise = ""
    set_aside: Handout | None = None
    drill = False  # whether the page of the refusal wears the drill's frame

    def __init__(self, advice: str | Promise = "") -> None:
        self.advice = advice or self.advice
        super().__init__(f"{self.title}: {self.advice}")


class NoOutage(Refused):
    """Nobody has started an outage."""

    title = _("No outage is ongoing")
    advice = _(
        "The binder may be used only while Befreg is down. Start the outage first, then hand out."
    )


class OutageEnded(Refused):
    """The outage was ended after the form was shown."""

    title = _("The outage has ended meanwhile")
    advice = _(
        "No number was handed out. Befreg answers again: ask the ward to create the reserve number"
        " there. If Befreg is still down, start a new outage."
    )

    def __init__(self, *, drill: bool) -> None:
        self.drill = drill
        super().__init__()


class NoneLeft(Refused):
    """No number of that sex lies in the binder."""

    def __init__(self, sex: str, outage: Outage) -> None:
        self.sex = sex
        self.outage_id = outage.pk
        self.drill = outage.drill
        super().__init__()

    title = _("No number left")
    advice = _("No number was handed out.")


class NotMissing(Refused):
    """The handout has gone on: its sheet was there, or the number isn't to be given any more."""

    title = _("The handout has gone on")
    advice = _(
        "It has ended, or has its real number already. If its sheet is missing all the same, tell"
        " the system administrator."
    )

    def __init__(self, handout: Handout) -> None:
        self.handout = handout
        self.drill = handout.number.training
        super().__init__()


class AlreadyExplained(Refused):
    """Somebody explained the missing sheet first."""

    title = _("Somebody was here before you")
    advice = _("The missing sheet has been explained already.")


class KeyReused(Refused):
    """The form was sent before, with other content."""

    def __init__(self, earlier: Handout) -> None:
        self.earlier = earlier
        self.drill = earlier.number.training
        super().__init__()

    title = _("This form has already been used")
    advice = _(
        "It was sent before with other details, and a number was handed out then. No further number"
        " was taken. Look at the earlier handout; for another patient, begin a new call."
    )


class IllegalStep(Refused):
    """The handout isn't in the state from which this act starts."""

    title = _("Somebody was here before you")

    def __init__(self, handout: Handout, act: Act) -> None:
        self.handout = handout
        self.drill = handout.number.training
        super().__init__(
            _("The handout now stands at “%(state)s”, so “%(act)s” can't be done. Look again.")
            % {"state": State(handout.state).label, "act": act.label}
        )


class NotOpen(Refused):
    """A read-back of a handout that has ended."""

    title = _("The handout has ended")
    advice = _(
        "It was closed, voided or undone meanwhile. Look at it before you read out anything."
    )

    def __init__(self, handout: Handout) -> None:
        self.handout = handout
        self.drill = handout.number.training
        super().__init__()


class NoSlip(NotOpen):
    """A slip of a handout that has ended or has its real number."""

    title = _("There is no slip any more")
    advice = _("Its number mustn't be used any more, so there is no slip of it. Destroy old ones.")


class ReasonMissing(Refused):
    """A correction without a reason."""

    title = _("A reason is needed")
    advice = _("Write why, in a few words. It stays in the record.")


class BadTime(Refused):
    """A time in the future, or before the step it follows."""

    title = _("The time can't be right")


class BadIdentity(Refused):
    """A real number that can't belong to this patient."""

    title = _("This number can't be used")


class SexDiffers(Refused):
    """The real number is for the other sex: may be right, needs a tick and a reason."""

    title = _("The sex differs")
    advice = _(
        "The emergency number and the real number are for different sexes. If that is right, tick"
        " the box and write the reason."
    )


class WasGiven(Refused):
    """The number was read back or replaced, so it has been with a patient."""

    title = _("The number has been in use")
    advice = _(
        "The caller has read it back, or a real number was registered for it. It can't return to"
        " the binder. If it was never used on a patient, void the handout."
    )

    def __init__(self, handout: Handout) -> None:
        self.handout = handout
        self.drill = handout.number.training
        super().__init__()


class TabRefilled(Refused):
    """The tab has a new number, so the old one can't return."""

    def __init__(self, handout: Handout) -> None:
        self.handout = handout
        self.drill = handout.number.training
        super().__init__()

    title = _("The tab holds a new number")
    advice = _("The binder was refilled since. Void the handout instead of undoing it.")
