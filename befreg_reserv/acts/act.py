"""What makes a function an act: one transaction, and the same answer however often it is called."""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, TypeVar, overload
from uuid import UUID

from django.db import IntegrityError, transaction

from befreg_reserv.acts.refused import KeyReused

IS_ACT = "is_act"  # the attribute by which a test finds the acts

P = ParamSpec("P")
T = TypeVar("T")
Row_co = TypeVar("Row_co", covariant=True)


class Done(NamedTuple, Generic[Row_co]):
    """What an act did. ``row``: the row it wrote; ``new``: False if an earlier call wrote it.

    An act that was done already writes nothing again and isn't refused: a double press gets the
    same answer. If somebody else did something different first, the act raises a ``Refused``.
    """

    row: Row_co
    new: bool = True


@overload
def act(function: Callable[P, Done[T]], /) -> Callable[P, Done[T]]: ...
@overload
def act(
    *, on_conflict: Callable[..., object]
) -> Callable[[Callable[P, Done[T]]], Callable[P, Done[T]]]: ...
def act(function: Any = None, /, *, on_conflict: Any = None) -> Any:
    """Make a function an act: it runs in one transaction, and a test holds its signature.

    ``on_conflict`` takes the act's arguments. It is called when the act broke a constraint because
    somebody else wrote at the same moment. It returns the row that they wrote, raises a
    ``Refused``, or returns None, and then the IntegrityError is raised.
    """

    def decorate(function: Callable[P, Done[T]]) -> Callable[P, Done[T]]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> Done[T]:
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except IntegrityError as error:
                if on_conflict is None:
                    raise
                conflict = error
            # By place: it needn't have the act's names for what it doesn't look at.
            given = signature(function).bind(*args, **kwargs)
            with transaction.atomic():
                row = on_conflict(*given.args, **given.kwargs)
            if row is None:
                raise conflict
            return Done(row, new=False)

        setattr(run, IS_ACT, True)
        return run

    return decorate if function is None else decorate(function)


class Keyed(Protocol):
    """A row that keeps the key of the form that it came from."""

    request_key: UUID


Answer = TypeVar("Answer", bound=Keyed)


def answered(
    rows: Iterable[Answer],
    key: UUID,
    same: Callable[[Answer], bool],
    refusal: type[KeyReused] = KeyReused,
) -> Answer | None:
    """Return the row of ``rows`` that was written when the form ``key`` was sent before, or None.

    ``same`` tells whether a row has the same content; if not, raises ``refusal``. An act calls this
    under its lock and again in ``on_conflict``: of two that come at the same moment, the key's
    unique constraint stops one.
    """
    earlier = next((row for row in rows if row.request_key == key), None)
    if earlier and not same(earlier):
        raise refusal(about=earlier)
    return earlier
