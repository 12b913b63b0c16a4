"""What the caller reads back of a number."""

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from custody.handouts.refusals import NotOpen
from custody.ledger import steps
from custody.logged import Logged
from custody.models.states import OPEN
from custody.numbers import readings
from custody.numbers.readings import ComparedReading


@act
def confirm_read_back(handout_id: int, typed: str, event: Event) -> Done[ComparedReading]:
    """Record what the caller read back, the last four or the whole number.

    Returns how it differs from the number. The audit log keeps wrong readings as they were typed,
    and the first right one, which the handout keeps too. Raises NotOpen.
    """
    handout = steps.lock(handout_id)
    if handout.state not in OPEN:
        raise NotOpen(handout)
    reading = readings.compare(handout.number.value, typed)
    if reading.right and handout.read_back_at:
        return Done(reading, new=False)
    if reading.right:
        record.assign(handout, {"read_back_at": event.at, "read_back_by": event.by})
    name = Logged.READ_BACK if reading.right else Logged.READ_BACK_WRONG
    record.record(handout, name, event, record.said(read_back=reading.typed))
    return Done(reading)
