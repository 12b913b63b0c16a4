from datetime import time
from typing import Any

from django.db import migrations

MONDAY_TO_THURSDAY, FRIDAY = range(4), 4


def lay_down(apps: Any, schema_editor: Any) -> None:
    """Put in what the routine says today; the administrator changes it afterwards."""
    alias = schema_editor.connection.alias
    contacts = apps.get_model('outage', 'Contact').objects.using(alias)
    hours = apps.get_model('outage', 'ContactHours').objects.using(alias)
    if contacts.exists():
        return  # migrated back and forth: nothing that was laid down goes
    support = contacts.create(
        purpose='fault', position=1, name='Användarstödet', name_en='User support',
        number='3010', hint='val 2', hint_en='choice 2',
    )
    contacts.create(
        purpose='fault', position=2, name='Beredskapstekniker via växeln',
        name_en='On-call technician through the switchboard', number='09',
    )
    contacts.create(
        purpose='till', position=1, name='Kassan, akutmottagningen',
        name_en='The till, emergency department', number='1258',
    )
    for weekday in MONDAY_TO_THURSDAY:
        hours.create(contact=support, weekday=weekday, opens=time(7, 30), closes=time(16, 30))
    hours.create(contact=support, weekday=FRIDAY, opens=time(7), closes=time(16))
    apps.get_model('outage', 'DrillTargets').objects.using(alias).create(id=1)


class Migration(migrations.Migration):

    dependencies = [
        ('outage', '0002_plans_doubts_contacts_readings'),
    ]

    operations = [
        migrations.RunPython(lay_down, migrations.RunPython.noop, elidable=False),
    ]
