"""Migrations take less work in a test process: what changes one model changes no other.

For each constraint or index that a migration adds or removes, Django makes the model's class anew,
and those of all models that are related to it: some twenty here, 160 times, two fifths of the time
that it takes to migrate. Here the class that there is gets the new list. For each field it does the
same, some thirty classes a field, half of the time that is left; here the model's own is made anew.
Those that point to it keep the class of before, which has the same table and the same key. Before
its code runs, a RunPython gets all of them anew, from Django itself.

What `manage.py migrate` does, in a process of its own, is Django's alone; ``test_migrating`` shows
that both make the same.
"""

from typing import Any

import pytest
from django.db.migrations.state import ProjectState

NAMES = ("_append_option", "_remove_option", "_find_reload_model")
DJANGOS = tuple(getattr(ProjectState, name) for name in NAMES)


def make_no_other_anew(patch: pytest.MonkeyPatch) -> None:
    """Let it be so until ``patch`` is undone."""
    for name, ours in zip(NAMES, (_append, _remove, _itself), strict=True):
        patch.setattr(ProjectState, name, ours)


def do_as_django_does(patch: pytest.MonkeyPatch) -> None:
    """Let Django make all of them anew until ``patch`` is undone."""
    for name, djangos in zip(NAMES, DJANGOS, strict=True):
        patch.setattr(ProjectState, name, djangos)


def _append(state: ProjectState, app: str, model: str, option: str, added: Any) -> None:
    _put(state, (app, model), option, [*state.models[app, model].options[option], added])


def _remove(state: ProjectState, app: str, model: str, option: str, name: str) -> None:
    there = state.models[app, model].options[option]
    _put(state, (app, model), option, [each for each in there if each.name != name])


def _put(state: ProjectState, key: tuple[str, str], option: str, wanted: list[Any]) -> None:
    state.models[key].options[option] = wanted
    if "apps" in vars(state):  # as Django asks: to look at it would make it
        meta: Any = state.apps.get_model(*key)._meta
        setattr(meta, option, meta._format_names(wanted))
        vars(meta).pop("total_unique_constraints", None)  # which it keeps once it was asked


def _itself(
    state: ProjectState,
    app: str,
    model: str,
    delay: bool = False,  # noqa: FBT002  Django's
) -> set[tuple[str, str]]:
    """Return the models to be made anew: this one, and the rest when somebody's code needs them."""
    state.is_delayed = True
    return {(app, model)}
