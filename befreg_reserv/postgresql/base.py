"""The database's connection, as Django looks for it in this place."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection from the pool has answered before anybody uses it.

    psycopg's pool can check by itself, but sleeps for a second after the first broken connection
    and gives up at the next: after a restart of PostgreSQL callers got no answer, though it was
    back. Here the first broken one has all that wait in the pool replaced at once.
    """

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection that works; raise PoolTimeout when there is none in time."""
        connection = super().get_new_connection(conn_params)
        pool = self.pool
        if pool is None or _answers(connection):
            return connection
        pool.putconn(connection)
        pool.check()
        return super().get_new_connection(conn_params)


def _answers(connection: Any) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
