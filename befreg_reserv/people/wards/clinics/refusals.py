"""Why a clinic isn't changed."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import Clinic, ClinicChange
from befreg_reserv.people.wards import clinic_names


class ClinicClosed(Refused):
    """Somebody was first: what was closed stays so."""

    title = gettext_lazy("The clinic is closed")

    def __init__(self, change: ClinicChange) -> None:
        text = _("%(clinic)s: %(what)s on %(day)s. It changes no more.")
        words = {"clinic": change.clinic, "what": change.get_kind_display(), "day": change.day}
        super().__init__(text % words)


class ClinicNameTaken(Refused):
    """There is an open clinic of that name."""

    field = "name"

    def __init__(self, clinic: Clinic) -> None:
        text = _(
            "There is %(clinic)s already. If the wards go on there, close the clinic and let them"
            " move."
        )
        super().__init__(text % {"clinic": clinic})


class NameOfClosedClinic(Refused):
    """A closed clinic had the name: it is asked once whether a new one opens."""

    field = "again"

    def __init__(self, clinic: Clinic, then: list[Clinic]) -> None:
        also = _("What opens now is a new clinic of that name. Tick here if that is right.")
        super().__init__(f"{clinic_names.closed(clinic, then)} {also}")


class SameClinicName(Refused):
    """A clinic that is renamed to its own name."""

    field = "name"

    def __init__(self, clinic: Clinic) -> None:
        text = _(
            "It is called %(clinic)s already. Only its spelling? Put that right on the clinic's"
            " page."
        )
        super().__init__(text % {"clinic": clinic})


class AnotherClinicName(Refused):
    """More than the spelling of a name is changed."""

    field = "name"
    advice = gettext_lazy(
        "Capitals, blanks and the like can be put right here. A clinic that gets another name is"
        " renamed, so that what was said of its wards keeps the old one."
    )


class NoClinic(Refused):
    """The clinic to which wards would go is the same, or closed."""

    field = "into"

    def __init__(self, clinic: Clinic) -> None:
        text = _("The wards can't go on in %(clinic)s: it closes, or is closed.")
        super().__init__(text % {"clinic": clinic})
