"""Why an act was refused: each reason says what happened and what to do next."""

from django.db.models import Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import KeyReused, Refused
from custody.models import Call, Handout, Patient
from custody.models.calls import PatientState
from custody.models.states import Act, State


class OfHandout(Refused):
    """The handout doesn't meet a condition of the act."""

    def __init__(self, handout: Handout, advice: str | Promise = "") -> None:
        self.handout = handout
        super().__init__(advice, about=handout)


class OutageEnded(Refused):
    """The outage was ended after the form was shown."""

    title = _("The outage has ended meanwhile")
    advice = _(
        "No number was handed out. Befreg answers again: ask the ward to create the reserve number"
        " there. If Befreg is still down, start a new outage."
    )


class CallKeyReused(KeyReused):
    """The form of a call was sent before, with other content. ``about`` is what was written then.

    ``earlier``: the address of its page at the till.
    """

    advice = _(
        "It was sent before with other details, and a call was recorded then. No further number"
        " was taken. Look at the earlier call; for another patient, begin a new one."
    )

    def __init__(self, *, about: Handout | Call) -> None:
        super().__init__(about=about)
        self.earlier = about.get_absolute_url()
        if isinstance(about, Handout):
            self.earlier = reverse("till:number", args=[about.pk])


class CorrectedMeanwhile(Refused):
    """The page showed what stood there before somebody else put it right. ``about``: where to look.

    Its form would bring the former ward, caller or sex back.
    """

    about: Call | Handout

    title = _("Somebody has put it right meanwhile")
    advice = _("Nothing was changed: your page showed what stood there before. Look at it again.")


class NotWaiting(Refused):
    """The patient doesn't wait any more."""

    title = _("Somebody was here before you")

    def __init__(self, patient: Patient) -> None:
        advice = _("The patient now stands at “%(state)s”. Look at the call again.")
        super().__init__(advice % {"state": PatientState(patient.state).label}, about=patient.call)
        self.back = patient.call.get_absolute_url()


class IllegalStep(OfHandout):
    """The handout isn't in the state from which this act starts."""

    title = _("Somebody was here before you")

    def __init__(self, handout: Handout, act: Act) -> None:
        advice = _("The handout now stands at “%(state)s”, so “%(act)s” can't be done. Look again.")
        words = {"state": State(handout.state).label, "act": act.label}
        super().__init__(handout, advice % words)


class BadIdentity(Refused):
    """A real number that can't belong to this patient.

    ``about``: the row on which the number is recorded already.
    """

    title = _("This number can't be used")
    field = "number"


class SamePerson(BadIdentity):
    """The number is another patient's, or this one's, who had an earlier emergency number.

    ``about``: the row of that patient. ``key``: what names it in the form, when somebody says so.
    """

    field = "same_person"

    def __init__(self, advice: str | Promise, *, about: Model, key: str) -> None:
        self.holder = about
        self.key = key
        super().__init__(advice, about=about)


class BadSheet(BadIdentity):
    """The number typed from a sheet of paper is none that a binder may hold."""

    with_title = True


class NamesAPerson(Refused):
    """A personnummer or reserve number where a bed or place was asked for."""

    title = _("No number of the patient here")
    advice = _(
        "This looks like a patient's number. Write only the bed or the place: it must not say who"
        " it was."
    )
    field = "place"


class NotSeen(Refused):
    """The numbers never read back weren't ticked as seen, or their count has changed."""

    title = _("Something is left to do")
    advice = _("Tick that you have seen it.")
    field = "never_read_back"
