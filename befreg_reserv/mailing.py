"""What all mails of the application have in common: how they are written, sent, and fail.

No act and no view sends one: a timer's command does, so that nobody waits for a mail server.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from befreg_reserv.text import clean_line

FAILURE_LENGTH = 200
_BLANK_LINES = re.compile(r"\n{3,}")

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
