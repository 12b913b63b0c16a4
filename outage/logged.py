"""Acts on outages in the audit log that aren't in a timeline. Imports nothing of ours."""

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Logged(TextChoices):
    """What the log says beside the acts of timelines, plans and doubts."""

    TICK = "tick", _("Point of the checklist")
    NOTE_DOUBT = "note_doubt", _("Note in the first doubt")
    DECIDE_ROUTINE = "decide_routine", _("Version of the routine decided")
    ADD_CONTACT = "add_contact", _("Contact added")
    CHANGE_CONTACT = "change_contact", _("Contact changed")
    CHANGE_HOURS = "change_hours", _("Hours of a contact changed")
    ADD_DAY = "add_day", _("Single day of a contact added")
    DROP_DAY = "drop_day", _("Single day of a contact taken away")
    CHANGE_TARGETS = "change_targets", _("Targets of drills changed")
    STATE_NEED = "state_need", _("Need stated")
    MAIL_PLAN = "mail_plan", _("Mail about a planned outage")
    MAIL_PLAN_AGAIN = "mail_plan_again", _("Mail about a planned outage to be sent again")


# What entries tell that is no column of theirs.
PARTS: Mapping[str, Promise] = {
    "kind": _("kind"),
    "plan": _("planned outage"),
    "reason": _("reason"),
    "text": _("text"),
    "wards": _("wards"),
}
