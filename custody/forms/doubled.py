"""The administrator's word on two patients with one number. Checks of shape only."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import REASON_LENGTH, FreeTextField


class SettleForm(forms.Form):
    """What was done for both patients."""

    done = FreeTextField(
        label=_("What was done for each of them?"),
        max_length=REASON_LENGTH,
        error_messages={"required": _("Write what was done for each of the patients.")},
        help_text=_("Who has which number now, and who separated the record. No names."),
    )
