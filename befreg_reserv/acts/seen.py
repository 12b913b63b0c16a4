"""What a page showed of a row: an old form writes over nothing that somebody else wrote since."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.refused import Refused


class ChangedSince(Refused):
    """What the page showed isn't so any more."""

    title = _("Somebody was here before you")
    advice = _(
        "This was changed after your page was opened, and nothing of yours was written. Look at how"
        " it stands, and then change it."
    )


def mark(row: models.Model, columns: Collection[str], *beside: object) -> str:
    """Return a text that is another one once a column of the row has changed.

    ``beside``: what else the page shows, such as rows that belong to this one.
    """
    told = [(name, str(getattr(row, name))) for name in sorted(columns)]
    return salted_hmac("befreg_reserv.acts.seen", repr((row.pk, told, beside))).hexdigest()


def check(seen: str, present: str, row: models.Model) -> None:
    """Raise ChangedSince if a page's mark isn't the present one; "" comes from no page."""
    if seen and seen != present:
        raise ChangedSince(about=row)


def differing(row: models.Model, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the columns that would change the row."""
    return {name: value for name, value in columns.items() if getattr(row, name) != value}
