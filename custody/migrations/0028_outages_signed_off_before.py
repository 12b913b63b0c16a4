from typing import Any

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def note(apps: Any, schema_editor: Any) -> None:
    """Note on each outage when it was signed off for the first time."""
    alias = schema_editor.connection.alias
    first = apps.get_model('custody', 'SignOff').objects.filter(outage=OuterRef('pk'))
    outages = apps.get_model('outage', 'Outage').objects.using(alias)
    signed = outages.filter(sign_offs__isnull=False, signed_off_at__isnull=True)
    keys = list(signed.values_list('pk', flat=True).distinct())
    outages.filter(pk__in=keys).update(
        signed_off_at=Subquery(first.order_by('id').values('at')[:1])
    )


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0027_handouts_being_switched_over'),
        ('outage', '0015_outages_that_nobody_signed_off'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='preparednumber',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['plan'], name='prepared_unmarked'),
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
    ]
