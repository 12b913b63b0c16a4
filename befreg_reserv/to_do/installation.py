"""The steps of a new installation: rooms register them at start, and the overview leads through."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse

from befreg_reserv.to_do.waiting import Asked, Waiting, Words


@dataclass(frozen=True)
class Step:
    """A step of an installation: what is done on the page named ``address``, and why.

    ``needed``: as long as it isn't done, the overview leads through all steps. ``missing``: says
    what it still lacks.
    """

    place: int
    text: Words
    why: Words
    address: str
    permission: str
    is_done: Callable[[], bool]
    needed: bool = True
    missing: Callable[[], str] = str


@dataclass(frozen=True)
class ShownStep:
    """A step with its page's address, "" for whoever may not open it.

    ``next``: it is the first that isn't done. ``missing``: what it still lacks.
    """

    step: Step
    address: str
    done: bool
    next: bool
    missing: str


_steps: dict[str, Step] = {}


def register(*steps: Step) -> None:
    """Add steps of an installation."""
    _steps.update({step.address: step for step in steps})


def steps(asked: Asked) -> list[ShownStep]:
    """Return the steps in order while a needed one isn't done; later none."""
    in_order = sorted(_steps.values(), key=lambda step: step.place)
    done = [step.is_done() for step in in_order]
    if all(did for step, did in zip(in_order, done, strict=True) if step.needed):
        return []
    first = done.index(False)
    return [
        ShownStep(
            step,
            asked.to(reverse(step.address), step.permission),
            did,
            at == first,
            "" if did else step.missing(),
        )
        for at, (step, did) in enumerate(zip(in_order, done, strict=True))
    ]


def said_by_none(waiting: Iterable[Waiting], shown: Iterable[ShownStep]) -> list[Waiting]:
    """Return what waits, without what a step that is shown as not done says already."""
    left = {each.step.address for each in shown if not each.done}
    return [each for each in waiting if each.step not in left]
