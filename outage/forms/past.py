"""What is typed about an outage that is over."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people import vgr_id
from befreg_reserv.text import FreeTextField, LineField
from befreg_reserv.times import END_HELP, LocalTimeField, readings, split_season
from outage.models import Outage, Plan
from outage.plans import planning
from outage.templatetags.plans import window


class PastPlanField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A plan, shown by its window and its reason."""

    def label_from_instance(self, plan: Plan) -> str:
        """Return the plan's text among the choices."""
        drill = f" ({_('Drill')})" if plan.drill else ""
        return f"{window(plan)} {plan.reason}{drill}"


class PastForm(forms.Form):
    """An outage that began and ended while the application couldn't be used."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Outage.Kind.choices)
    drill = forms.BooleanField(label=_("This was a drill"), required=False)
    plan = PastPlanField(
        Plan.objects.none(),
        label=_("Which planned outage was it?"),
        help_text=_("Only for one that was announced: then its prepared numbers are asked for."),
        empty_label=_("None, or it was never announced"),
        required=False,
    )
    started_at = LocalTimeField(label=_("When did it begin?"))
    ended_at = LocalTimeField(label=_("When did it end?"), help_text=END_HELP)
    by = LineField(
        label=_("Who ran it? (vgr-id)"),
        max_length=vgr_id.MAX_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": _("Write the vgr-id of whoever ran it. It may be yours.")},
    )
    text = FreeTextField(label=_("What was seen (optional)"), required=False, max_length=500)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One that is still to come isn't over: its wards, and what they need, would be lost.
        cast("PastPlanField", self.fields["plan"]).queryset = planning.begun(now)

    def clean_started_at(self) -> datetime:
        """Let a clock alone be an end: the first such time after the start."""
        start: datetime = self.cleaned_data["started_at"]
        cast("LocalTimeField", self.fields["ended_at"]).after = start
        return start

    def clean_by(self) -> str:
        """Return the vgr-id in its normal form."""
        return vgr_id.normalise(self.cleaned_data["by"])

    def clean(self) -> dict[str, Any]:
        """Without a typed season, let the hour that comes twice be the one before the end."""
        data = super().clean() or self.cleaned_data
        start, end = data.get("started_at"), data.get("ended_at")
        if start and end:
            if split_season(self["started_at"].value())[1] is None:
                start = next((read for read in readings(start) if read <= end), start)
            data["started_at"] = start
        self._check_plan(data.get("plan"), data)
        return data

    def _check_plan(self, plan: Plan | None, data: dict[str, Any]) -> None:
        """Require the outage to be planned, and real or a drill as its plan is."""
        if plan and data.get("kind") != Outage.Kind.PLANNED:
            self.add_error("kind", _("It was announced: then it is a planned one."))
        if plan and plan.drill != data["drill"]:
            error = _("That was a drill.") if plan.drill else _("That was no drill.")
            self.add_error("plan", error)
