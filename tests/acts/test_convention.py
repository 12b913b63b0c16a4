"""One convention for the acts of all apps; no other public function writes, but those named."""

import ast
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, get_origin, get_type_hints

import pytest

from befreg_reserv.acts.act import IS_ACT, Done
from befreg_reserv.acts.event import AnyEvent, Event

APPS = ("befreg_reserv.people", "outage", "custody")
WRITES = {"save", "create", "get_or_create", "bulk_create", "bulk_update", "delete"}
GROUND = {"record", "change", "change_many", "assign", "insert"}  # in ``befreg_reserv.acts.record``
# Public functions that write and are no acts, each with its reason.
BESIDE = {
    "outage.lifecycle.note_signed_off": "a part of the sign-off",
    "custody.binder.quarantine.miss_again": "a part of the undoing",
    "custody.binder.quarantine.set_aside": "a part of the count",
    "custody.binder.quarantine.set_aside_lost": "a part of the answer to a restored backup",
    "custody.demonstration.hospital.lay_in": "the demonstration, from nothing",
    "custody.demonstration.weeks.lay_in": "the demonstration: by acts, and who has seen a number",
    "custody.handouts.chain.leave": "a part of the withdrawal of a real number",
    "outage.plans.mails.send": "a command's, a transaction for each mail",
    "custody.handouts.doubles.found": "a part of the late entry",
    "custody.handouts.reminders.remind": "a command's, a transaction for each mail",
    "custody.binder.restoration.answer": "a part of the handout",
    "custody.journal.marks.doubt": "what the server has found",
    "custody.journal.marks.holds": "what the server has seen",
    "custody.journal.marks.follow": "what the server has seen",
    "custody.journal.marks.look": "what the server has seen",
    "custody.journal.marks.notice": "what the server has found",
    "custody.ledger.calls.correct_sex": "a part of another number for a wrong sex",
    "custody.ledger.calls.fill_in_caller": "a part of every act that finds a caller out",
    "custody.ledger.calls.insert": "a part of every call",
    "custody.ledger.calls.end": "a part of every act that ends a wait",
    "custody.ledger.calls.without_number": "a part of a missing sheet, or a wrong sex",
    "custody.ledger.calls.correct": "a part of ``calls.said_wrong.correct``",
    "custody.ledger.steps.advance": "a part of every act on a handout",
    "custody.ledger.steps.begin": "a part of every handout",
    "custody.ledger.steps.remain": "a part of every act that leaves a handout in its state",
    "custody.ledger.tabs.put_back": "a part of the undoing",
    "custody.ledger.tabs.take_out": "a part of every act that takes a number out",
    "befreg_reserv.people.wards.changes.chain.hand_on": "a part of the closing of a ward",
    "befreg_reserv.people.wards.clinic_names.opened_clinic": "a part of its opening",
    "befreg_reserv.people.wards.clinics.changing.close_empty": "a part of the closing of a clinic",
    "befreg_reserv.people.wards.changes.members.move": "a part of the closing of a ward",
    "outage.plans.new_ward.move": "a part of the closing of a ward",
    "befreg_reserv.people.signing_in.held.begin": "a part of every sign-in",
    "befreg_reserv.people.signing_in.held.drop": "a part of every act that ends a password",
    "befreg_reserv.people.signing_in.held.forget": "a part of every sign-out",
    "befreg_reserv.people.signing_in.held.forget_ended": "sessions that are no more",
    "befreg_reserv.people.signing_in.held.renamed": "a part of every new key of a session",
    "befreg_reserv.people.sso.claims.mapping.apply": "a part of every arrival and re-check",
    "befreg_reserv.people.sso.leaving.still_holds": "notes that it asks, and then acts do",
    "befreg_reserv.people.disposal.running.decide": "a command's, on which two people have agreed",
    "befreg_reserv.people.signing_in.drafts.forget": "a person's own, nothing of it is sent",
    "befreg_reserv.people.signing_in.drafts.forget_all_old": "offered to nobody any more",
    "befreg_reserv.people.signing_in.drafts.forget_sent": "a person's own, answered by now",
    "befreg_reserv.people.signing_in.drafts.keep": "a person's own, nothing of it is sent",
    "befreg_reserv.people.signing_in.idle.lock": "a session of its own",
    "befreg_reserv.people.signing_in.idle.unlock": "a session of its own",
    "befreg_reserv.people.resets.views.confirm": "a look at the form, refused",
    "befreg_reserv.people.preferences.password": "a look at the form, refused",
    "befreg_reserv.people.workstations.views.pin": "a look at the form, refused",
    "befreg_reserv.people.preferences.single_keys": "a person's own choice, logged by itself",
    "befreg_reserv.people.views.choose_language": "a person's own choice, logged by itself",
    "befreg_reserv.people.roles.grant_after_migrate": "rights as the code names them",
    "befreg_reserv.people.signing_in.spraying.count": "a counter",
    "befreg_reserv.people.signing_in.throttle.count_try": "a counter",
    "befreg_reserv.people.signing_in.throttle.succeeded": "a counter",
    "befreg_reserv.people.signing_in.enrolled.note_use": "when a machine was last used",
    "befreg_reserv.people.signing_in.pins.is_right": "a counter in a session of its own",
    "befreg_reserv.people.signing_in.throttle.succeeded_at_till": "a counter",
    "befreg_reserv.people.signing_in.throttle.tells": "a note of what the log has told",
    "befreg_reserv.people.signing_in.throttle.tells_refusal": "a note of what the log has told",
    "befreg_reserv.people.wards.register.keep_typed_in": "a part of the handout",
    "outage.doubt.close_with": "a part of the start",
    "outage.signals.feed.keep": "what a machine has seen",
    "outage.signals.probe.probe": "what a machine has seen",
}


