"""What databases say of many rows at once, where Django 5 has no word that both know."""

from typing import Any

from django.db.models import Aggregate, Expression, QuerySet, Subquery, TextField, Value


def joined(
    rows: QuerySet[Any, Any], column: str | Expression, *, by: str, between: str = ","
) -> Subquery:
    """Return a column of all ``rows`` in one text, with ``between`` them; NULL without rows.

    ``rows`` must agree in the column ``by``: they are grouped by it.
    """
    texts = rows.order_by().values(by).annotate(joined=_Joined(column, Value(between)))
    return Subquery(texts.values("joined"))


class _Joined(Aggregate):
    """The texts of a group, and what stands between them."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        """Return it as PostgreSQL has it."""
        return super().as_sql(compiler, connection, function="STRING_AGG")
