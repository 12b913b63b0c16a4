"""SQL composed with less work than Django takes for it; both databases' connections use it."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

Selected = tuple[Any, tuple[str, Any], str | None]  # an expression, its SQL, its name
# The classes of fields whose values need no converter, by database: the class alone decides that.
_READ_AS_THEY_ARE: defaultdict[str, set[type[Any]]] = defaultdict(set)


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
    """Does once for a model what Django does for each statement: to name its columns.

    Most of what a statement selects are columns, and it takes a fifth of what a page costs to list,
    compile, hash and look them up one by one.
    """

    def get_select(self, with_col_aliases: bool = False) -> Any:  # noqa: FBT001, FBT002  Django's
        """Return what is selected, what it is of, and the names of annotations."""
        query: Any = self.query
        if with_col_aliases or not _is_whole_rows(query):
            return super().get_select(with_col_aliases)
        alias = query.get_initial_alias()
        columns = _selected(query.get_meta(), alias, self.quote_name_unless_alias(alias))
        whose = {"model": query.model, "select_fields": list(range(len(columns)))}
        return list(columns), whose, {}

    def get_default_columns(
        self, select_mask: Any, start_alias: Any = None, opts: Any = None, from_parent: Any = None
    ) -> Any:
        """Return the columns of a model; those of an ordinary one are always the same."""
        of: Any = opts or self.query.get_meta()
        if select_mask or of is None or of.parents or of.proxy:
            return super().get_default_columns(select_mask, start_alias, opts, from_parent)
        return list(_columns(of, start_alias or self.query.get_initial_alias()))

    def compile(self, node: Any) -> Any:
        """Return the SQL of a part of the statement and its parameters."""
        if type(node) is not Col or not node.alias:
            return super().compile(node)
        quoted: Any = self.quote_name_unless_alias
        return f"{quoted(node.alias)}.{quoted(node.target.column)}", []

    def get_converters(self, expressions: Any) -> Any:
        """Return by place what turns a value that is read into a field's; most need nothing."""
        listed = list(expressions)
        if any(type(each) is not Col for each in listed):
            return super().get_converters(listed)
        as_they_are, found = _READ_AS_THEY_ARE[self.connection.vendor], {}
        for place, each in enumerate(listed):
            kind = type(each.target) if each.target is each.output_field else None
            if kind not in as_they_are:
                converters = super().get_converters([each])
                found.update(dict.fromkeys([place], *converters.values()) if converters else {})
                if kind and not converters:
                    as_they_are.add(kind)
        return found

    def _order_by_pairs(self) -> Iterator[Any]:  # type: ignore[override]  # the stubs say None
        # No ordering is given a column itself: it has names, or expressions that aren't resolved
        # yet. So it is only looked for among what has a name or is no column.
        select = self.select
        if select and not self.query.combinator:
            findable = [(_named(expression, name), sql, name) for expression, sql, name in select]
            self.select = findable if any(each[0] is not None for each in findable) else None
        try:
            yield from super()._order_by_pairs()  # type: ignore[misc]
        finally:
            self.select = select


def _is_whole_rows(query: Any) -> bool:
    """Tell whether a query selects all columns of one ordinary model and nothing else."""
    of = query.get_meta()
    return (
        query.default_cols
        and not (query.select_related or query.extra_select or query.annotation_select)
        and query.selected is None
        and query.deferred_loading == (frozenset(), True)
        and not (of is None or of.parents or of.proxy)
    )


@lru_cache(maxsize=1000)  # not for ever: a migration has models of its own
def _columns(of: Any, alias: str) -> tuple[Col, ...]:
    """Return the columns of a model's table under this alias."""
    return tuple(field.get_col(alias) for field in of.concrete_fields)


@lru_cache(maxsize=1000)
def _selected(of: Any, alias: str, quoted: str) -> tuple[Selected, ...]:
    """Return them with their SQL, as both databases quote a name."""
    columns = _columns(of, alias)
    return tuple((each, (f'{quoted}."{each.target.column}"', []), None) for each in columns)


def _named(expression: Any, name: str | None) -> Any:
    return expression if name or type(expression) is not Col else None
