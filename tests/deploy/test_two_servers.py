"""Two servers on one database, each with its journal, behind the proxy: they count as one."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from befreg_reserv import waits
from custody.models import Handout
from tests.cast import Cast
from tests.deploy.proxy import Browser, proxying
from tests.races import pool
from tests.races.server.clients import Answer
from tests.races.together import together
from tests.served import HOST, Server, _failing, serving, session_of

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is for one server"),
    pytest.mark.usefixtures("transactional_db", "outage"),
]
CLIENTS, CALLS = 6, 5
WAITED_AT_MOST = waits.ANSWER_SECONDS  # for one answer
TRIES = 5


def production(folder: Path) -> dict[str, str]:
    """Return what a server behind the proxy is told; its journal lies in this folder."""
    folder.mkdir()
    return {
        "BEFREG_ENV": "production",
        "ALLOWED_HOSTS": HOST,
        "TRUSTED_PROXIES": HOST,
        "CUSTODY_JOURNAL": str(folder / "custody.jsonl"),
        "LOG_JSON": "0",
    }


@pytest.fixture
def two(server_var: Path, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    with (
        serving(server_var, production(tmp_path / "one")) as one,
        serving(server_var, production(tmp_path / "other")) as other,
    ):
        yield one, other


def calls_answered(browser: Browser) -> list[Answer]:
    """Make calls one after the other; send a form again, with its key, until it is answered."""
    return [answer for _ in range(CALLS) for answer in _until_answered(browser)]


def _until_answered(browser: Browser) -> list[Answer]:
    key = uuid4()
    answers: list[Answer] = []
    while len(answers) < TRIES and not (answers and answers[-1].handout):
        answers.append(browser.call(key))
    return answers


def test_one_is_restarted_under_load_and_each_call_gets_its_one_number(
    two: tuple[Server, Server], cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.lay_in_women(CLIENTS * CALLS)
    session = session_of(cast.tilda)
    with proxying(tmp_path / "nginx", *(server.port for server in two)) as proxy:
        browsers = [Browser(proxy, session) for _ in range(CLIENTS)]
        calls: list[Callable[[], list[Answer]]] = [
            partial(calls_answered, each) for each in browsers
        ]
        with ThreadPoolExecutor(1) as meanwhile:
            of_each = meanwhile.submit(together, calls)
            # In this thread: its end would end the server (ENDS_WITH_US).
            two[1].stop()
            two[1].start()
    answers = list(chain.from_iterable(of_each.result()))
    given = Counter(answer.handout for answer in answers if answer.handout)
    assert given == Counter(Handout.objects.values_list("pk", flat=True))
    assert max(answer.seconds for answer in answers) < WAITED_AT_MOST
    assert [_failing(server) for server in two] == ["", ""]  # and the journals have caught up
    for name in ("one", "other"):
        monkeypatch.setattr(settings, "CUSTODY_JOURNAL", tmp_path / name / "custody.jsonl")
        pool.assert_complete(CLIENTS * CALLS)
