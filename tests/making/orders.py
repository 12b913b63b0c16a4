"""Files to be made in a test's own process."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from django.test import Client

from befreg_reserv.making import files
from befreg_reserv.making.files import Order, Parts
from befreg_reserv.people.models import User
from tests.ground.patience import LONG_SECONDS, until


def order(
    *parts: str, session: str = "one", address: str = "/rows", wait: Event | None = None
) -> Order:
    """Return an order of this text; each part waits for an event, if there is one."""

    def made() -> Iterator[tuple[int, str]]:
        for done, part in enumerate(parts, 1):
            if wait:
                wait.wait(LONG_SECONDS)
            yield done, part

    return _order(address, 1, session, "", len(parts), made)


def ended(file: files.File) -> files.File:
    """Wait until nothing more comes of it."""
    until(lambda: file.ended or file.dropped)
    return file


@contextmanager
def file_of(client: Client, user: User) -> Iterator[str]:
    """Have a small file made for who may see all wards; yield the address of its page."""
    files._looks[0] = True  # a thread that looks after it would ask the next test's database
    session, right = str(client.session.session_key), "custody.see_all_wards"
    one = _order("/", user.pk, session, right, 1, lambda: iter([(1, "x")]))
    file = ended(files.order_or_join(one))
    try:
        yield f"/files/{file.pk}/"
    finally:
        files.drop(file)


def _order(
    address: str, person: int, session: str, permission: str, total: int, parts: Parts
) -> Order:
    return Order(
        address=address,
        back="/",
        person=person,
        session=session,
        permission=permission,
        name="rows.csv",
        content_type="text/csv",
        drill=False,
        total=total,
        parts=parts,
    )
