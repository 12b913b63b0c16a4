"""Acts on break-glass accounts, in the audit log. Imports nothing of ours."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class GlassLogged(TextChoices):
    """What the log says of them."""

    MADE = "glass_made", _("Break-glass account added")
    SEALED = "glass_sealed", _("Break-glass account sealed")
    BROKEN = "glass_broken", _("Break-glass account used")
    ENDED = "glass_ended", _("Use of a break-glass account ended")
    MAILED = "glass_mailed", _("Mail about a break-glass account that was used")
