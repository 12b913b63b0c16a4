"""What all mails of the application have in common: how they are written, sent, and fail.

No act and no view sends one: a timer's command does, so that nobody waits for a mail server.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, models, transaction
from django.template.loader import render_to_string

from befreg_reserv.text import clean_line

FAILURE_LENGTH = 200
_BLANK_LINES = re.compile(r"\n{3,}")
MOST = 5  # tries of one mail
UNKNOWN_AFTER = timedelta(minutes=30)  # a run that was killed has sent its mail, or hasn't

Clock = Callable[[], datetime]


class Unreachable(Exception):
    """The mail server doesn't answer. What isn't sent yet stays due."""


def reach(connection: BaseEmailBackend) -> None:
    """Open the connection, unless it is open. Raises Unreachable when no mail server answers."""
    try:
        connection.open()
    except OSError as error:
        raise Unreachable(describe(error)) from error


def deliver(message: EmailMessage, connection: BaseEmailBackend) -> str:
    """Send a mail by an open connection; return why it failed, or "" when it was sent."""
    message.connection = connection
    try:
        message.send()
    except (OSError, ValueError) as error:  # of SMTP, and of a bad address
        close(connection)
        return describe(error)
    return ""


def describe(error: Exception) -> str:
    """Return an error as ``failure`` of a mail keeps it."""
    return clean_line(f"{type(error).__name__}: {error}")[:FAILURE_LENGTH]


def close(connection: BaseEmailBackend) -> None:
    """Close a connection that may be broken already."""
    connection.fail_silently = True
    connection.close()
    connection.fail_silently = False


def message(
    subject: str, template: str, context: Mapping[str, Any], to: Sequence[str]
) -> EmailMessage:
    """Return a mail whose body is ``template``. Callers have made Swedish the language."""
    return EmailMessage(
        subject=subject,
        body=_BLANK_LINES.sub("\n\n", render_to_string(template, dict(context))).strip() + "\n",
        to=to,
        headers={"Auto-Submitted": "auto-generated"},  # no answers from out of office
    )


# --- mails that are claimed before they are sent --------------------------------------------------


class Try(Protocol):
    """The row of a mail that was claimed, and then was sent, or failed."""

    sent_at: datetime | None
    claimed_at: datetime
    failure: str


class Addressed(Protocol):
    """A mail that is due."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return to whom it goes, perhaps nobody."""


Due = TypeVar("Due", bound=Addressed)
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Outcome(Generic[Due]):
    """What became of a mail: sent, unless ``failure`` says why not."""

    due: Due
    failure: str = ""


@dataclass(frozen=True)
class Post(Generic[Due, Row]):
    """A kind of mail that a timer's run claims and then sends.

    One that failed, or of which nobody knows whether it came through, is followed by another, up to
    MOST: better twice than never. ``due`` returns what is due at a time, ``claim`` inserts the row
    of a try, ``message`` writes it, and ``tell`` logs what became of it.
    """

    due: Callable[[datetime], list[Due]]
    claim: Callable[[Due, datetime], Row]
    message: Callable[[Due], EmailMessage]
    tell: Callable[[Row, datetime, Mapping[str, Any]], None]

    def send(self, clock: Clock) -> Iterator[Outcome[Due]]:
        """Send what is due and has an address; yield what became of each mail.

        Raises Unreachable when the mail server doesn't answer.
        """
        connection = get_connection()
        try:
            for mail in [each for each in self.due(clock()) if each.addresses]:
                reach(connection)
                if row := self.claimed(mail, clock()):
                    failure = deliver(self.message(mail), connection)
                    self._settle(row, clock(), failure)
                    yield Outcome(mail, failure)
        finally:
            close(connection)

    def claimed(self, mail: Due, at: datetime) -> Row | None:
        """Insert and commit a try's row; None when another run was first, or it isn't due now."""
        try:
            with transaction.atomic(durable=True):
                return self.claim(mail, at) if mail in self.due(at) else None
        except IntegrityError:
            return None

    @transaction.atomic
    def _settle(self, row: Row, at: datetime, failure: str) -> None:
        """Record that a claimed mail was sent, or why it wasn't."""
        became: dict[str, Any] = {"failure": failure} if failure else {"sent_at": at}
        rows: Any = type(row)
        rows.objects.filter(pk=row.pk, sent_at=None, failure="").update(**became)
        self.tell(row, at, became)


def is_enough(earlier: Sequence[Try], at: datetime) -> bool:
    """Tell whether no further try is due: one was sent or is under way, or there were MOST."""
    sent = any(mail.sent_at for mail in earlier)
    under_way = any(not mail.failure and at - mail.claimed_at < UNKNOWN_AFTER for mail in earlier)
    return sent or under_way or len(earlier) >= MOST
