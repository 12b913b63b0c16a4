"""Why an act on people is refused."""

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import User


class KnownPerson(Refused):
    """The vgr-id has an account: it is changed on its own page, and never made anew."""

    title = gettext_lazy("This person is in the register already")
    field = "vgr_id"

    def __init__(self, user: User) -> None:
        text = _("%(person)s has an account already. Change it on its own page.")
        if not user.is_active:
            text = _("%(person)s has a deactivated account. Reactivate it on its own page.")
        super().__init__(text % {"person": user}, about=user)


class PersonChanged(Refused):
    """What the page showed isn't so any more: somebody else changed the person meanwhile."""

    title = gettext_lazy("Somebody was here before you")

    def __init__(self, user: User) -> None:
        text = _("%(person)s was changed meanwhile. Look at the page again, and then change it.")
        super().__init__(text % {"person": user}, about=user)


class LastAdministrator(Refused):
    """Without an administrator nobody could change anything any more."""

    title = gettext_lazy("The last administrator stays")

    def __init__(self, user: User) -> None:
        text = _(
            "%(person)s is the only active administrator. Give somebody else the role first: else"
            " nobody could add people or change anything."
        )
        super().__init__(text % {"person": user}, about=user)


class OwnAccount(Refused):
    """One's own account ends by somebody else's hand, and one's own password has its page."""

    title = gettext_lazy("This is your own account")
    of_deactivating: ClassVar = gettext_lazy(
        "You can't deactivate yourself. Ask another administrator."
    )
    of_passwords: ClassVar = gettext_lazy(
        "You choose your own password behind your vgr-id, at the top of the page."
    )


class AboveAdministrators(Refused):
    """Whoever could set a superuser's password could become one."""

    title = gettext_lazy("This account is above administrators")

    def __init__(self, user: User) -> None:
        text = _("%(person)s was made on the server's command line, and is changed there alone.")
        super().__init__(text % {"person": user}, about=user)


class IsDeactivated(Refused):
    """A deactivated person gets no password and no ward: they are reactivated first."""

    title = gettext_lazy("This person is deactivated")

    def __init__(self, user: User) -> None:
        text = _("%(person)s can't sign in. Reactivate the account first.")
        super().__init__(text % {"person": user}, about=user)


class IsSealed(Refused):
    """A password from here would leave an envelope that opens nothing, and nobody would know."""

    title = gettext_lazy("This account has an envelope")

    def __init__(self, user: User) -> None:
        text = _(
            "%(person)s is a break-glass account. Make a new envelope on the page of those"
            " accounts, or another account."
        )
        super().__init__(text % {"person": user}, about=user)
