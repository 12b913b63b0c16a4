"""The act that takes a text away which says who a patient is, wherever it stands."""

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.acts.seen import ChangedSince
from befreg_reserv.audit import redactable
from befreg_reserv.audit.models import Leaf, Redaction
from befreg_reserv.audit.seals import rows
from befreg_reserv.audit.seals.rows import Redactions
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.redacting import finding
from befreg_reserv.people.redacting.finding import Place

SHORTEST = 4  # characters: less stands everywhere


class TooManyPlaces(Refused):
    """The text stands in more places than anybody can look through."""

    title = _("The text stands in too many places")
    advice = _("Write more of it, so that it is found only where it says who a patient is.")
    field = "text"


class NotAsSealed(Refused):
    """A row was changed since it was sealed: a redaction would hide that."""

    title = _("Something was changed that never changes")
    advice = _("Nothing was masked. Tell whoever runs the server to run manage.py verify.")


@act
def redact(text: str, event: Event, *, reason: str, seen: str = "") -> Done[list[Redaction]]:
    """Put the mask in the place of each text that contains ``text``, and record each place.

    ``seen``: the mark of the places that the page showed. Returns no redactions and ``new=False``
    where none is left. Raises TooManyPlaces, ChangedSince or NotAsSealed.
    """
    _overwrite_what_is_deleted()
    found = finding.places(text, lock=True)
    if not found:
        return Done([], new=False)
    if len(found) > finding.MOST:
        raise TooManyPlaces
    if seen and seen != finding.mark(found):
        raise ChangedSince
    earlier = Redactions.read()
    for place in found:
        _check_as_sealed(place, earlier)
    return Done([_redact(place, event, reason) for place in found])


def _overwrite_what_is_deleted() -> None:
    """Let SQLite overwrite the old bytes in its file; PostgreSQL's go with the next vacuum."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _check_as_sealed(place: Place, earlier: Redactions) -> None:
    leaf = Leaf.objects.filter(table=place.table, row=place.row.pk).first()
    now = rows.hash_of(place.table, place.row.pk) if leaf else ""
    if leaf and leaf.hash != now and not earlier.explain(place.table, leaf.row, leaf.hash, now):
        raise NotAsSealed


def _redact(place: Place, event: Event, reason: str) -> Redaction:
    row, after = place.row, rows.hash_of(place.table, place.row.pk, place.column)
    redaction = Redaction(
        table=place.table,
        row=row.pk,
        column=place.column,
        before=rows.hash_of(place.table, row.pk) if after else "",
        after=after,
        at=event.recorded_at,
        by=event.recorded_by,
        reason=reason,
    )
    record.insert(redaction)  # the rules let pass what it names
    same: QuerySet[Model] = QuerySet(type(row))
    same.filter(pk=row.pk).update(**{place.field.name: redactable.mask(place.field)})
    said = record.said(masked_in=place.which, reason=reason)
    record.record(row, Logged.TEXT_MASKED, event, said)
    return redaction
