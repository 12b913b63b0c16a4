"""Which number of a binder is handed out: the one hardest to mishear for those in use."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final, cast

from django.db.models import QuerySet, Subquery

from befreg_reserv.sql import hot
from befreg_reserv.sql.aggregates import joined
from befreg_reserv.sql.reading import Unmade
from custody.models import Handout, ReserveNumber
from custody.models.states import OPEN
from custody.numbers import distance
from custody.numbers.identities import (
    Sex,
    last_four,
    numbers_of_a_date,
    training_numbers,
    written_date,
)
from outage.models import Outage

# How many numbers of a sex a binder can hold: those of one birth date, whichever it is.
MOST: Final = {
    sex.value: numbers_of_a_date(sex) + len(training_numbers(date(2000, 1, 1), sex)) for sex in Sex
}

STEP: Final = 5


def lying(outage: Outage, sex: str, count: int = 1) -> list[Unmade[ReserveNumber]]:
    """Return the numbers of a sex to choose from, locked, by binder and tab; one statement.

    Training numbers in a drill, else real ones. At least ``count`` of them, if there are, and all
    that lie in the first binder. Each has in ``in_use`` the numbers of its kind, and of the first
    one's birth date, that stand for a patient now, with commas between.
    """
    return ask(outage, sex, count)()


def ask(outage: Outage, sex: str, count: int) -> Callable[[], list[Unmade[ReserveNumber]]]:
    """Ask for the numbers that ``lying`` returns; return what then returns them."""
    # In steps, or each length of the queue would be a statement of its own.
    most = -(-(count + MOST[sex]) // STEP) * STEP
    return _lying.send(training=outage.drill, sex=sex, most=most)


@hot.rows_lazily()
def _lying(*, training: bool, sex: str, most: int) -> QuerySet[ReserveNumber]:
    free = ReserveNumber.objects.filter(training=training, sex=sex, taken_at__isnull=True)
    # By the key: the binder's own order would join it, and no index has that.
    in_order = free.order_by("binder_id", "tab")
    rows: Any = in_order.select_for_update(of=("self",)).select_related("binder")
    told = rows.annotate(in_use=_in_use(in_order, training=training))
    return cast("QuerySet[ReserveNumber]", told[:most])


def hardest_to_mishear(
    lying: list[Unmade[ReserveNumber]], beside: Iterable[ReserveNumber] = ()
) -> ReserveNumber:
    """Return, of the first binder's numbers, the one farthest from all that are in use.

    ``lying``: as the function of that name returns them, one at least. ``beside``: numbers that
    are given in the same call. The lowest tab of those that are as far.
    """
    first = lying[0]
    used = ",".join(["", *(each.value for each in beside), first.in_use or ""])
    in_use = re.findall(f",({written_date(first.binder.birth_date)}[^,]*)", used)
    tails = [*map(last_four, in_use)]
    of_binder = [each for each in lying if each.binder_id == first.binder_id]
    return max(of_binder, key=lambda number: distance.least(number.value, tails)).made


def _in_use(lying: QuerySet[ReserveNumber], *, training: bool) -> Any:
    """Return the numbers in use of the birth date of the first of those that lie there."""
    first = lying.values("binder__birth_date")[:1]
    of_its_date = Handout.objects.filter(number__binder__birth_date=Subquery(first))
    open_ones = of_its_date.filter(state__in=OPEN, number__training=training)
    # What hangs on no row is looked up once, not for each of fifty numbers.
    return joined(open_ones, "number__value", by="number__training")
