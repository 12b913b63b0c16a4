"""Why an act was refused: each reason says what happened and what to do next."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import KeyReused, Refused
from befreg_reserv.times import moment
from custody.models import (
    Count,
    CountLine,
    ForeignSheet,
    Handout,
    LateRegistration,
    PreparedNumber,
)
from custody.models.states import Act, State
from custody.numbers.identities import Sex
from outage.models import Outage, Plan


class OfHandout(Refused):
    """An act on a handout that isn't as the act needs it."""

    def __init__(self, handout: Handout, advice: str | Promise = "") -> None:
        self.handout = handout
        super().__init__(advice, about=handout)


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


class NoneLeft(Refused):
    """No number of that sex lies in the binder. ``about`` is the outage."""

    title = _("No number left")
    advice = _("No number was handed out.")

    def __init__(self, sex: str, outage: Outage) -> None:
        self.sex = Sex(sex)
        super().__init__(about=outage)


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
        super().__init__(handout, self._what_stands_there(handout))

    def _what_stands_there(self, handout: Handout) -> str:
        given = {
            "ward": handout.ward,
            "time": moment(handout.handed_out_at),
            "state": State(handout.state).label,
        }
        return str(_("To %(ward)s, %(time)s. It stands at “%(state)s”.") % given)


class SeenLying(Refused):
    """A number on paper whose sheet a count saw lying in the binder after that time.

    May be right, if the sheet came back or the count is wrong; needs a tick and a reason.
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
    """A number on paper that a caller also got from here and read back, without its sheet."""

    title = _("TWO PATIENTS MAY HAVE THIS NUMBER")

    def _what_stands_there(self, handout: Handout) -> str:
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


class CallKeyReused(KeyReused):
    """The form of a call was sent before, with other content. ``about`` is its handout."""

    of_a_call = True  # the page leads to its number
    advice = _(
        "It was sent before with other details, and a number was handed out then. No further number"
        " was taken. Look at the earlier handout; for another patient, begin a new call."
    )


class SameCall(Refused):
    """The same caller got a number just now, not read back: it may be this call, sent once more.

    ``handouts`` are those it may be, the latest first.
    """

    title = _("Is it the same call?")
    advice = _("No further number was taken yet.")

    def __init__(self, handouts: list[Handout]) -> None:
        self.handouts = handouts
        super().__init__(about=handouts[0])


class IllegalStep(OfHandout):
    """The handout isn't in the state from which this act starts."""

    title = _("Somebody was here before you")

    def __init__(self, handout: Handout, act: Act) -> None:
        advice = _("The handout now stands at “%(state)s”, so “%(act)s” can't be done. Look again.")
        words = {"state": State(handout.state).label, "act": act.label}
        super().__init__(handout, advice % words)


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


class BadIdentity(Refused):
    """A real number that can't belong to this patient.

    ``about``: what the number stands on already, whose patient was asked for.
    """

    title = _("This number can't be used")
    field = "number"


class BadSheet(BadIdentity):
    """What was read off a sheet on paper is no number that a binder may hold."""

    with_title = True


class SexDiffers(Refused):
    """The real number is for the other sex: may be right, needs a tick and a reason."""

    title = _("The sex differs")
    advice = _(
        "The emergency number and the real number are for different sexes. If that is right, tick"
        " the box and write the reason."
    )
    field = "sex_may_differ"


class WasGiven(OfHandout):
    """The number was read back or replaced, so it has been with a patient."""

    title = _("The number has been in use")
    advice = _(
        "The caller has read it back, or a real number was registered for it. It can't return to"
        " the binder. If it was never used on a patient, void the handout."
    )


class TabRefilled(OfHandout):
    """The tab has a new number, so the old one can't return."""

    title = _("The tab holds a new number")
    advice = _("The binder was refilled since. Void the handout instead of undoing it.")


class NotFoundAtCount(OfHandout):
    """The sheet is said never to have left the binder, but a count did not find it there."""

    title = _("A count did not find the sheet")

    def __init__(self, handout: Handout, count: Count) -> None:
        advice = _(
            "The binder was counted %(time)s by %(by)s, and the sheet didn't lie there: it may"
            " have been with a patient. Void the handout instead of undoing it. If the sheet"
            " lies there now, take it out and destroy it."
        )
        super().__init__(handout, advice % {"time": moment(count.at), "by": count.by})


