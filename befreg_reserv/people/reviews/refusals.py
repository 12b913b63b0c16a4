"""Why a sample of the log can't be drawn or judged."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused


class NotOver(Refused):
    """The month isn't over, or has only just ended, or the log has nothing of it."""

    title = _("There is nothing to draw from")
    advice = _(
        "A sample is drawn of a month that ended an hour ago at least and of which the log has"
        " entries."
    )


class NotSealed(Refused):
    """The seal that the draw begins with isn't there yet."""

    title = _("The month isn't sealed yet")
    advice = _(
        "The draw begins with the first seal after the month's end, which nobody knows before. It"
        " is made within a minute: try again then."
    )


class NothingJudged(Refused):
    """A signature without a word."""

    title = _("Nothing was judged")
    advice = _("Choose a word for one entry at least.")


class NoteMissing(Refused):
    """A word that needs a reason."""

    title = _("A note is missing")
    advice = _("Write why an entry isn't in order, or what is to be found out.")


class OwnEntry(Refused):
    """Somebody judges what they did themselves."""

    title = _("This is your own")
    advice = _("Somebody else judges what you did yourself.")


class OfNoSample(Refused):
    """An entry that this sample doesn't have."""

    title = _("This entry isn't in the sample")
    advice = _("Open the month's page again.")
