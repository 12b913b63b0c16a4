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
    """What takes a handout from one state to the next."""

    HAND_OUT = "hand_out", _("Handed out")
    REPLACE = "replace", _("Real number registered")
    FILE_NOTICE = "file_notice", _("RAPS notice filed")
    VOID = "void", _("Voided")
    UNDO = "undo", _("Undone")
    WITHDRAW_REPLACEMENT = "withdraw_replacement", _("Real number withdrawn")
    WITHDRAW_NOTICE = "withdraw_notice", _("RAPS notice withdrawn")
    # Nobody chooses this one: a missing sheet turns out to have been given out on paper.
    MAKE_WAY = "make_way", _("Undone, for the handout on paper")


class Step(NamedTuple):
    """The state that an act starts from and the one it leads to; "" before the first step."""

    source: str
    target: State


STEPS: dict[Act, Step] = {
    Act.HAND_OUT: Step("", State.HANDED_OUT),
    Act.REPLACE: Step(State.HANDED_OUT, State.REPLACED),
    Act.FILE_NOTICE: Step(State.REPLACED, State.CLOSED),
    Act.VOID: Step(State.HANDED_OUT, State.VOIDED),
    Act.UNDO: Step(State.HANDED_OUT, State.UNDONE),
    Act.WITHDRAW_REPLACEMENT: Step(State.REPLACED, State.HANDED_OUT),
    Act.WITHDRAW_NOTICE: Step(State.CLOSED, State.REPLACED),
    Act.MAKE_WAY: Step(State.VOIDED, State.UNDONE),
}

# A correction without a reason explains nothing to whoever reads the record in ten years.
NEEDS_REASON = (
    Act.VOID,
    Act.UNDO,
    Act.WITHDRAW_REPLACEMENT,
    Act.WITHDRAW_NOTICE,
    Act.MAKE_WAY,
)
