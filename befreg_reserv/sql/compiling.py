"""SQL composed with less work than Django takes for it; both databases' connections use it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler


class QuickOperations:
    """Lets a database's operations compose SQL quicker: before Django's own class."""

    def compiler(self, compiler_name: str) -> Any:
        """Return the compiler of this name."""
        djangos: Any = super().compiler(compiler_name)  # type: ignore[misc]
        return quicker(djangos)


@cache
def quicker(compiler: type[Any]) -> type[Any]:
    """Return a compiler that composes the same SQL as ``compiler``."""
    return type(compiler.__name__, (_Quicker, compiler), {})


class _Quicker(SQLCompiler):
    """Looks up in the selected expressions only what an ordering can name.

    Django hashes each selected column of an ordered statement, a sixth of what a page costs. No
    ordering is given a column itself: it has names, or expressions that aren't resolved yet.
    """

    def _order_by_pairs(self) -> Iterator[Any]:  # type: ignore[override]  # the stubs say None
        select = self.select
        if select and not self.query.combinator:
            self.select = [
                (_named(expression, name), sql, name) for expression, sql, name in select
            ]
        try:
            yield from super()._order_by_pairs()  # type: ignore[misc]
        finally:
            self.select = select


def _named(expression: Any, name: str | None) -> Any:
    return expression if name or type(expression) is not Col else None
