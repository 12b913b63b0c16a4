"""How an entry of the log is shown on the screen. Asks the database nothing."""

import re
from dataclasses import dataclass
from datetime import UTC
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review import names
from befreg_reserv.audit.review.answers import in_words
from befreg_reserv.audit.review.meaning import MOST_OFFERED, FieldMeaning
from befreg_reserv.times import to_the_second

NOTHING = "–"
SHORT_ID = 8
# What rows without a name are stored as: keys of theirs and of other rows, an act, a time.
KEYS = re.compile(r"[0-9.:]+( [a-z_]+)?|[a-z_]+ [0-9]{4}(-[0-9]{2}){2} [0-9]{2}:[0-9]{2}")
KEY = "id"  # a number of the database, which says nothing to people


class Change(NamedTuple):
    """One field's change; ``before`` is None if the field had no value before."""

    field: str
    before: str | None
    after: str


@dataclass(frozen=True)
class ShownEntry:
    """An entry in words; ``called``: what rows are called that it knows by key."""

    entry: LogEntry
    called: names.Names

    @property
    def act(self) -> str:
        """Return what was done."""
        return acts.label(self.entry.act)

    @property
    def command(self) -> str:
        """Return the command that did it and the system user who ran it, or ""."""
        known = self.entry.additional_data or {}
        return f"{known['command']} ({known.get('system_user', '?')})" if "command" in known else ""

    @property
    def standing(self) -> str:
        """Return from which unit, and in which roles, it was done; "" if the log doesn't say."""
        return " · ".join(filter(None, (self.entry.actor_unit, in_words(self.entry.actor_role))))

    @property
    def number(self) -> str:
        """Return the number that it is about, or ""."""
        return self.entry.number

    @property
    def subject(self) -> str:
        """Return what it was done to: the kind of thing, and its name if it has one."""
        model = self.entry.content_type.model_class()
        kind = model._meta.verbose_name if model else self.entry.content_type.model
        name = self.entry.object_repr
        return str(kind) if KEYS.fullmatch(name) else f"{kind} {name}".strip()

    @property
    def request(self) -> str:
        """Return the beginning of the id that all entries of one request share."""
        return (self.entry.cid or "")[:SHORT_ID]

    @property
    def changes(self) -> list[Change]:
        """Return what it changed, or what was looked for."""
        model = self.entry.content_type.model_class()
        changes = (
            self._change(_field(model, name), name, what)
            for name, what in (self.entry.changes or {}).items()
            if name != KEY
        )
        # A field that was empty and still is says nothing.
        return [change for change in changes if {*change[1:]} - {None, NOTHING}]

    def _change(self, field: "models.Field[Any, Any] | None", name: str, what: Any) -> Change:
        label = str(field.verbose_name) if field else acts.part(name)
        if isinstance(what, dict):
            return _members(field, label, what)
        if field and field.many_to_many:
            return self._relation(field, label, what)
        target = names.pointed_to(field.model, name) if field else None
        known = self.called.get(target, {}) if target else {}
        before, after = (
            known.get(value) or acts.value(name, _readable(field, value)) for value in what
        )
        return Change(label, before if self._had_before else None, after)

    @property
    def _had_before(self) -> bool:
        return self.entry.action in {LogEntry.Action.UPDATE, LogEntry.Action.DELETE}

    def _relation(self, field: Any, label: str, what: list[str]) -> Change:
        """Return all members of a relation to many, before and after, as an act has listed them."""
        words = names.words(field.related_model)
        before, after = (_listed(words, text) for text in what)
        return Change(
            str(words.several) if words else label, before if self._had_before else None, after
        )


def _listed(words: names.Called | None, text: str) -> str:
    if text in {"None", ""}:
        return NOTHING
    return ", ".join(str(words.of_one(name)) for name in text.split(", ")) if words else text


def _members(field: "models.Field[Any, Any] | None", label: str, what: Any) -> Change:
    """Return what was added to a relation to many, or removed from it."""
    pattern = _("%(field)s, added") if what["operation"] == "add" else _("%(field)s, removed")
    words = names.words(field.related_model) if field else None
    members = [str(words.of_one(name)) if words else name for name in what["objects"]]
    return Change(pattern % {"field": words.several if words else label}, None, ", ".join(members))


class Choice(NamedTuple):
    """A value that a text may mean, and the search for it alone."""

    value: str
    query: str


@dataclass(frozen=True)
class Explained:
    """How a field's text was understood, for the page to explain."""

    part: FieldMeaning
    too_wide: bool
    choices: list[Choice]
    more: bool  # whether there are more values than choices


def explained(part: FieldMeaning, query: QueryDict, too_wide: FieldMeaning | None) -> Explained:
    """Return a field's meaning with a link for each value: the same search, with that value."""
    values = part.holding

    def alone(value: str) -> str:
        changed = query.copy()
        changed[part.name] = value
        for cursor in ("older", "newer"):
            changed.pop(cursor, None)
        return f"?{changed.urlencode()}"

    choices = [Choice(value, alone(value)) for value in values[:MOST_OFFERED]]
    return Explained(part, part is too_wide, choices, len(values) > MOST_OFFERED)


def _field(model: type[models.Model] | None, name: str) -> "models.Field[Any, Any] | None":
    if model is None:
        return None
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:  # not every change is one of a column
        return None
    return field if isinstance(field, models.Field) else None


def _readable(field: "models.Field[Any, Any] | None", value: Any) -> str:
    """Return a stored value as people write it."""
    text = str(value)
    if text in {"None", ""}:
        return NOTHING
    if text in {"True", "False"}:
        return _("yes") if text == "True" else _("no")
    if isinstance(field, models.DateTimeField):
        return _local(text)
    return str(dict(field.flatchoices).get(text, text)) if field and field.choices else text


def _local(text: str) -> str:
    """Return a stored time as the clock on the wall showed it; without a zone it is UTC."""
    moment = parse_datetime(text)
    if moment is None:
        return text
    if timezone.is_naive(moment):
        moment = moment.replace(tzinfo=UTC)
    return to_the_second(moment)
