from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0017_numbers_of_unknown_sex'),
    ]

    operations = [
        migrations.AddField(
            model_name='reservenumber',
            name='family_name',
            field=models.CharField(
                blank=True, default='', max_length=60, verbose_name='family name in Befreg'
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='reservenumber',
            name='given_name',
            field=models.CharField(
                blank=True, default='', max_length=60, verbose_name='given name in Befreg'
            ),
            preserve_default=False,
        ),
    ]
