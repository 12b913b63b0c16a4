"""The migrations, one after the other, make a database that is whole and protected.

How one that is in use takes them, with its triggers, ``test_rules_with_a_history`` shows.
"""

from io import StringIO

from django.core.management import call_command
from django.db import connection

from befreg_reserv.audit import triggers


def test_it_is_migrated_and_protected(db: None) -> None:
    out = StringIO()
    call_command("check_custody", stdout=out)
    assert "All well" in out.getvalue()
    assert triggers.faults(connection) == []
