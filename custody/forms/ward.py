"""Forms of the ward: the real number, and the filed notice. They check the shape only."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField
from custody.forms.fields import REASON_LENGTH, HappenedAtField, VgrIdField
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY


class ReplaceForm(forms.Form):
    """The real number from Befreg."""

    number = LineField(
        label=_("The real number"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("From Befreg, or the patient's personnummer. Hyphens and blanks are fine."),
    )
    at = HappenedAtField(label=_("Created when?"))
    by = VgrIdField(label=_("Created by (vgr-id), if not by you"), required=False)
    sex_may_differ = forms.BooleanField(
        label=_("The sex differs from the emergency number's, and that is right"), required=False
    )
    reason = LineField(
        label=_("Reason, if the sex differs"), required=False, max_length=REASON_LENGTH
    )


class NoticeForm(forms.Form):
    """The notice in RAPS."""

    at = HappenedAtField(label=_("Filed when?"))
    by = VgrIdField(label=_("Filed by (vgr-id), if not by you"), required=False)
    reference = LineField(label=_("RAPS reference (optional)"), required=False, max_length=60)
