"""The backend's connection; Django requires this module's name."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a connection from the pool before anybody uses it.

    psycopg's pool can check by itself, but sleeps for a second after the first broken connection
    and gives up at the next: after a restart of PostgreSQL callers got no answer, though it was
    back. Here, when one is broken, all idle connections of the pool are checked and replaced.
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
