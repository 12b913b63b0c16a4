"""Room for the frames of all calls below one, so that Python asks the system for none of it.

Python keeps frames in pieces of 16 KiB. A page's calls go 200 deep, and wherever they stand at a
piece's end each further call fetches a piece and gives it back: hundreds of times a page, a tenth
of its time. A frame that asks for much gets a piece that has room for all that follow.

It is virtual memory: what isn't touched takes none. Where an interpreter keeps its frames in
another way, this is a call like any other.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
# In words of 8 bytes: the piece becomes 1 MiB, and half of it is left for those that follow.
WORDS = 70_000


def with_room(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return ``call(*args, **kwargs)``, and raise what it raises."""
    return call(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=WORDS)
