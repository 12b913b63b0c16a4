"""What a form is sent with, and what several of them share."""

from dataclasses import dataclass, field
from datetime import timedelta

from django import forms
from django.utils import timezone


@dataclass(frozen=True)
class Act:
    """One form as somebody fills it in rightly, and where what it keeps is shown."""

    form: type[forms.BaseForm]
    who: str
    path: str
    fields: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    shown_on: tuple[str, ...] = ()
    done: int = 302  # the answer: 200 if it shows at once what no page shows again


UNKNOWN_SEX = "20000101X803"
LAST_MONTH, NEXT_MONTH, IN_FIVE_DAYS = (
    timezone.localdate() + timedelta(days=days) for days in (-30, 30, 5)
)
REASON = {"reason": "wrong"}
