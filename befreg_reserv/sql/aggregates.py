"""What databases say of many rows at once, where Django 5 has no word that both know."""

from typing import Any

from django.db.models import Aggregate, Expression, QuerySet, Subquery, TextField


def joined(rows: QuerySet[Any, Any], column: str | Expression, *, by: str) -> Subquery:
    """Return a column of all ``rows`` in one text, with commas between; NULL without rows.

    ``rows`` must agree in the column ``by``: they are grouped by it.
    """
    texts = rows.order_by().values(by).annotate(joined=_Joined(column)).values("joined")
    return Subquery(texts)


class _Joined(Aggregate):
    """The texts of a group with commas between them."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        """Return it as PostgreSQL has it."""
        return super().as_sql(
            compiler,
            connection,
            function="STRING_AGG",
            template="%(function)s(%(expressions)s, ',')",
        )
