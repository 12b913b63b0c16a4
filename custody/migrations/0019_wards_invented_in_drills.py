from typing import Any

from django.db import migrations
from django.db.models import Q

# What may name a ward, by which column, and what tells whether that is a drill's.
USES = [
    ('custody', 'Call', 'ward', 'drill'),
    ('custody', 'Handout', 'ward', 'outage__drill'),
    ('custody', 'HandoutStep', 'former_ward', 'handout__outage__drill'),
    ('custody', 'LateRegistration', 'ward', 'outage__drill'),
    ('custody', 'Reminder', 'ward', 'outage__drill'),
    ('custody', 'DoubledMail', 'ward', 'alarm__second__outage__drill'),
    ('custody', 'PreparedNumber', 'ward', 'plan__drill'),
    ('outage', 'Need', 'ward', 'plan__drill'),
]


def mark(apps: Any, _schema_editor: Any) -> None:
    """Mark the typed-in wards that only drills have used; one that both have used stays real."""
    used = {True: Q(), False: Q()}
    for app, model, column, drill in USES:
        rows = apps.get_model(app, model).objects.exclude(**{column: None})
        for kind in used:
            used[kind] |= Q(pk__in=rows.filter(**{drill: kind}).order_by().values(column))
    members = apps.get_model('people', 'Membership').objects.values('ward')
    typed_in = apps.get_model('people', 'Ward').objects.filter(confirmed=False, clinic=None)
    invented = typed_in.filter(used[True]).exclude(used[False]).exclude(pk__in=members)
    keys = list(invented.values_list('pk', flat=True))
    typed_in.filter(pk__in=keys).update(drill=True)


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0018_names_of_a_number'),
        ('outage', '0008_why_an_answer_is_none'),
        ('people', '0006_wards_of_drills'),
    ]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
