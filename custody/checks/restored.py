"""What a restore and a move look at in custody."""

from django.conf import settings

from befreg_reserv import clock
from befreg_reserv.acts.event import Unattended
from befreg_reserv.backups.afterwards import Verdict
from befreg_reserv.times import moment
from custody.binder import restoration
from custody.checks import consistency
from custody.journal import looks
from custody.models import Restoration

ASIDE = (
    "Their numbers are set aside: count the binder, and enter them again from the overview's page"
    " of lost handouts."
)


def look() -> Verdict:
    """Set aside what the journal knows besides, then check everything."""
    found = restoration.look(Unattended(clock.now()))
    trouble = looks.trouble()
    faults = [f"journal {settings.CUSTODY_JOURNAL}: {trouble}"] if trouble else []
    return Verdict(_told(found), [*faults, *consistency.findings()])


def _told(found: Restoration | None) -> list[str]:
    if found is None:
        return [f"The journal {settings.CUSTODY_JOURNAL} knows nothing that the database doesn't."]
    times = list(found.lost.values_list("left_at", flat=True).order_by("left_at"))
    if not times:
        return ["The journal goes on after the database, but no number left the binder since."]
    span = f"from {moment(times[0])} to {moment(times[-1])}"
    known = f"Handouts that the journal knows and the database doesn't: {len(times)}, {span}."
    return [known, ASIDE]
