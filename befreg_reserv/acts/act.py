"""What makes a function an act: one transaction, and one answer however often it is asked for."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, TypeVar, overload
from uuid import UUID

from django.db import IntegrityError, transaction

from befreg_reserv.acts.refused import KeyReused

IS_ACT = "is_act"  # the attribute by which a test finds the acts

P = ParamSpec("P")
T = TypeVar("T")
Row_co = TypeVar("Row_co", covariant=True)


class Done(NamedTuple, Generic[Row_co]):
    """What an act did. ``row``: what it wrote, as it stands; ``new``: False if it stood before.

    An act that finds itself done writes nothing a second time and isn't refused: whoever presses
    twice reads the same answer. Somebody who was first with something else is a ``Refused``.
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

    ``on_conflict`` takes the act's arguments. It is asked when a constraint of the database let
    somebody else pass, who came at the same moment: it returns the row that they wrote, raises
    the ``Refused`` that tells of it, or returns None, and then the IntegrityError goes on.
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
            with transaction.atomic():
                row = on_conflict(*args, **kwargs)
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
    """Return the row of ``rows`` that the form with this key was answered with, None for none.

    ``same`` tells whether the row came of the same content. Raises ``refusal`` where it didn't. An
    act asks twice: under its lock, and ``on_conflict``, since two may come at once. The key's
    unique constraint is what holds then.
    """
    earlier = next((row for row in rows if row.request_key == key), None)
    if earlier and not same(earlier):
        raise refusal(about=earlier)
    return earlier
