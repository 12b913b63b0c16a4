"""Acts of signing in by the identity provider, in the audit log. Imports nothing of ours."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SsoLogged(TextChoices):
    """What the log says of the identity provider."""

    LINKED = "sso_linked", _("Known to the identity provider from now on")
    ARRIVED = "sso_arrived", _("Signed in through the identity provider")
    CLAIMS_CHANGED = "sso_claims_changed", _("What the identity provider says of somebody changed")
    PROVED = "sso_proved", _("Showed once more who they are, at the identity provider")
    WITHDRAWN = "sso_withdrawn", _("Signed out: the identity provider said no")
    ENDED = "sso_ended", _("Signed out by the identity provider")
    LET_IN = "sso_let_in", _("Local password let in again")
    LET_IN_MEANWHILE = (
        "sso_let_in_meanwhile",
        _("Let in by local password, since the identity provider was away"),
    )
    RULE_ADDED = "sso_rule_added", _("Rule for sign-ins added")
    RULE_DROPPED = "sso_rule_dropped", _("Rule for sign-ins dropped")