class PlanCancelled(Refused):
    """Numbers for a planned outage that never comes."""

    title = _("The planned outage has been cancelled")
    advice = _(
        "No number was entered. If the numbers have been created in Befreg already, tell the system"
        " administrator of Befreg: nobody will use them."
    )

    def __init__(self, plan: Plan) -> None:
        super().__init__(about=plan)
        self.back = reverse("outage:prepared", args=[plan.pk])


class NotMovable(Refused):
    """A prepared number that stays where it is."""

    title = _("The number can't be moved")

    def __init__(self, number: PreparedNumber, advice: str | Promise) -> None:
        super().__init__(advice, about=number)
        self.back = reverse("outage:prepared", args=[number.plan_id])


class NamesAPerson(Refused):
    """A personnummer or reserve number where a bed or place was asked for."""

    title = _("No number of the patient here")
    advice = _(
        "This looks like a patient's number. Write only the bed or the place: the list must not"
        " say who it was."
    )
    field = "place"


class LateRefused(Refused):
    """An act on a row of a late list that has gone on meanwhile. ``about`` is the row."""

    def __init__(self, row: LateRegistration) -> None:
        super().__init__(about=row)
        self.back = row.place_in_list


class LateKeyReused(KeyReused):
    """The form of a patient was sent before, with other content. ``about`` is the row."""

    advice = _(
        "It was sent before with other details, and a patient was listed then. Nobody was listed"
        " now. Look at the list, and begin a new form for another patient."
    )

    def __init__(self, *, about: LateRegistration) -> None:
        super().__init__(about=about)
        self.back = about.place_in_list


class AlreadyRegistered(LateRefused):
    """The patient has got a number."""

    title = _("Somebody was here before you")
    advice = _("The patient has been registered already, with the number that stands in the list.")


class NotRegistered(LateRefused):
    """There is no registration to withdraw."""

    title = _("Somebody was here before you")
    advice = _("The patient isn't registered (any more). Look at the list.")


class AlreadyStruck(LateRefused):
    """The patient was listed by mistake, and struck."""

    title = _("Somebody was here before you")
    advice = _("The row has been struck from the list. If it was right after all, list it anew.")


class CountKeyReused(KeyReused):
    """The form of a count was sent before, with other findings."""

    advice = _(
        "It was sent before with other findings, and that count stands. Nothing was recorded now."
        " Look at it, and begin a new count if the binder has to be gone through again."
    )

    def __init__(self, *, about: Count) -> None:
        super().__init__(about=about)
        self.back = about.get_absolute_url()


class ForeignExplained(Refused):
    """Somebody explained first what became of a sheet that didn't belong there."""

    title = _("Somebody was here before you")
    advice = _("What became of the sheet has been written already. Look at the count.")

    def __init__(self, sheet: ForeignSheet) -> None:
        super().__init__(about=sheet.count)
        self.back = sheet.count.get_absolute_url()


class SheetSettled(Refused):
    """A sheet that doesn't wait for being destroyed (any more)."""

    title = _("Somebody was here before you")
    advice = _(
        "The sheet is recorded as destroyed, the handout was undone, or a later count has found"
        " the sheet again. Look at the count."
    )

    def __init__(self, line: CountLine) -> None:
        super().__init__(about=line.count)
        self.back = line.count.get_absolute_url()


class SheetDestroyed(OfHandout):
    """The handout can't be undone: there is no sheet to return to the tab."""

    title = _("The sheet has been destroyed")
    advice = _("A count found it, and it was destroyed. Void the handout instead of undoing it.")


class NotFinished(Refused):
    """An outage of which something is left to do can't be signed off. ``missing`` says what."""

    title = _("Something is left to do")
    advice = _("The outage is not signed off.")

    def __init__(self, missing: list[str], outage: Outage) -> None:
        self.missing = missing
        super().__init__(about=outage)


class NotSeen(Refused):
    """So many numbers were never read back, and another number of them was signed with."""

    title = _("Something is left to do")
    advice = _("Tick that you have seen it.")
    field = "never_read_back"
