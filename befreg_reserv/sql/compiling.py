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
        alias, wanted = query.get_initial_alias(), query.select_related or {}
        selected: list[Selected] = []
        whose = {"model": query.model} | self._added(selected, query.get_meta(), alias)
        if wanted:
            whose["related_klass_infos"] = self._related(selected, query.get_meta(), alias, wanted)
        return selected, whose, {}

    def _added(self, selected: list[Selected], of: Any, alias: str) -> dict[str, Any]:
        """Select the columns of a model's table as well; return which those are."""
        begins = len(selected)
        selected += _selected(of, alias, self.quote_name_unless_alias(alias))
        return {"select_fields": list(range(begins, len(selected)))}

    def _related(
        self, selected: list[Selected], of: Any, alias: str, wanted: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Select the rows that a model's refer to as well; return whose columns are whose."""
        query: Any = self.query
        found = []
        for field in _referring(of, tuple(wanted)) or ():
            joined = query.setup_joins([field.name], of, alias).joins[-1]
            other, further = field.remote_field, wanted[field.name]
            found.append(
                {
                    "model": other.model,
                    "field": field,
                    "reverse": False,
                    "local_setter": field.set_cached_value,
                    "remote_setter": other.set_cached_value if field.unique else _nothing,
                    "from_parent": False,
                }
                | self._added(selected, other.model._meta, joined)
                | {
                    "related_klass_infos": self._related(
                        selected, other.model._meta, joined, further
                    )
                }
            )
        return found

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
        if not {*map(type, listed)} <= {Col}:
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
    """Tell whether a query selects all columns of one ordinary model and nothing else.

    But for those of rows that it refers to, and those refer to.
    """
    of = query.get_meta()
    return (
        query.default_cols
        and not (query.extra_select or query.annotation_select)
        and query.selected is None
        and query.deferred_loading == (frozenset(), True)
        and not (of is None or of.parents or of.proxy)
        and (not query.select_related or _refers(of, query.select_related))
    )


def _refers(of: Any, wanted: Any) -> bool:
    """Tell whether rows of a model refer to all that is wanted, and what is referred to, further.

    Not so, and left to Django, if it is whatever they refer to, or what refers to them.
    """
    if not isinstance(wanted, dict):
        return False
    fields = _referring(of, tuple(wanted))
    return fields is not None and all(
        _refers(field.remote_field.model._meta, wanted[field.name]) for field in fields
    )


@lru_cache(maxsize=1000)
def _referring(of: Any, wanted: tuple[str, ...]) -> tuple[Any, ...] | None:
    """Return a model's fields of these names, in its own order, None if one refers to no row.

    None also if one refers to the rows of no ordinary model.
    """
    fields = tuple(field for field in of.fields if field.name in wanted)
    fitting = [
        field
        for field in fields
        if field.remote_field
        and not field.remote_field.parent_link
        and not (field.remote_field.model._meta.parents or field.remote_field.model._meta.proxy)
    ]
    return fields if len(fitting) == len(wanted) else None


def _nothing(_row: Any, _other: Any) -> None:
    """Keep nothing: other rows may refer to it as well."""


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
