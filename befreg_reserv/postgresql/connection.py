"""A connection whose every wait for the server ends when the request's time is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import OperationalError
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus

from befreg_reserv import deadline

CANCEL_SECONDS = 0.3
INTERVAL = 0.1  # psycopg's own: how often it looks up from its wait


class OutOfTime(OperationalError):
    """The request's time was over before the server's answer: nothing was committed."""


class InDoubt(OperationalError):
    """A COMMIT was sent, and nobody knows whether it is done, or done on the standby too."""


class Connection(psycopg.Connection[Any]):
    """psycopg's, with a bound on the client's side.

    A server whose synchronous standby is gone, or that can't be reached any more, never answers a
    COMMIT, and no setting of PostgreSQL's bounds that.
    """

    _begun = False  # a transaction, in the pipeline that hasn't been answered yet
    _committing = False
    _warned = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_notice_handler(self._noticed)

    def wait(self, gen: Any, interval: float = INTERVAL, timeout: float | None = None) -> Any:
        """Wait as psycopg does, but no longer than the request has time."""
        left = deadline.left()
        if left == deadline.NEVER:
            return super().wait(gen, interval, timeout)
        if left == 0:
            raise OutOfTime("no time left to ask the server")
        try:
            return super().wait(gen, interval, left if timeout is None else min(left, timeout))
        except OperationalError:
            if not deadline.over() or self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
        # Not as the consequence of psycopg's own error, which says less.
        self._give_up()
        raise (InDoubt if self._committing else OutOfTime)("no answer in time")

    def ask_nothing(self) -> None:
        """See whether the server answers. Raises OperationalError.

        As the pool's own check does, with a tenth of its work: each request asks this first.
        """
        with self.lock:
            self.pgconn.send_query(b"")
            answers = self.wait(execute(self.pgconn))
        if [answer.status for answer in answers] != [ExecStatus.EMPTY_QUERY]:
            raise OperationalError("the server is ending, or out of step")

    def _give_up(self) -> None:
        """Cancel what the server does, so that it holds no lock for us, and hang up."""
        self._try_cancel(timeout=CANCEL_SECONDS)
        self.pgconn.finish()

    @contextmanager
    def pipeline(self) -> Iterator[Any]:
        """Send what the block sends together, the BEGIN before it too, and wait once for all."""
        self._begun = False
        with super().pipeline() as pipeline:
            yield pipeline

    def _start_query(self) -> Any:
        # psycopg's own waits for the answer to BEGIN, also within a pipeline. If that fails, so
        # does all that follows.
        if self._pipeline is None:
            yield from super()._start_query()
        elif not (self.autocommit or self._begun or self._in_transaction()):
            self._begun = True
            yield from self._exec_command(self._get_tx_start_command())

    def _in_transaction(self) -> bool:
        return self.pgconn.transaction_status != TransactionStatus.IDLE

    def commit(self) -> None:
        """Commit. Raises InDoubt when nobody can know whether that is done.

        A COMMIT whose wait for its standby was cancelled succeeds, with a warning: then it is done
        here and perhaps nowhere else.
        """
        self._committing, self._warned = True, False
        try:
            super().commit()
        finally:
            self._committing = False
        if self._warned:
            raise InDoubt("committed, but perhaps not on the standby")

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        if self._committing and notice.severity_nonlocalized == "WARNING":
            self._warned = True
