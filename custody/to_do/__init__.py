"""What numbers, calls and outages leave to do, for the overview."""

from befreg_reserv.to_do import installation, waiting
from custody.to_do import outages, patients, sheets


def register() -> None:
    """Add this app's sources and steps. The first are the worst for a patient."""
    waiting.register(10, sheets.missing, of_drills=True)
    waiting.register(20, patients.unknown_callers)
    waiting.register(30, patients.without_number)
    waiting.register(40, patients.never_read_back)
    waiting.register(50, sheets.surplus, of_drills=True)
    waiting.register(60, sheets.refill)
    waiting.register(70, sheets.foreign, of_drills=True)
    waiting.register(80, sheets.counts, of_drills=True)
    waiting.register(90, patients.unregistered)
    waiting.register(95, patients.unswitched)
    waiting.register(100, outages.unmarked)
    waiting.register(105, outages.nobody_there)
    waiting.register(110, outages.unreached)
    waiting.register(120, outages.unsigned, of_drills=True)
    installation.register(*sheets.STEPS)
