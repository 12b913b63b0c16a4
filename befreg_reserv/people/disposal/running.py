"""Writes the log of a year to a file, proves that file, and only then deletes the rows."""

import gzip
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField, Max, Min
from django.db.models.functions import Cast

from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit.models import Disposal, DisposalConfirmation, Leaf, LogEntry
from befreg_reserv.audit.seals import rows, sealed, tree
from befreg_reserv.audit.seals.rows import Redactions
from befreg_reserv.backups import shelf
from befreg_reserv.people.logged import Logged

AT_ONCE = 1000  # rows of one transaction, so that no call waits for it
LOG = str(LogEntry._meta.db_table)


class CannotGo(Exception):
    """The rows of a year can't go; the message says why, in English for the command line."""


def agreed(year: int) -> DisposalConfirmation:
    """Return what two people have agreed on. Raises CannotGo."""
    found = DisposalConfirmation.objects.select_related("proposal").filter(proposal__year=year)
    if not (confirmation := found.first()):
        raise CannotGo(f"Two people haven't agreed that the log of {year} may go.")
    return confirmation


def bounds(confirmation: DisposalConfirmation) -> tuple[int, int]:
    """Return the first and the last row that may go: none of a later year is among them."""
    entries = LogEntry.objects.order_by()
    first = entries.aggregate(at=Min("pk"))["at"]
    later = entries.filter(timestamp__gte=confirmation.proposal.ends).aggregate(at=Min("pk"))["at"]
    last = later - 1 if later else entries.aggregate(at=Max("pk"))["at"]
    if first is None or last < first:
        raise CannotGo("The log holds nothing of that year.")
    return first, last


def export(path: Path, first: int, last: int) -> str:
    """Write the rows to a file that isn't there yet, each beside its leaf; return its hash.

    Nobody else may read it, and it is on the disk: soon it alone has them. Raises CannotGo for a
    row that isn't sealed, or isn't as it was.
    """
    shelf.make_private(path)
    with gzip.open(path, "wt", encoding="utf-8") as out:
        for row, text, place, leaf in _rows(first, last):
            said = {"row": row, "text": text, "place": place, "leaf": leaf}
            out.write(json.dumps(said, ensure_ascii=False) + "\n")
    shelf.sync(path)
    shelf.sync(path.absolute().parent)
    return sha256(path.read_bytes()).hexdigest()


def _rows(first: int, last: int) -> Iterator[tuple[int, str, int, str]]:
    (table,) = (each for each in sealed.tables() if each.model is LogEntry)
    statement = (
        f'SELECT {table.select(connection.vendor)} FROM "{LOG}"'  # noqa: S608  names of our own
        f' WHERE "{table.key}" BETWEEN %s AND %s ORDER BY "{table.key}"'
    )
    leaves = _leaves(first, last)
    for values in rows.stream(statement, first, last):
        row, text = values[0], table.encode(values[1:]).decode("utf-8", "surrogatepass")
        if row not in leaves:
            raise CannotGo(f"Row {row} isn't sealed: run manage.py seal.")
        yield row, text, *leaves[row]


def _leaves(first: int, last: int) -> dict[int, tuple[int, str]]:
    found = Leaf.objects.filter(table=LOG, row__gte=first, row__lte=last)
    return {row: (place, leaf) for row, place, leaf in found.values_list("row", "place", "hash")}


def check(path: Path, first: int, last: int) -> int:
    """Read the file again, compare each row with the seals, and return how many there are.

    Raises CannotGo for a row that is missing, or that no seal was over.
    """
    leaves, redactions, count = _leaves(first, last), Redactions.read(), 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            said = json.loads(line)
            now = tree.leaf(said["text"].encode("utf-8", "surrogatepass")).hex()
            kept = leaves.pop(said["row"], None)
            if kept != (said["place"], said["leaf"]) or not (
                now == said["leaf"] or redactions.explain(LOG, said["row"], said["leaf"], now)
            ):
                raise CannotGo(f"Row {said['row']} isn't as it was sealed: run manage.py verify.")
            count += 1
    if leaves:
        raise CannotGo(f"{len(leaves)} sealed rows are missing, {min(leaves)} first.")
    return count


@transaction.atomic
def decide(
    confirmation: DisposalConfirmation, first: int, last: int, exported: str, event: Unattended
) -> Disposal:
    """Record that the rows may go now; from then on ``verify`` knows them by their leaves."""
    hashes = Leaf.objects.filter(table=LOG, row__gte=first, row__lte=last).order_by("row")
    row = Disposal(
        confirmation=confirmation,
        first=first,
        last=last,
        digest=rows.digest(hashes.values_list("hash", flat=True).iterator()),
        exported=exported,
        floors=_floors(first, last),
        at=event.recorded_at,
    )
    record.insert(row)
    record.record(row, Logged.LOG_DISPOSED, event, record.said(year=confirmation.proposal.year))
    return row


def _floors(first: int, last: int) -> dict[str, Any]:
    """Return the highest key of each kind of object that these rows tell of."""
    said = LogEntry.objects.order_by().filter(pk__gte=first, pk__lte=last, object_id__isnull=False)
    highest = said.values("content_type").annotate(most=Max(Cast("object_id", BigIntegerField())))
    return {str(each["content_type"]): each["most"] for each in highest}


def delete(disposal: Disposal) -> int:
    """Delete what is left of the rows, some at a time; a run that was cut short goes on here."""
    deleted = 0
    while True:
        with transaction.atomic():
            left = LogEntry.objects.filter(pk__gte=disposal.first, pk__lte=disposal.last)
            keys = list(left.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
            if not keys:
                return deleted
            # Past the model: nothing refers to a row of the log.
            rows_ = LogEntry.objects.filter(pk__gte=keys[0], pk__lte=keys[-1])
            deleted += rows_._raw_delete(rows_.db)  # noqa: SLF001
