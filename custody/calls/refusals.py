"""Why an act on a call, or on a patient who waits, is refused."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused
from befreg_reserv.times import moment
from custody.handouts.refusals import IsWorn, NobodyToAsk
from custody.ledger.refusals import OfHandout
from custody.models import Call, Handout, Patient


class SameCall(Refused):
    """The same caller called just now: it may be this call, sent once more.

    ``handouts`` are those it may be, not read back; ``patients`` those who still wait for a number.
    The latest come first.
    """

    title = _("Is it the same call?")
    advice = _("No further number was taken yet.")

    def __init__(self, handouts: list[Handout], patients: list[Patient]) -> None:
        self.handouts = handouts
        self.patients = patients
        super().__init__(about=handouts[0] if handouts else patients[0].call)

    @property
    def earlier(self) -> Handout | Call:
        """Return what tells who called, and for which ward."""
        return self.handouts[0] if self.handouts else self.patients[0].call

    @property
    def latest(self) -> int:
        """Return the key of the patient who was recorded last."""
        asked = [handout.patient_id for handout in self.handouts]
        return max(asked + [patient.pk for patient in self.patients])


class OtherBoard(Refused):
    """A form of the drill names a real outage, or one of reality names a drill. Nothing is kept.

    ``drill``: whether the outage that it names is a drill.
    """

    title = _("This form mixes drill and reality")
    advice = _(
        "Nothing was recorded, and no number was taken. Go to the right board, and take the call"
        " there."
    )

    def __init__(self, *, drill: bool) -> None:
        super().__init__()
        self.drill = drill


class CallerKnown(Refused):
    """The caller's vgr-id was found out by somebody else meanwhile. ``about`` is the call."""

    title = _("Somebody was here before you")
    advice = _("Another vgr-id was written for this call. Look at it again.")


class OthersWaitLonger(Refused):
    """Whoever waits longer needs the numbers that are left. ``patients`` are those, in order."""

    title = _("Others have waited longer")
    advice = _(
        "The numbers that are left are needed for them. Serve them first, or write why this patient"
        " comes before them."
    )
    field = "before_others"

    def __init__(self, patients: list[Patient], patient: Patient) -> None:
        self.patients = patients
        super().__init__(about=patient.call)


class OutageGoesOn(Refused):
    """A patient is settled only when Befreg can make the number."""

    title = _("The outage goes on")
    advice = _("Befreg can't make the number yet. Serve the patient, or withdraw with a reason.")


class SameSex(OfHandout):
    """A patient's sex is to be corrected to what it is."""

    title = _("The patient stands there with that sex")
    advice = _("Nothing was changed. Choose the sex that is right.")
    field = "sex"


class WearsOtherSex(OfHandout):
    """A number for another sex was confirmed at the patient: it was used, and isn't voided."""

    title = IsWorn.title

    def __init__(self, handout: Handout) -> None:
        advice = _(
            "%(by)s confirmed it at the patient %(time)s, so it was used and stays. The real number"
            " may be of the other sex. If the patient needs an emergency number of that sex before,"
            " take a further call: both then get the same real number. If the confirmation was a"
            " mistake, withdraw it first."
        )
        seen = {"by": handout.bedside_by, "time": moment(handout.bedside_at)}
        super().__init__(handout, advice % seen)


class AnotherStands(OfHandout):
    """The patient's sex is corrected by the number that was given last."""

    title = _("The patient has another number by now")
    advice = _("It was given because this one's sheet is missing. Correct the sex on that number.")


class NobodyToCall(Refused):
    """Neither a vgr-id, nor a name with a number to call back."""

    title = NobodyToAsk.title
    advice = NobodyToAsk.advice
    field = NobodyToAsk.field


class AnotherSexStands(Refused):
    """A patient who has had a number is corrected there: the number says the wrong sex."""

    title = _("The patient has had a number")
    advice = _(
        "Correct the sex on that number's page. If that can't be done, withdraw this patient with a"
        " reason, and take the call anew."
    )
    field = "sex"
