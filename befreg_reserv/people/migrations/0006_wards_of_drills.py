from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_numbers_in_order'),
    ]

    operations = [
        migrations.AddField(
            model_name='ward',
            name='drill',
            field=models.BooleanField(
                default=False, editable=False, verbose_name='invented in a drill'
            ),
        ),
        migrations.RemoveConstraint(model_name='ward', name='typed_in_ward_once'),
        migrations.AddConstraint(
            model_name='ward',
            constraint=models.UniqueConstraint(
                condition=models.Q(('clinic__isnull', True)),
                fields=('key', 'drill'),
                name='typed_in_ward_once',
            ),
        ),
        migrations.AddConstraint(
            model_name='ward',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ('drill', False),
                    models.Q(('clinic__isnull', True), ('confirmed', False)),
                    _connector='OR',
                ),
                name='ward_of_a_drill_is_never_confirmed',
                violation_error_message='A ward that was invented in a drill stays in drills.',
            ),
        ),
    ]
