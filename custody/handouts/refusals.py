"""Why an act on a handout is refused."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused
from befreg_reserv.times import moment
from custody.ledger.refusals import OfHandout
from custody.models import Count, Handout, Patient
from custody.numbers.identities import Sex
from custody.numbers.readings import ComparedReading
from outage.models import Outage


class NoOutage(Refused):
    """Nobody has started an outage."""

    title = _("No outage is ongoing")
    advice = _(
        "The binder may be used only while Befreg is down. Start the outage first, then hand out."
    )


class NoneLeft(Refused):
    """No number of that sex lies in the binder: the patient waits. ``about`` is the outage."""

    title = _("No number left")
    advice = _("No number was handed out.")

    def __init__(self, patient: Patient, outage: Outage) -> None:
        self.sex = Sex(patient.known_sex)
        self.call = patient.call
        super().__init__(about=outage)


class NotOpen(OfHandout):
    """A read-back of a handout that has ended."""

    title = _("The handout has ended")
    advice = _(
        "It was closed, voided or undone meanwhile. Look at it before you read out anything."
    )


class NoSlip(NotOpen):
    """A slip of a handout that has ended or has its real number."""

    title = _("There is no slip any more")
    advice = _("Its number mustn't be used any more, so there is no slip of it. Destroy old ones.")


class SexDiffers(Refused):
    """The real number is for the other sex: that may be right, with a tick and a reason."""

    title = _("The sex differs")
    advice = _(
        "The emergency number and the real number are for different sexes. If that is right, tick"
        " the box and write the reason."
    )
    field = "sex_may_differ"


class NotAtBedside(OfHandout):
    """The number on the wristband is asked for before a real number is registered."""

    title = _("Which number is on the wristband?")
    advice = _(
        "Read or scan the number on this patient's wristband. If that can't be done, write why."
    )
    field = "wristband"


class OtherWristband(OfHandout):
    """The wristband has another number: it may be another patient.

    ``reading`` is what was typed or scanned, compared with the handout's number.
    """

    title = _("The wristband has another number")
    advice = _(
        "Nothing was registered. Look whether this is the right patient, and the right number."
    )
    field = "wristband"

    def __init__(self, handout: Handout, reading: ComparedReading) -> None:
        self.reading = reading
        super().__init__(handout)


class LastFourOfTwo(OfHandout):
    """The last four of the wristband's number are those of another patient of the ward too."""

    title = _("Two numbers end like that")
    advice = _(
        "Another open number of your ward has the same last four. Read or scan the whole number on"
        " the wristband, all twelve characters."
    )
    field = "wristband"


class NothingToWithdraw(OfHandout):
    """A confirmation at the patient is to be withdrawn that nobody has made."""

    title = _("Nobody has confirmed the number at the patient")
    advice = _("There is nothing to withdraw. Look at the handout again.")


class OtherConfirmation(OfHandout):
    """The page showed another confirmation at the patient than the one that stands now."""

    title = _("Somebody has looked at the wristband meanwhile")
    advice = _(
        "Nothing was withdrawn: your page showed an earlier confirmation. Look at the handout"
        " again."
    )


class IsWorn(OfHandout):
    """A number that was confirmed at the patient is to be voided, as if no patient had it."""

    title = _("A patient wears this number")

    def __init__(self, handout: Handout) -> None:
        advice = _(
            "%(by)s confirmed it at the patient %(time)s, so it was used. Register the patient's"
            " real number instead. If the confirmation was a mistake, withdraw it first, and say"
            " why."
        )
        seen = {"by": handout.bedside_by, "time": moment(handout.bedside_at)}
        super().__init__(handout, advice % seen)


class NotSearched(OfHandout):
    """A reserve number was created, and nobody has ticked that Befreg was searched."""

    title = _("Search Befreg first")
    advice = _(
        "The patient may have an identity there already. Search for one before you use a new"
        " number, and then tick that you have."
    )
    field = "searched"


class NoWitness(OfHandout):
    """A second person must check the pair before the notice is filed."""

    title = _("A second person must check the pair")
    advice = _(
        "The notice can be filed once somebody else of the ward, or an administrator, has signed in"
        " and confirmed that both numbers are this patient's."
    )


class NotAnother(OfHandout):
    """The second person is the one who registered the real number."""

    title = _("It must be somebody else")
    advice = _(
        "The second person can't be the one who registered the real number: two pairs of eyes see"
        " what one doesn't."
    )
    field = "witness"


class OtherRealNumber(OfHandout):
    """The page showed another real number than the one that stands now, or than none."""

    title = _("The real number has changed meanwhile")
    advice = _("Nothing was recorded: your page showed another real number. Look at it again.")


class WasGiven(OfHandout):
    """The number was read back, seen at a patient or replaced, so it has been with one."""

    title = _("The number has been in use")
    advice = _(
        "The caller has read it back, somebody has seen it at the patient, or a real number was"
        " registered for it. It can't return to the binder. If it was never used on a patient, void"
        " the handout."
    )


class TabRefilled(OfHandout):
    """The tab has a new number, so the old one can't return."""

    title = _("The tab holds a new number")
    advice = _("The binder was refilled since. Void the handout instead of undoing it.")


class NotFoundAtCount(OfHandout):
    """A handout whose sheet never left the binder is to be undone, but a count didn't find it."""

    title = _("A count did not find the sheet")

    def __init__(self, handout: Handout, count: Count) -> None:
        advice = _(
            "The binder was counted %(time)s by %(by)s, and the sheet didn't lie there: it may"
            " have been with a patient. Void the handout instead of undoing it. If the sheet"
            " lies there now, take it out and destroy it."
        )
        super().__init__(handout, advice % {"time": moment(count.at), "by": count.by})


class DoubledSettled(Refused):
    """What was done about a doubled number is written already. ``about`` is the alarm."""

    title = _("Somebody has written that already")
    advice = _("What was done stands there now, and it stays. Look at it again.")


class SheetDestroyed(OfHandout):
    """The handout can't be undone: there is no sheet to return to the tab."""

    title = _("The sheet has been destroyed")
    advice = _("A count found it, and it was destroyed. Void the handout instead of undoing it.")


class SameWard(OfHandout):
    """The number is to be moved to the ward that has it."""

    title = _("The number is there already")
    advice = _("That ward has the number. Write the ward where the patient is now.")
    field = "ward"


class NothingToCorrect(OfHandout):
    """Caller and call-back number stand as they were written."""

    title = _("Nothing was changed")
    advice = _("Caller and call-back number stand there already, just as you wrote them.")
    field = "caller"


class NobodyToAsk(OfHandout):
    """Neither a vgr-id, nor a name with a number to call back."""

    title = _("Somebody must be able to answer for the call")
    advice = _("Write the vgr-id. Only who gave a name and a call-back number may be without one.")
    field = "caller"


class WardsNow(OfHandout):
    """The till puts a number right while the outage lasts; afterwards the ward does."""

    title = _("The outage has ended")
    advice = _(
        "What is left to do of the number is the ward's now. Call the ward, or ask the"
        " administrator."
    )
