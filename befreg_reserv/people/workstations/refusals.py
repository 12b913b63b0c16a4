"""Why an act on the till's workstations is refused."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import Workstation


class ComputerNameTaken(Refused):
    """Two workstations of one name couldn't be told apart when one is to be withdrawn."""

    title = gettext_lazy("There is a workstation with this name")
    field = "name"

    def __init__(self, workstation: Workstation) -> None:
        text = _("%(name)s is enrolled already. Choose another name, or withdraw that one first.")
        super().__init__(text % {"name": workstation}, about=workstation)


class EnrolledAlready(Refused):
    """The computer at which the form was sent is enrolled."""

    title = gettext_lazy("This computer is enrolled already")

    def __init__(self, workstation: Workstation) -> None:
        text = _("It is enrolled as %(name)s. To enrol it anew, withdraw that one first.")
        super().__init__(text % {"name": workstation}, about=workstation)
