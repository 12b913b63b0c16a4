"""The readers of tables, each as a function of bytes that tells the same three things."""

from collections.abc import Callable

from befreg_reserv.people.staff import file as people_file
from befreg_reserv.people.wards import file
from befreg_reserv.tables import Fault
from custody.numbers import binder_file
from custody.paper import reader

# The rows as text, the faults, and the names of other columns.
Found = tuple[list[str], list[Fault], tuple[str, ...]]
Reader = Callable[[bytes], Found]


def wards(data: bytes) -> Found:
    try:
        found = file.read(data)
    except file.BadFile as bad:
        return [], bad.faults, ()
    rows = [", ".join((str(row), *filter(None, row.said.values()))) for row in found.rows]
    return rows, [], found.passed_over


def binder(data: bytes) -> Found:
    found = binder_file.read(data)
    rows = [f"{row.tab} {row.identity.value} {row.given_name}".strip() for row in found.rows]
    return rows, found.faults, found.passed_over


def paper(data: bytes) -> Found:
    found = reader.read(data)
    rows = [";".join(filter(None, row.cells.values())) for row in found.rows]
    return rows, [*found.faults], found.passed_over


def people(data: bytes) -> Found:
    try:
        found = people_file.read(data)
    except people_file.BadPeopleFile as bad:
        return [], bad.faults, ()
    rows = [
        " ".join(filter(None, (row.vgr_id, *sorted(row.roles), *row.wards, row.email)))
        for row in found.rows
    ]
    return rows, [], found.passed_over
