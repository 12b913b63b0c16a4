"""Lays the ground for a scenario in an empty database, and reads at the end what became of it.

    python -m tests.faults.laid lay 400    # people, a real outage, so many numbers; a session
    python -m tests.faults.laid held       # what the database holds

Each prints one line of JSON. A process of its own: one process has one database.
"""

import json
import sys
from typing import Any

from django.core.management import call_command

from befreg_reserv import wsgi  # noqa: F401  sets Django up, before any model is imported
from custody.checks import consistency
from custody.models import Handout, ReserveNumber
from custody.models.states import State
from tests import cast, scenes
from tests.faults.till import PASSWORD
from tests.races import pool
from tests.served import session_of


def lay(numbers: int) -> dict[str, Any]:
    """Lay people, an outage and women's numbers; return the till's session."""
    call_command("migrate", verbosity=0)
    people = cast.assemble()
    people.tilda.set_password(PASSWORD)
    people.tilda.save()
    scenes.begin(people.tilda)
    pool.lay_in_women(numbers)
    return {"session": session_of(people.tilda)}


def held() -> dict[str, Any]:
    """Return what ``tests.faults.judging.history.Held`` has."""
    rows = Handout.objects.exclude(state=State.UNDONE)
    keys = rows.values_list("patient__call__request_key", "number__value")
    aside = ReserveNumber.objects.filter(taken_at__isnull=False).exclude(handouts__in=rows)
    return {
        "numbers": [(str(key), number) for key, number in keys],
        "set_aside": list(aside.values_list("value", flat=True)),
        "findings": list(consistency.findings()),
    }


if __name__ == "__main__":
    what, *count = sys.argv[1:]
    print(json.dumps(lay(int(count[0])) if what == "lay" else held()))
