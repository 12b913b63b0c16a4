"""What a database holds, table by table, so that a copy can be compared with it."""

from typing import Any, Protocol

# table -> how many rows, and the highest key as text; "" if there is none
Held = dict[str, tuple[int, str]]

_TABLES = {
    "sqlite": (
        "SELECT t.name, EXISTS (SELECT 1 FROM pragma_table_info(t.name) c WHERE c.name = 'id')"
        " FROM sqlite_master t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    ),
    "postgresql": (
        "SELECT c.relname, EXISTS (SELECT 1 FROM pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attname = 'id' AND NOT a.attisdropped)"
        " FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = "
        "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
    ),
}


class Client(Protocol):
    """A connection of sqlite3 or psycopg."""

    def execute(self, query: Any, /) -> Any:
        """Run a statement; return its cursor."""


def read(client: Client, vendor: str) -> Held:
    """Return what the database holds as this connection sees it."""
    found: Held = {}
    for table, has_id in sorted(client.execute(_TABLES[vendor]).fetchall()):
        head = "max(id)" if has_id else "NULL"
        statement = f'SELECT count(*), {head} FROM "{table}"'  # noqa: S608  a table's own name
        rows, last = client.execute(statement).fetchone()
        found[table] = (rows, "" if last is None else str(last))
    return found


def differing(one: Held, other: Held) -> list[str]:
    """Return the tables that differ."""
    return sorted(
        table for table in one.keys() | other.keys() if one.get(table) != other.get(table)
    )
