"""A row as bytes that are the same on SQLite and PostgreSQL: what a seal is over.

One JSON object: the table's name under "", then each column that holds something, in the order of
their names. What is null or an empty text is left out, so that a column that is added later leaves
the older rows' bytes as they were. Texts are kept as they are stored; a time is UTC, with six
digits after the point; yes and no are 1 and 0; JSON has its keys in order.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_AS_IT_IS = "{}"
_UNREAD = "coalesce({}, NULL)"  # an expression has no type, of which Django would make an object
# A column of SQLite takes any text. What has not the shape of a time is kept as it is, or a change
# of it would not show.
_SQLITE_TIME = (
    "CASE WHEN length({0}) = 26 AND {0} LIKE '____-__-__ __:__:__.______'"
    " THEN substr({0}, 1, 10) || 'T' || substr({0}, 12) || 'Z'"
    " WHEN length({0}) = 19 AND {0} LIKE '____-__-__ __:__:__'"
    " THEN substr({0}, 1, 10) || 'T' || substr({0}, 12) || '.000000Z' ELSE {0} END"
)
# PostgreSQL writes the years before Christ as those after, and nothing for infinity.
_COMMON = "CASE WHEN isfinite({{0}}) AND {{0}} >= '0001-01-02' THEN {} ELSE {{0}}::text END".format
_TIME = _COMMON("to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
# What must be done to a column, by kind of field: on SQLite, and on PostgreSQL.
_EXPRESSIONS = {
    "BooleanField": (_UNREAD, "{}::int"),
    "DateField": (_UNREAD, _COMMON("to_char({0}, 'YYYY-MM-DD')")),
    "DateTimeField": (_SQLITE_TIME, _TIME),
    "GenericIPAddressField": (_AS_IT_IS, "abbrev({})"),
    "JSONField": (_AS_IT_IS, "{}::text"),
    "UUIDField": (_AS_IT_IS, "replace({}::text, '-', '')"),
} | dict.fromkeys(
    [
        *("AutoField", "BigAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField"),
        *("PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField"),
        *("CharField", "TextField"),
    ],
    (_AS_IT_IS, _AS_IT_IS),
)
_QUOTED = json.JSONEncoder(ensure_ascii=False).encode
_IN_ORDER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode

# Takes the values of a row as ``select`` asks for them.
Encoder = Callable[[Sequence[Any]], bytes]


def select(columns: Sequence[Any], vendor: str) -> list[str]:
    """Return what a statement asks for of each column, which is given by its field.

    Raises ImproperlyConfigured for a kind of field that has no form yet.
    """
    return [_expression(field, vendor) for field in columns]


def _expression(field: Any, vendor: str) -> str:
    kind = _kind(field)
    if kind not in _EXPRESSIONS:
        raise ImproperlyConfigured(f"{field}: write in canonical.py how a {kind} is sealed.")
    on_sqlite, on_postgresql = _EXPRESSIONS[kind]
    return (on_sqlite if vendor == "sqlite" else on_postgresql).format(f'"{field.column}"')


def _kind(field: Any) -> str:
    return str((getattr(field, "target_field", None) or field).get_internal_type())


def encoder(table: str, columns: Sequence[Any]) -> Encoder:
    """Return what makes bytes of a row's values, of columns in the order of their names."""
    begin = f'{{"":{_QUOTED(table)}'
    heads = [f",{_QUOTED(str(field.column))}:" for field in columns]
    are_json = [_kind(field) == "JSONField" for field in columns]
    pairs = list(zip(heads, are_json, strict=True))

    def encode(values: Sequence[Any]) -> bytes:
        parts = [begin]
        for (head, is_json), value in zip(pairs, values, strict=True):
            if value is None or value == "":
                continue
            if is_json:
                parts.append(head + _json(value))
            elif type(value) is int:  # the general encoder takes two thirds of all the time
                parts.append(f"{head}{value}")
            elif type(value) is str:
                parts.append(head + encode_basestring(value))
            elif type(value) is bytes:  # a column of SQLite takes them too
                parts.append(head + _QUOTED(f"no text: {value!r}"))
            else:
                parts.append(head + _QUOTED(value))
        parts.append("}")
        return "".join(parts).encode("utf-8", "surrogatepass")

    return encode


@lru_cache(maxsize=4096)  # most rows of the log have one of a few
def _json(text: Any) -> str:
    try:
        return _IN_ORDER(json.loads(text))
    except (TypeError, ValueError, RecursionError):  # a column of SQLite takes any text
        return _QUOTED(f"no JSON: {text!r}")
