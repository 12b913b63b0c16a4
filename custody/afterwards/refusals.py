"""Why an outage is not signed off."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused
from outage.models import Outage


class NotFinished(Refused):
    """An outage of which something is left to do can't be signed off. ``missing`` says what."""

    title = _("Something is left to do")
    advice = _("Nothing was signed off.")

    def __init__(self, missing: list[str], outage: Outage) -> None:
        self.missing = missing
        super().__init__(about=outage)
