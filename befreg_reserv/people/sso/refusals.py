"""Why nobody is let in by the identity provider, and why a rule isn't kept."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import User


class NotLetIn(Refused):
    """The provider said who it is, and that person gets nowhere here."""

    title = gettext_lazy("You can't sign in this way")


class NoName(NotLetIn):
    """The provider says no vgr-id."""

    advice = gettext_lazy(
        "The identity provider didn't say your vgr-id. Ask the system administrator."
    )


class NoRole(NotLetIn):
    """Nobody here knows the person, and no rule gives a role."""

    def __init__(self, vgr_id: str) -> None:
        text = _(
            "%(person)s has no account here, and nothing that the identity provider says gives a"
            " role. Ask the system administrator."
        )
        super().__init__(text % {"person": vgr_id})


class NotActive(NotLetIn):
    """The account is deactivated here, whatever the provider says."""

    def __init__(self, user: User) -> None:
        text = _("%(person)s is deactivated here. Ask the system administrator.")
        super().__init__(text % {"person": user}, about=user)


class OtherPerson(NotLetIn):
    """The name and the subject belong to two people: one of them was renamed, or is a stranger."""

    def __init__(self, vgr_id: str) -> None:
        text = _(
            "The identity provider knows %(person)s as somebody else than before. Ask the system"
            " administrator, who asks the identity provider's."
        )
        super().__init__(text % {"person": vgr_id})


class LocalOnly(NotLetIn):
    """Accounts that must be there when the provider has been taken over don't depend on it."""

    def __init__(self, user: User) -> None:
        text = _("%(person)s signs in with the local password alone.")
        super().__init__(text % {"person": user}, about=user)


class SomebodyElse(NotLetIn):
    """Whoever signed in at the provider isn't the person of this session."""

    advice = gettext_lazy(
        "Somebody else signed in at the identity provider. Sign out here first, then sign in anew."
    )


class KnownRule(Refused):
    """The rule is there already."""

    title = gettext_lazy("This rule is there already")
    advice = gettext_lazy("Another administrator may have added it a moment ago.")
    field = "value"
