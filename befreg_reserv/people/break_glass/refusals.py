"""Why a glass isn't broken, or no account made."""

from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import KeyReused, Refused


class NoGlass(Refused):
    """The account is an ordinary one."""

    title = _("This isn't a break-glass account")
    advice = _("Sign in on the ordinary page.")
    field = "username"


class IsBroken(Refused):
    """The secret was used before: it lay in an envelope that somebody has opened."""

    title = _("This envelope was used before")
    advice = _(
        "Its secret opens nothing any more. Take another envelope, or ask an administrator to seal"
        " the account anew."
    )
    field = "username"


class SealedAnew(KeyReused):
    """The page was sent before, and the account has another envelope since."""

    title = _("This form has already been used")
    advice = _("Its envelope counts no longer: another one was made since.")
