"""Why a count, or what was found at one, is refused."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import KeyReused, Refused
from custody.models import (
    Count,
    CountLine,
    ForeignSheet,
)


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
    """A sheet that doesn't belong there, but has been explained already."""

    title = _("Somebody was here before you")
    advice = _("What became of the sheet has been written already. Look at the count.")

    def __init__(self, sheet: ForeignSheet) -> None:
        super().__init__(about=sheet.count)
        self.back = sheet.count.get_absolute_url()


class SheetSettled(Refused):
    """A sheet that need not be destroyed, or not any more."""

    title = _("Somebody was here before you")
    advice = _(
        "The sheet is recorded as destroyed, the handout was undone, or a later count has found"
        " the sheet again. Look at the count."
    )

    def __init__(self, line: CountLine) -> None:
        super().__init__(about=line.count)
        self.back = line.count.get_absolute_url()
