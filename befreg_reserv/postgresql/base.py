"""The backend's connection; Django requires this module's name."""

import time
from functools import cache
from typing import Any

from django.db.backends.postgresql import base, operations
from psycopg import ClientCursor, OperationalError
from psycopg._queries import PostgresQuery, _query2pg_nocache
from psycopg_pool import PoolTimeout

from befreg_reserv import deadline
from befreg_reserv.postgresql.connection import Connection
from befreg_reserv.sql.compiling import QuickOperations

# How often a caller asks the pool, each time for the pool's own time-out: with each, the pool tries
# to reach the server once more.
TRIES = 6
CHECK_SECONDS = 0.5


class DatabaseOperations(QuickOperations, operations.DatabaseOperations):
    """Composes SQL quicker."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        """Return a statement with its values, for tests, whichever side put them in."""
        if isinstance(cursor, ClientCursor):
            return super().last_executed_query(cursor, sql, params)
        return self.compose_sql(sql, params)


@cache
def _places(query: str) -> Any:
    """Return a statement with the places of its values as the server writes them."""
    return _query2pg_nocache(query.encode(), "utf-8")


class _Places(PostgresQuery):
    """A statement whose places were found once: psycopg forgets those of the longest statements."""

    def convert(self, query: Any, vars: Any) -> None:  # noqa: A002  psycopg's name
        """Take the statement and these values."""
        self.query, self._want_formats, self._order, self._parts = _places(query)
        self.dump(vars)


class PreparedCursor(base.ServerBindingCursor):
    """For statements that are few, and always sent with values."""

    _query_cls = _Places


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes from the pool a connection that works, within the request's time.

    psycopg's pool can check by itself, but sleeps for a second after the first broken connection
    and gives up at the next; and it tries ever less often to reach a server that is away. After a
    restart of PostgreSQL callers got no answer, though it was back.
    """

    ops_class = DatabaseOperations

    @property
    def pool(self) -> Any:
        """The pool, with connections of our own; None where there is none."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if options:
            options["connection_class"] = Connection
        return super().pool

    def prepared_cursor(self) -> Any:
        """Return a cursor whose statements the server plans once: values are sent beside them."""
        with self.wrap_database_errors:
            self.ensure_connection()
            cursor_of: Any = PreparedCursor  # the stubs know psycopg 2's
            cursor = cursor_of(self.connection)
        return self._prepare_cursor(cursor)  # type: ignore[attr-defined]  # the stubs leave it out

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection that works; raise PoolTimeout when there is none in time."""
        pool = self.pool
        if pool is None:
            return super().get_new_connection(conn_params)
        until = time.monotonic() + deadline.left(TRIES * pool.timeout)
        while not deadline.over():
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() >= until:
                    raise
                continue
            if _answers(connection):
                return connection
            pool.putconn(connection)
            if not deadline.over():
                pool.drain()  # what broke it, broke the others too
        raise PoolTimeout("no time left to wait for a connection")


def _answers(connection: Any) -> bool:
    """Tell whether the server answers on it; one that hangs is closed."""
    try:
        with deadline.within(CHECK_SECONDS):
            connection.ask_nothing()
    except OperationalError:
        return False
    return True