def modules() -> Iterator[ModuleType]:
    for app in APPS:
        package = import_module(app)
        for found in walk_packages(package.__path__, f"{app}."):
            if ".migrations" not in found.name:
                yield import_module(found.name)


def own(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            yield name, function


ACTS = {
    f"{module.__name__}.{name}": function
    for module in modules()
    for name, function in own(module)
    if hasattr(function, IS_ACT)
}


BY_NAME = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)


def breaks(act: Callable[..., Any]) -> str:
    """Return how an act breaks the convention, or ""."""
    function = inspect.unwrap(act)
    hints = get_type_hints(function)
    by_place = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in BY_NAME
    ]
    if by_place[-1] != "event" or hints["event"] not in (Event, AnyEvent):
        return "its event isn't the last argument by place"
    return "" if get_origin(hints["return"]) is Done else "it doesn't return Done"


def writers(module: ModuleType) -> set[str]:
    """Return the public functions of a module that write, also through private ones of it."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    called = {name: list(calls(node)) for name, node in functions.items()}
    writing = {name for name, names in called.items() if WRITES & set(names)}
    writing |= {name for name, node in functions.items() if "hot.change" in _decorators(node)}
    for _round in functions:  # until the farthest caller is reached
        writing |= {
            name
            for name, names in called.items()
            if any(callee.startswith("_") and callee in writing for callee in names)
        }
    return {name for name in writing if not name.startswith("_")}


def _decorators(node: ast.FunctionDef) -> set[str]:
    return {ast.unparse(each).partition("(")[0] for each in node.decorator_list}


def calls(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            function = call.func
            if isinstance(function, ast.Attribute):
                owner = function.value.id if isinstance(function.value, ast.Name) else ""
                # A dictionary's own update has no keywords.
                if (
                    function.attr in WRITES
                    or (function.attr == "update" and call.keywords)
                    or (owner in {"record", "trail"} and function.attr in GROUND)
                    or (owner, function.attr) == ("hot", "change")  # of a function, as decorator
                ):
                    yield "save"
            elif isinstance(function, ast.Name):
                yield function.id


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_act_takes_its_event_last_and_returns_done(name: str) -> None:
    assert breaks(ACTS[name]) == ""


def test_nothing_public_writes_beside_the_acts() -> None:
    beside = {
        f"{module.__name__}.{name}"
        for module in modules()
        for name in writers(module)
        if not hasattr(vars(module)[name], IS_ACT)
    }
    assert beside == set(BESIDE)


def test_an_act_that_breaks_the_convention_is_found() -> None:
    def early(event: Event, subject: int) -> Done[int]:
        return Done(subject)

    def bare(subject: int, event: Event) -> int:
        return subject

    assert breaks(early) == "its event isn't the last argument by place"
    assert breaks(bare) == "it doesn't return Done"
