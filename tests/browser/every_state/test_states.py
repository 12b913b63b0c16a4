"""No page is forgotten: every address of ours has a state, or a reason to have none."""

import re

from django.test import Client

from tests.addresses import VIEWS
from tests.browser.states import GROUPS, NO_PAGE
from tests.browser.visit import route_of

REFUSED = 405
EVERY_STATE = [state for group in GROUPS for state in group.states]


def test_every_address_has_a_state_or_a_reason() -> None:
    with_state = {route_of(state) for state in EVERY_STATE}
    assert set(VIEWS) - with_state == set(NO_PAGE)


def test_an_address_that_shows_a_page_has_a_state_without_sending_a_form(db: None) -> None:
    asked = {route_of(state) for state in EVERY_STATE if state.fields is None}
    paths = {route: "/" + re.sub(r"<int:\w+>", "1", route) for route in VIEWS}
    shows = {route for route, path in paths.items() if Client().get(path).status_code != REFUSED}
    assert shows - asked <= set(NO_PAGE)


def test_states_are_told_apart_by_their_names() -> None:
    names = [state.name for state in EVERY_STATE]
    assert len(set(names)) == len(names)
