"""What the acts in the log are called on the screen.

The log knows no domain: each app names its own acts when it starts.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import sort_key

Label = str | Promise

_labels: dict[str, Label] = {}


def register(labels: Mapping[str, Label]) -> None:
    """Add labels: act → what people read."""
    _labels.update(labels)


def label(act: str) -> str:
    """Return what people read; an act that no app names any more is shown as it was stored."""
    return str(_labels.get(act, act))


def choices() -> list[tuple[str, str]]:
    """Return (act, label) of every act, in Swedish order."""
    return sorted(((act, label(act)) for act in _labels), key=lambda choice: sort_key(choice[1]))


register(
    {
        "create": _("Created"),
        "update": _("Changed"),
        "delete": _("Deleted"),
        "access": _("Looked at"),
        "review": _("Audit log looked at"),
        "sign_in": _("Signed in"),
        "sign_out": _("Signed out"),
        "sign_in_failed": _("Sign-in failed"),
    }
)
