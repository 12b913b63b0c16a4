from typing import Any

from django.db import migrations

from befreg_reserv.people.models import searched
from befreg_reserv.text import sort_key

AT_ONCE = 500


def write_keys_anew(apps: Any, schema_editor: Any) -> None:
    """Let the names that are there sort and be found as new ones are."""
    alias = schema_editor.connection.alias
    for model, columns in (("Clinic", ["key"]), ("Ward", ["key", "searched"])):
        rows = apps.get_model("people", model).objects.using(alias)
        named = list(rows.select_related("clinic") if model == "Ward" else rows.all())
        # One name's new key may be another's old one, and none may stand twice even in passing.
        for row in named:
            row.key = f"\n{row.pk}"
        rows.bulk_update(named, ["key"], batch_size=AT_ONCE)
        for row in named:
            row.key = sort_key(row.name)
            if model == "Ward":
                row.searched = searched(row.clinic, row.name)
        rows.bulk_update(named, columns, batch_size=AT_ONCE)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0004_one_time_passwords'),
    ]

    operations = [
        migrations.RunPython(write_keys_anew, migrations.RunPython.noop),
    ]
