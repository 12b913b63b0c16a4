"""More numbers than any binder holds, and what must be true of those that were handed out."""

from datetime import date, timedelta

from befreg_reserv.audit.models import LogEntry
from custody.checks import consistency
from custody.models import Binder, Handout, HandoutStep, ReserveNumber
from custody.models.states import Act
from custody.numbers.identities import check_digit

FIRST_BIRTH_DATE = date(1950, 1, 1)
WOMEN = [f"K{serial:02}" for serial in range(6, 80, 2)]  # all that Befreg has for a birth date


def lay_in_women(count: int, first: date = FIRST_BIRTH_DATE) -> list[str]:
    """Lay ``count`` real women's numbers into as many binders as it takes.

    The binders are of one birth date after the other, from ``first``. Returns the numbers in the
    order in which they are to be handed out.
    """
    places = [divmod(place, len(WOMEN)) for place in range(count)]
    binders = Binder.objects.bulk_create(
        Binder(name=f"Pärm {born}", training=False, birth_date=born)
        for born in (first + timedelta(days=n) for n in range(places[-1][0] + 1))
    )
    numbers = [
        ReserveNumber(
            binder=binders[binder],
            tab=tab + 1,
            value=_number(binders[binder].birth_date, WOMEN[tab]),
            sex="K",
            training=False,
        )
        for binder, tab in places
    ]
    ReserveNumber.objects.bulk_create(numbers, batch_size=500)
    return [number.value for number in numbers]


def _number(birth_date: date, tail: str) -> str:
    stem = f"{birth_date:%Y%m%d}{tail}"
    return stem + check_digit(stem)


def handed_out() -> list[str]:
    """Return the numbers on the handouts, in the order of the handouts."""
    return list(Handout.objects.order_by("pk").values_list("number__value", flat=True))


def assert_complete(handouts: int) -> None:
    """Check that each of so many handouts has its step and its rows in the audit log."""
    logged = LogEntry.objects.filter(act__in=[Act.HAND_OUT.value, "leave_binder"])
    assert Handout.objects.count() == handouts
    assert HandoutStep.objects.count() == handouts
    assert ReserveNumber.objects.filter(taken_at__isnull=False).count() == handouts
    assert logged.values("act", "object_id").distinct().count() == logged.count() == 2 * handouts
    assert list(consistency.findings()) == []
