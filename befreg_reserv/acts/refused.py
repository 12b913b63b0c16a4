"""Why an act was not done: what happened, and what to do next."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """An act would endanger a patient, comes too late or is impossible. It wrote nothing.

    ``title`` and ``advice`` are read by people. ``field``: the form field that shows the advice,
    or "" for a page of its own; ``with_title``: whether that field shows the title too.
    ``about``: the row that it concerns, or None.
    """

    title: str | Promise = _("This can't be done")
    advice: str | Promise = ""
    field = ""
    with_title = False
    drill = False  # whether its page has the drill's frame
    back = ""  # the address of the form's page, if people should look there again
    kept: Any = None  # a row that an earlier act wrote for this one, and that remains

    def __init__(
        self, advice: str | Promise = "", *, about: object = None, field: str = ""
    ) -> None:
        self.advice = advice or self.advice
        self.about = about
        self.field = field or self.field
        if about is not None:
            self.drill = bool(getattr(about, "drill", self.drill))
        super().__init__(f"{self.title}: {self.advice}")

    @property
    def beside_field(self) -> str:
        """Return the text to show beside the field."""
        return str(self) if self.with_title else str(self.advice)


class BadTime(Refused):
    """A time in the future, or before the step it follows."""

    title = _("The time can't be right")
    field = "at"


class ReasonMissing(Refused):
    """A correction without a reason."""

    title = _("A reason is needed")
    advice = _("Write why, in a few words. It stays in the record.")
    field = "reason"


class KeyReused(Refused):
    """The form was sent before, with other content. ``about`` is the row that was written then."""

    title = _("This form has already been used")
