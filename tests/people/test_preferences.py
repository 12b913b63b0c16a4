"""The single keys: each person's own choice (WCAG 2.1.4)."""

import pytest

from tests.cast import Cast
from tests.conftest import SignIn


@pytest.mark.both_databases
def test_keys_are_on_until_turned_off(cast: Cast, sign_in: SignIn) -> None:
    tilda = sign_in(cast.tilda)
    assert " data-keys" in tilda.get("/till/").content.decode()
    assert tilda.post("/keys/", {"next": "/till/"})["Location"] == "/till/"
    assert " data-keys" not in tilda.get("/till/").content.decode()
    assert " data-keys" in sign_in(cast.gunde).get("/till/").content.decode()
    tilda.post("/keys/", {"on": "1"})
    assert " data-keys" in tilda.get("/till/").content.decode()


def test_it_leads_to_no_other_host(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.tilda).post("/keys/", {"next": "//elsewhere.example/"})
    assert answer["Location"] == "/"
