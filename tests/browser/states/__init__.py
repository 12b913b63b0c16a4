"""Every page in every state that people meet it in, and how to bring each about.

A state is an address, the person who opens it, and the situation it is opened in; it may be
reached by a form that is sent (``fields``), and touched once it is there (``then``). Braces name
what the situation has laid out: /till/handouts/{handed_out}/. ``test_states`` fails when an
address has neither a state nor a reason why it needs none.
"""

from dataclasses import dataclass

from tests.browser.situations import Situation
from tests.browser.states import before_and_after, calm, hard_cases, ongoing
from tests.browser.states.state import State

__all__ = ["GROUPS", "NO_PAGE", "Group", "State"]

STATES: dict[Situation, list[State]] = {
    **calm.STATES,
    **ongoing.STATES,
    **hard_cases.STATES,
    **before_and_after.STATES,
}

# Addresses that no state ends at, and why.
NO_PAGE = {
    "registers/break-glass/done/": "leads to the sign-in page",
    "registers/break-glass/uses/<int:pk>/end/": "leads back to the accounts",
    "sign-on/": "leads to the identity provider",
    "sign-on/back/": "leads back to where somebody was",
    "sign-on/ended/": "answers the identity provider",
    "sign-out/": "leads to the sign-in page",
    "locked/": "where /lock/ leads, and that is a state",
    "still-here/": "answers the page's script",
    "log-years/<int:pk>/confirm/": "leads to the page of the years",
    "browsers/report/": "answers a browser, and with nothing",
    "language/": "leads back",
    "keys/": "leads back",
    "colleague/decline/": "leads back to what waits",
    "colleague/seen/": "leads back to the list",
    "account/sessions/end/": "leads back to the account",
    "till/live/": "a piece of the board",
    "till/drill/live/": "a piece of the board",
    "till/call/anew/": "leads to an empty form",
    "till/drill/call/anew/": "leads to an empty form",
    "till/handouts/<int:pk>/shown/": "answers the page's script",
    "till/handouts/<int:pk>/sheet-seen/": "leads to the number",
    "wards/search/": "a piece of the form for a call",
    "wards/search/drill/": "a piece of the form for a call in a drill",
    "wards/known/": "a piece of the forms for a ward",
    "wards/names/<int:pk>/drop/": "takes a short name away, and leads back to the list",
    "registers/sign-on/people/<int:pk>/let-in/": "leads back to the rules",
    "registers/contacts/days/<int:pk>/drop/": "leads back to the contact",
    "registers/workstations/<int:pk>/withdraw/": "leads back to the list",
    "pin/drop/": "leads back to the page of the PIN",
    "outage/plans/<int:pk>/send-again/": "leads back to the plan",
    "people/<int:pk>/deactivate/": "leads back to the person",
    "ward/handouts/<int:pk>/check/": "a piece of the form for a real number",
    "ward/handouts/<int:pk>/switches/": "leads back to the handout",
    "ward/handouts/<int:pk>/witness/": "leads back to the handout",
    "admin/login/": "leads to the sign-in page",
    "files/<int:pk>/": "is made of more rows than a state has: tests/making",
    "files/<int:pk>/fetch/": "a file",
    "files/<int:pk>/stop/": "leads back to the report",
    "outage/<int:pk>/report.pdf": "a file",
    "outage/<int:pk>/rows.csv": "a file",
    "ward/done/rows.csv": "a file",
    "audit/number/file/": "a file",
    "audit/person/file/": "a file",
    "audit/unit/file/": "a file",
}


@dataclass(frozen=True)
class Group:
    """States that one person meets in one situation: set up once, looked at one after the other."""

    situation: Situation
    who: str
    states: tuple[State, ...]

    def __str__(self) -> str:
        return f"{self.situation.__name__}-{self.who or 'stranger'}"


GROUPS = [
    Group(situation, who, tuple(state for state in states if state.who == who))
    for situation, states in STATES.items()
    for who in dict.fromkeys(state.who for state in states)
]
