from typing import Any

from django.db import migrations

FIRST_NAME, IN_THE_ROUTINE = 'Beredskapstekniker via växeln', 'Jourhavande tekniker via växeln'


def rename(apps: Any, schema_editor: Any) -> None:
    """Name the technician as the routine does, unless an administrator has chosen a name."""
    contacts = apps.get_model('outage', 'Contact').objects.using(schema_editor.connection.alias)
    contacts.filter(name=FIRST_NAME).update(name=IN_THE_ROUTINE)


class Migration(migrations.Migration):

    dependencies = [
        ('outage', '0006_whom_to_call_when_none_is_left'),
    ]

    operations = [
        migrations.RunPython(rename, migrations.RunPython.noop),
    ]
