"""Sessions in the database, in which each request writes only what it changed.

Django's own overwrites what another request wrote meanwhile: the board's refresh, begun before a
lock and ended after it, would remove the lock.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import CharField, DateTimeField, QuerySet
from django.utils import timezone

from befreg_reserv.people.signing_in import drafts, held
from befreg_reserv.sql import hot


@hot.rows(key=CharField(), now=DateTimeField())
def _stored(key: Any, now: Any) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


def old(at: datetime) -> QuerySet[Session]:
    """Return the sessions that have ended, the oldest first."""
    return Session.objects.filter(expire_date__lt=at).order_by("expire_date")


class SessionStore(db.SessionStore):
    """Django's session store, without lost writes."""

    _read = ""  # the row's data as this request found it

    def _get_session_from_db(self) -> Any:
        row = next(iter(_stored(key=self.session_key, now=timezone.now())), None)
        if row is None:
            self._session_key = None  # as Django's own does
        self._read = row.session_data if row else ""
        return row

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what has ended, and the forms that were begun so long ago."""
        super().clear_expired()
        held.forget_ended(timezone.now())
        drafts.forget_all_old(timezone.now())

    def create(self) -> None:
        """Create a new row, from which nothing has been read."""
        super().create()
        self._read = ""

    def cycle_key(self) -> None:
        """Give the session another key, and let its person's list follow."""
        before = self.session_key
        super().cycle_key()
        if before:
            held.renamed(before, str(self.session_key))

    def flush(self) -> None:
        """End the session."""
        before = self.session_key
        super().flush()
        if before:
            held.forget(before)

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  inherited
        """Write what this request changed, merged into the row as it is now."""
        if must_create or self.session_key is None or not self._read:
            self._save(must_create=must_create)
            return
        with transaction.atomic():
            row = self._locked_row()
            if row is not None and row.session_data != self._read:
                self._session_cache = self._merged_into(self.decode(row.session_data))
            self._save()

    def _save(self, *, must_create: bool = False) -> None:
        """Save. Raises a fault of the database as it is: Django would say the session has ended."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from error.__context__.__cause__
            raise

    def reread(self) -> bool:
        """Forget what was read and read again, locked; return False if the session has ended.

        For use in a transaction.
        """
        row = self._locked_row()
        if row is not None:
            self._read = row.session_data
            self._session_cache = self.decode(row.session_data)
        return row is not None

    def note(self, key: str, value: Any) -> None:
        """Write one value at once, in one statement, or with ``save`` if the row has changed."""
        modified, self[key] = self.modified, value
        data = self.encode(dict(self.items()))
        unchanged = self.model.objects.filter(pk=self.session_key, session_data=self._read)
        if unchanged.update(session_data=data):
            self._read, self.modified = data, modified

    def _locked_row(self) -> Any:
        return self.model.objects.select_for_update().filter(pk=self.session_key).first()

    def _merged_into(self, present: dict[str, Any]) -> dict[str, Any]:
        """Return ``present``, the stored session, with this request's changes and deletions."""
        before, own = self.decode(self._read), dict(self.items())
        changed = {key: own[key] for key in own if key not in before or own[key] != before[key]}
        taken_away = before.keys() - own.keys()
        return {key: v for key, v in (present | changed).items() if key not in taken_away}
