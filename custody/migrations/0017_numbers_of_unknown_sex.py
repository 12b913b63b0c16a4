from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0016_one_person_several_numbers'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reservenumber',
            name='number_sex_known',
        ),
        migrations.AddConstraint(
            model_name='reservenumber',
            constraint=models.CheckConstraint(
                condition=models.Q(('sex__in', ['K', 'M', 'X'])), name='number_sex_known'
            ),
        ),
    ]
