"""A handout's states and the legal steps between them. A leaf: imports nothing of ours."""

from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """The states of a handout."""

    HANDED_OUT = "handed_out", _("Handed out")
    REPLACED = "replaced", _("Real number registered")
    CLOSED = "closed", _("Closed")
    VOIDED = "voided", _("Voided")
    UNDONE = "undone", _("Undone")


OPEN = (State.HANDED_OUT, State.REPLACED)


class Act(TextChoices):
    """The acts on a handout. Each is a step, whether it changes the state or not."""

    HAND_OUT = "hand_out", _("Handed out")
    REPLACE = "replace", _("Real number registered")
    FILE_NOTICE = "file_notice", _("RAPS notice filed")
    VOID = "void", _("Voided")
    UNDO = "undo", _("Undone")
    WITHDRAW_REPLACEMENT = "withdraw_replacement", _("Real number withdrawn")
    WITHDRAW_NOTICE = "withdraw_notice", _("RAPS notice withdrawn")
    # Nobody chooses this one: a missing sheet turns out to have been given out on paper.
    MAKE_WAY = "make_way", _("Undone, for the handout on paper")
    TRANSFER = "transfer", _("Moved to another ward")
    CORRECT = "correct", _("Caller corrected")
    # Followed by VOID or UNDO in the same act: the patient needs a number of the right sex.
    CORRECT_SEX = "correct_sex", _("Sex corrected")
    CONFIRM_AT_BEDSIDE = "confirm_at_bedside", _("Confirmed at the patient")
    WITHDRAW_CONFIRMATION = "withdraw_confirmation", _("Confirmation at the patient withdrawn")
    NO_WRISTBAND = "no_wristband", _("Real number without a look at the wristband")
    WITNESS = "witness", _("Pair checked by a second person")
    SAME_PERSON = "same_person", _("Said to be the same person as an earlier patient")


class Step(NamedTuple):
    """A legal step: the act, the state it starts from ("" before the first), where it leads."""

    act: Act
    source: str
    target: State


def _stays(*states: State) -> dict[str, State]:
    return {state: state for state in states}


# Of each act: the states that it starts from, and the one to which each of them leads.
STEPS: dict[Act, dict[str, State]] = {
    Act.HAND_OUT: {"": State.HANDED_OUT},
    Act.REPLACE: {State.HANDED_OUT: State.REPLACED},
    Act.FILE_NOTICE: {State.REPLACED: State.CLOSED},
    Act.VOID: {State.HANDED_OUT: State.VOIDED},
    Act.UNDO: {State.HANDED_OUT: State.UNDONE},
    Act.WITHDRAW_REPLACEMENT: {State.REPLACED: State.HANDED_OUT},
    Act.WITHDRAW_NOTICE: {State.CLOSED: State.REPLACED},
    Act.MAKE_WAY: {State.VOIDED: State.UNDONE},
    # What was said wrongly can be put right in a closed record too.
    Act.TRANSFER: _stays(*OPEN, State.CLOSED),
    Act.CORRECT: _stays(*OPEN, State.CLOSED),
    Act.CORRECT_SEX: _stays(State.HANDED_OUT),
    Act.CONFIRM_AT_BEDSIDE: _stays(*OPEN),
    # Of a real number that was registered upon it, that number is withdrawn first.
    Act.WITHDRAW_CONFIRMATION: _stays(State.HANDED_OUT),
    Act.NO_WRISTBAND: _stays(State.HANDED_OUT),
    Act.WITNESS: _stays(State.REPLACED),
    Act.SAME_PERSON: _stays(State.HANDED_OUT),
}
LEGAL_STEPS = [
    Step(act, str(source), target)
    for act, leads in STEPS.items()
    for source, target in leads.items()
]

# A correction without a reason explains nothing to whoever reads the record in ten years.
NEEDS_REASON = (
    Act.VOID,
    Act.UNDO,
    Act.WITHDRAW_REPLACEMENT,
    Act.WITHDRAW_NOTICE,
    Act.MAKE_WAY,
    Act.TRANSFER,
    Act.CORRECT,
    Act.CORRECT_SEX,
    Act.WITHDRAW_CONFIRMATION,
    Act.NO_WRISTBAND,
    Act.SAME_PERSON,
)
# The steps that say where the patient lies.
SAYS_PLACE = (Act.TRANSFER, Act.CONFIRM_AT_BEDSIDE)
PLACE_LENGTH = 60
