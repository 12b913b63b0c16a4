"""Acts that don't see where a number stands already: only the database's own rules are left."""

from typing import Any

import pytest

from custody.ledger import taken


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take Python's own check away."""
    monkeypatch.setattr(taken, "standing", lambda _values, **_besides: {})


def blind_once(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let an act see nothing the first time it looks, as if somebody wrote right after that.

    Returns what it looked for, each time.
    """
    standing, looked = taken.standing, []

    def look(values: Any, **besides: Any) -> Any:
        looked.append(values)
        return standing(values, **besides) if len(looked) > 1 else {}

    monkeypatch.setattr(taken, "standing", look)
    return looked
