from datetime import UTC, date, datetime
from typing import Any

from django.db import migrations

LAID_DOWN = datetime(2026, 11, 29, tzinfo=UTC)
# The routine as it is known, without telephone numbers: those are the contacts'.
STEPS = {
    'planned': [
        (
            'Ett planerat driftstopp meddelas i förväg, bland annat i IT-nyheterna på intranätet.',
            'A planned outage is announced beforehand, among others in the IT news on the intranet.',
        ),
        (
            'Skapa i förväg de nummer i Befreg som behövs, eller registrera patienterna i efterhand.',
            'Create the numbers that will be needed in Befreg beforehand, or register the patients afterwards.',
        ),
    ],
    'local': [
        (
            'Kontrollera att det inte bara gäller den egna datorn eller avdelningen.',
            'Make sure that it isn\'t one workstation or ward only.',
        ),
    ],
    'news': [
        (
            'Titta i IT-nyheterna på intranätet.',
            'Look in the IT news on the intranet.',
        ),
    ],
    'support': [
        (
            'Står det inget där? Ring supporten.',
            'Nothing there? Call the support.',
        ),
    ],
    'urgent': [
        (
            'Bara vid mycket brådskande behov: ring kassan.',
            'Only for a very urgent need: call the till.',
        ),
        (
            'Numren i pärmen får inte användas på något annat sätt.',
            'The binder\'s numbers may be used in no other way.',
        ),
    ],
    'say': [
        (
            'Säg att Befreg inte går att nå och att du behöver ett nummer. Uppge vgr-id, klinik och avdelning.',
            'Say that Befreg can\'t be reached and that you need a number. Give your vgr-id, clinic and ward.',
        ),
    ],
    'none_left': [
        (
            'Säg det genast till den som ringer, och be om ett telefonnummer att ringa tillbaka på.',
            'Tell the caller at once, and take a number to call back.',
        ),
        (
            'Ring administratören: pärmen måste fyllas på så snart Befreg svarar igen.',
            'Call the system administrator: the binder must be refilled as soon as Befreg answers again.',
        ),
        (
            'Till dess identifieras patienten på papper, enligt sjukhusets rutin för okända patienter.',
            'Until then the patient is identified on paper, by the hospital\'s routine for unknown patients.',
        ),
    ],
    'slip': [
        ('Riktigt nummer i Befreg', 'Real number in Befreg'),
        ('Avisering i RAPS', 'Notice in RAPS'),
    ],
    'close': [
        (
            'Skapa ett riktigt nummer i Befreg, med patientens uppgifter.',
            'Create a real number in Befreg, with the patient\'s details.',
        ),
        (
            'Gör en avisering i RAPS: de två numren är samma person.',
            'File a merge notice in RAPS: the two numbers are the same person.',
        ),
        (
            'För in båda i Befreg reserv. Då är numret avslutat.',
            'Enter both in Befreg reserv. Then the number is closed.',
        ),
    ],
    'afterwards': [
        (
            'Fyll på pärmen med nya nummer från Befreg, och kontrollräkna den.',
            'Refill the binder with new numbers from Befreg, and count it.',
        ),
        (
            'Rapportera driftstoppet, och gå igenom vad som kan bli bättre.',
            'Report the outage, and go through what can be done better.',
        ),
    ],
}  # fmt: skip


def lay_down(apps: Any, schema_editor: Any) -> None:
    """Put in what the routine says today; the administrator decides on the versions after it."""
    alias = schema_editor.connection.alias
    versions = apps.get_model('outage', 'Routine').objects.using(alias)
    if versions.exists():
        return  # migrated back and forth: nothing that was laid down goes
    steps = apps.get_model('outage', 'RoutineStep')
    # The steps first: the version's row seals them.
    steps.objects.using(alias).bulk_create(
        steps(routine_id=1, moment=moment, position=position, text=text, text_en=text_en)
        for moment, texts in STEPS.items()
        for position, (text, text_en) in enumerate(texts, 1)
    )
    versions.create(version=1, valid_from=date(2026, 11, 29), recorded_at=LAID_DOWN)


class Migration(migrations.Migration):

    dependencies = [
        ('outage', '0011_the_routine'),
    ]

    operations = [
        migrations.RunPython(lay_down, migrations.RunPython.noop, elidable=False),
    ]
