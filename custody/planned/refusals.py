"""Why something about prepared numbers or late registration is refused."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import KeyReused, Refused
from custody.models import (
    LateRegistration,
    PreparedNumber,
)
from outage.models import Plan


class NothingToPrepareFor(Refused):
    """Numbers for a planned outage that has been cancelled."""

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


class IsAPatients(Refused):
    """A prepared number that stands on a handout, as the same patient's: it was used."""

    title = _("A patient has this number")
    advice = _(
        "It is the real number of a handout, said to be the same patient's. If that is wrong, take"
        " it back there first."
    )

    def __init__(self, number: PreparedNumber) -> None:
        super().__init__(about=number)
        self.back = reverse("outage:prepared", args=[number.plan_id])


class LateRefused(Refused):
    """An act that a row of a late list doesn't allow (any more). ``about`` is the row."""

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
